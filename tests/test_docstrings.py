"""One form of docstring in the whole tree, beyond what the linter reads."""

import ast
import re

from imports import modules
from places import ROOT

SECTIONS = ("Args", "Attributes", "Example", "Raises", "Returns", "Yields")
WRONG = re.compile(r"^(Arguments|Parameters|Params|Return|Raise|Yield|Examples|Note|Notes):$")


def docstrings():
    """Return (place, docstring) of every module, class and function of the product."""
    found = []
    for path in modules().values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
            if isinstance(node, kinds) and (text := ast.get_docstring(node)):
                name = getattr(node, "name", "")
                found.append((f"{path.relative_to(ROOT)}:{name}", text.splitlines()))
    return found


DOCSTRINGS = docstrings()


def test_sections_have_googles_names_and_four_spaces():
    wrong = []
    for place, lines in DOCSTRINGS:
        for number, line in enumerate(lines):
            if WRONG.match(line):
                wrong.append(f"{place}: {line}")
            if line in {f"{name}:" for name in SECTIONS}:
                body = lines[number + 1]
                if not re.match(r"    \S", body):
                    wrong.append(f"{place}: {line} {body!r}")
    assert len(DOCSTRINGS) > 800
    assert wrong == []


def test_what_is_given_back_is_told_in_one_mood():
    """It is "Return" and never "Returns"."""
    verbs = re.compile(r"^(Returns|Builds|Gives back|Yields|Computes|Creates|Makes|Says)\b")
    assert [place for place, lines in DOCSTRINGS if verbs.match(lines[0])] == []

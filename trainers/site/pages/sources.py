"""A function's real source, so that a page cannot tell of code that is no longer there."""

from __future__ import annotations

import ast
import textwrap
from functools import cache
from pathlib import Path
from typing import NamedTuple

import configs

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Source(NamedTuple):
    """A piece of a file.

    Args:
        text: as it stands there, less its indentation.
        line: where it begins, from 1.
    """

    text: str
    line: int


def source_of(path: Path, name: str, docstring: bool = True) -> Source:
    """Return the source of a function, a class or a method, with its decorators.

    Args:
        path: a Python file.
        name: what is defined at its top, or `Class.method`.
        docstring: whether its docstring stays.

    Raises:
        ConfigError: there is no such file, or it defines no such name.
    """
    node = _definition(path, name)
    lines = _text(path).splitlines()
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    kept = set(range(first, (node.end_lineno or node.lineno) + 1))
    words = node.body[0]
    if not docstring and ast.get_docstring(node) is not None and len(node.body) > 1:
        kept -= set(range(words.lineno, (words.end_lineno or words.lineno) + 1))
    return Source(textwrap.dedent("\n".join(lines[row - 1] for row in sorted(kept))), first)


def body_of(path: Path, name: str) -> str:
    """Return what a function does: its body, less its indentation and its docstring.

    Raises:
        ConfigError: there is no such file, or it defines no such name.
    """
    node = _definition(path, name)
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    # From the line after what was left out, so that a comment above the first statement stays.
    first = (node.body[0].end_lineno or 0) + 1 if body != node.body else _after_signature(node)
    lines = _text(path).splitlines()[first - 1 : node.end_lineno]
    return textwrap.dedent("\n".join(lines)).strip("\n")


def imports_of(path: Path) -> str:
    """Return a file's imports, as they stand at its top."""
    lines, tree = _text(path).splitlines(), ast.parse(_text(path))
    found = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(line for each in found for line in lines[each.lineno - 1 : each.end_lineno])


def definitions(path: Path) -> list[str]:
    """Return the names of a file's functions, classes and methods.

    Raises:
        ConfigError: there is no such file.
    """
    return list(_definitions(path))


def _after_signature(node: _Definition) -> int:
    return 1 + max(
        [node.lineno]
        + [each.end_lineno or 0 for each in ast.walk(node) if isinstance(each, ast.arg)]
    )


def _definition(path: Path, name: str) -> _Definition:
    found = _definitions(path)
    if name not in found:
        raise configs.ConfigError(f"{path} defines no {name!r}{configs.instead(name, found)}")
    return found[name]


@cache
def _definitions(path: Path) -> dict[str, _Definition]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found: dict[str, _Definition] = {}
    for node in ast.parse(_text(path)).body:
        if isinstance(node, kinds):
            found[node.name] = node
        if isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}.{each.name}": each for each in node.body if isinstance(each, kinds)
            }
    return found


@cache
def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise configs.ConfigError(
            f"{path} is not there; give the path of a file of the project, from its top folder on"
        ) from error

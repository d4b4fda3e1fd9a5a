"""Every fault that the pages promise to survive has a test of its name, which was seen to fail."""

import ast
import re

import pytest
from places import ROOT

PAGE = (ROOT / "trainers" / "runs" / "README.md").read_text(encoding="utf-8")
ROWS = [int(number) for number in re.findall(r"^\| (\d+) \| ", PAGE, re.MULTILINE)]
NAME = re.compile(r"test_fault_(\d\d)_\w+")


def named_after_faults():
    """Return (number, file, function) of every test that is named after a fault."""
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match = isinstance(node, ast.FunctionDef) and NAME.fullmatch(node.name)
            if match:
                found.append((int(match[1]), path, node))
    return found


TESTS = named_after_faults()


def test_the_page_counts_its_rows():
    assert list(range(1, len(ROWS) + 1)) == ROWS
    assert len(ROWS) >= 56


@pytest.mark.parametrize("row", ROWS)
def test_fault_has_a_test(row):
    assert [node.name for number, _, node in TESTS if number == row]


def test_test_of_a_fault_says_what_it_was_seen_to_fail_without():
    silent = [
        f"{path.name}::{node.name}"
        for _, path, node in TESTS
        if "seen to fail" not in " ".join((ast.get_docstring(node) or "").lower().split())
    ]
    assert silent == []


def test_no_test_is_named_after_a_fault_that_the_page_does_not_tell():
    assert [node.name for number, _, node in TESTS if number not in ROWS] == []

"""Long trials count what they tried, and the README's table is written from the counts.

    python -m pytest -m slow tests/endurance --write-table

A trial calls `survived(what, times, outcome)`, and trials of the same kind become one row. The rows
are shown at the end of the session, and take the place of the README's if every trial was
run and passed.
"""

import collections
import re

import pytest
from places import ROOT

README = ROOT / "README.md"
BLOCK = re.compile(r"(<!-- survived: .*? -->\n).*?(<!-- /survived -->)", re.DOTALL)
HEAD = "| what was done | times | what came of it |\n|---|---:|---|\n"
KEY = "survived"
KINDS = 5  # rows of the whole table
TOLD = []


def pytest_addoption(parser):
    parser.addoption("--write-table", action="store_true", help="write the README's table")


@pytest.fixture
def survived(record_property):
    """Return a function that tells what a trial did, how many times, and what came of it.

    The outcome is a number of cases for each thing that came of it.
    """

    def tell(what, times, outcome):
        record_property(KEY, [what, times, outcome])

    return tell


def pytest_runtest_logreport(report):
    if report.when == "teardown" and report.passed:
        TOLD.extend(value for name, value in report.user_properties if name == KEY)


def table(told):
    """Return the table's text, one row for each thing that was done."""
    times, outcomes = collections.Counter(), collections.defaultdict(collections.Counter)
    for what, count, outcome in told:
        times[what] += count
        outcomes[what].update(outcome)
    lines = []
    for what in sorted(times):
        came = ", ".join(f"{count:,} {how}" for how, count in sorted(outcomes[what].items()))
        lines.append(f"| {what} | {times[what]:,} | {came} |\n")
    return HEAD + "".join(lines)


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    if not TOLD:
        return
    terminalreporter.section("what was survived")
    terminalreporter.write(table(TOLD))
    if not config.getoption("--write-table", False):
        return
    if exitstatus or config.getoption("keyword") or len({what for what, *_ in TOLD}) < KINDS:
        terminalreporter.write_line("not every trial was run and passed: README.md keeps its table")
        return
    text = README.read_text(encoding="utf-8")
    new, found = BLOCK.subn(lambda match: match[1] + table(TOLD) + match[2], text)
    assert found, "README.md has no place for the table"
    README.write_text(new, encoding="utf-8")

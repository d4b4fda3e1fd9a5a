"""Long trials count what they tried, and the table of trainers/runs is written from the counts.

    python -m pytest -m slow tests/endurance --write-table

A trial calls `survived(what, times, outcome)`, and trials of the same kind become one row. The rows
are shown at the end of the session. If every trial passed they are written to its page, each over
the earlier one of its kind, so that a file of trials can be run by itself.
"""

import collections
import re

import pytest
from places import ROOT

PAGE = ROOT / "trainers" / "runs" / "README.md"
BLOCK = re.compile(r"(<!-- survived: .*? -->\n)(.*?)(<!-- /survived -->)", re.DOTALL)
HEAD = "| what was done | times | what came of it |\n|---|---:|---|\n"
KEY = "survived"
TOLD = []


def pytest_addoption(parser):
    parser.addoption("--write-table", action="store_true", help="write the table of trainers/runs")


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


def rows(told):
    """Return one row for each kind of trial, by what was done."""
    times, outcomes = collections.Counter(), collections.defaultdict(collections.Counter)
    for what, count, outcome in told:
        times[what] += count
        outcomes[what].update(outcome)
    found = {}
    for what, outcome in outcomes.items():
        came = ", ".join(f"{count:,} {how}" for how, count in sorted(outcome.items()))
        found[what] = f"| {what} | {times[what]:,} | {came} |"
    return found


def table(found):
    """Return the table's text."""
    return HEAD + "".join(f"{found[what]}\n" for what in sorted(found))


def written(text, new):
    """Return the page's text with new rows over the earlier ones of their kinds."""
    begin, block, end = BLOCK.search(text).groups()
    earlier = {line.split(" | ")[0].removeprefix("| "): line for line in block.splitlines()[2:]}
    return BLOCK.sub(lambda _: begin + table(earlier | new) + end, text)


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    if not TOLD:
        return
    found = rows(TOLD)
    terminalreporter.section("what was survived")
    terminalreporter.write(table(found))
    if not config.getoption("--write-table", False):
        return
    if exitstatus or config.getoption("keyword"):
        terminalreporter.write_line("not every trial was run and passed: the page keeps its table")
        return
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")

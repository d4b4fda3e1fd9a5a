"""The guard against slowness that comes back, on numbers that are given: no clock decides here."""

import json

import pytest

from trainers.benchmarks import guard
from trainers.errors import UserError

BASELINE = {"dropout": 1.2, "adam": 2.0}


def test_a_planted_regression_is_caught_and_told_in_one_line():
    result = guard.compared({"dropout": 1.9, "adam": 2.9}, BASELINE)
    assert result["slower"] == ["dropout"]
    with pytest.raises(UserError) as caught:
        guard.check(result)
    assert caught.value.exit_code == 1
    assert str(caught.value) == (
        "slower than 1.5 times the baseline: dropout: 1.900, baseline 1.200; "
        "mend it, or if it must be, --update-baseline"
    )
    assert "| dropout | 1.900 | 1.200 | 1.58 **slower** |" in guard.table(result)


def test_what_is_as_fast_or_new_passes():
    result = guard.compared({"dropout": 0.4, "adam": 3.0, "loading": 9.0}, BASELINE)
    assert result["slower"] == []
    guard.check(result)
    assert "| loading | 9.000 | 9.000 | 1.00 |" in guard.table(result)


def test_every_pair_has_its_baseline():
    baseline = json.loads(guard.BASELINE.read_text(encoding="utf-8"))
    assert set(baseline) == set(guard.PAIRS)
    assert min(baseline.values()) > 0

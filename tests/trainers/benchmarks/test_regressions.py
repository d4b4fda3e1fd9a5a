"""The guard against slowness that comes back, on numbers that are given: no clock decides here."""

import json
import os

import pytest

from datasets.cache.entries import VARIABLE, cache_folder
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
        "slower than 1.5 times the baseline: dropout: 1.9, baseline 1.2; "
        "mend it, or if it must be, --update-baseline"
    )
    assert "| dropout | 1.9 | 1.2 | 1.58 **slower** |" in guard.table(result)


def test_what_is_as_fast_or_new_passes():
    result = guard.compared({"dropout": 0.4, "adam": 3.0, "loading": 9.0}, BASELINE)
    assert result["slower"] == []
    guard.check(result)
    assert "| loading | 9 | 9 | 1.00 |" in guard.table(result)


def test_every_pair_has_its_baseline():
    baseline = json.loads(guard.BASELINE.read_text(encoding="utf-8"))
    assert set(baseline) == set(guard.PAIRS)
    assert min(baseline.values()) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", guard.PAIRS)
def test_both_sides_of_every_pair_can_be_done_again(name, tmp_path):
    for work in guard.PAIRS[name](tmp_path):
        work()
        work()


def test_loading_anew_leaves_the_cache_alone(tmp_path, monkeypatch):
    seen = []
    cached, anew = guard._from_cache(tmp_path, lambda: seen.append(cache_folder("loaded")))
    monkeypatch.setenv(VARIABLE, "elsewhere")
    cached()
    anew()
    assert seen == [tmp_path / "cache" / "loaded", None]
    assert os.environ[VARIABLE] == "elsewhere"

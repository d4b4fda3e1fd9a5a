"""Whole runs, timed: what counts as neither training nor TensorFlow's import, and the table."""

import jsonargparse
import pytest

from trainers.benchmarks import runs
from trainers.errors import UserError

PARTS = {"import": 3.0, "data": 0.5, "train": 4.0, "saving": 1.5}
SUMMARY = {"seconds": PARTS, "first_update_seconds": 5.0}


@pytest.mark.parametrize(
    ("tensorflow", "rest", "plain"),
    [(4.0, 0.3, 0.2), (2.0, 0.4, 0.4), (9.0, 0.3, 0.0)],
    ids=["longer than ours", "shorter than ours", "longer than the rest"],
)
def test_rest_is_neither_training_nor_the_import_that_nobody_can_be_without(
    tensorflow, rest, plain
):
    found = runs.figures(10.0, tensorflow, SUMMARY)
    assert found["rest_share"] == pytest.approx(rest)
    assert found["rest_of_plain_share"] == pytest.approx(plain)
    assert found["end"] == 1.0


def test_table_has_medians_of_turns(monkeypatch):
    prompts = iter([4.0, 10.0, 2.0, 20.0, 3.0, 12.0])
    monkeypatch.setattr(runs, "_seconds", lambda command: next(prompts))
    monkeypatch.setattr(
        runs, "_run", lambda model, seconds: runs.figures(next(prompts), seconds, SUMMARY)
    )
    result = runs.measure(jsonargparse.Namespace(models="mlp", repeats=3))
    assert result["import_tensorflow_seconds"] == [4.0, 2.0, 3.0]
    lines = runs.table(result).splitlines()
    assert lines[2] == (
        "| model | to the prompt (range) | first update | rest | rest, plain | import | data "
        "| train | saving | end |"
    )
    # Shares 0.3, 0.7 and 5/12, and 0.2, 0.7 and 5/12.
    cells = "12.0 (10.0-20.0) | 5.0 | 42% | 42% | 3.00 | 0.50 | 4.00 | 1.50 | 3.00"
    assert lines[4] == f"| `mlp` | {cells} |"
    assert lines[-1] == "`import tensorflow` alone: 3.0 s (2.0-4.0)"


def test_run_that_fails_is_told_with_its_reason():
    with pytest.raises(UserError, match="ended with 3: none here"):
        runs._seconds(
            [
                runs.sys.executable,
                "-c",
                "import sys; print('none here', file=sys.stderr); sys.exit(3)",
            ]
        )

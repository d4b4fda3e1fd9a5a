"""What the contenders compute: the optimizer's rule in NumPy, and all rows to one loss."""

import importlib.util

import numpy as np
import pytest

from trainers.benchmarks.peers import cases, processes, turns
from trainers.benchmarks.peers.prepared import Prepared


def test_what_all_start_from_is_read_as_it_was_written(tmp_path):
    random = np.random.default_rng(0)
    written = Prepared(
        kind="mlp",
        options={"hidden_units": [3], "dropout": 0.0},
        optimizer={"name": "adam", "learning_rate": 1e-3, "ema_momentum": None},
        weights=[random.random((2, 3)), random.random(3)] * 6,
        inputs=random.random((4, 2)),
        targets=np.arange(4),
        example_weights=np.ones(4),
        order=np.arange(8).reshape(2, 2, 2),
        steps=np.zeros((2, 2)),
        follows=np.zeros((2, 2, 2)),
    )
    written.save(tmp_path)
    read = Prepared.load(tmp_path)
    assert (read.kind, read.options, read.optimizer) == (
        written.kind,
        written.options,
        written.optimizer,
    )
    for ours, theirs in zip(written.weights, read.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for name in ("inputs", "targets", "example_weights", "order", "steps", "follows"):
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name))


@pytest.fixture(scope="module")
def started():
    with processes.Processes() as all_of_them:
        yield all_of_them


@pytest.mark.slow
@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: case.name)
def test_every_contender_learns_the_same(case, started):
    missing = [name for name in ("torch", "jax") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: requirements-bench.txt")
    # PyTorch's second thread changes nothing but the time, of which it takes much beside others.
    contenders = [each for each in processes.CONTENDERS if each.threads < 2]
    row = turns.measure_row(case, contenders, started, 2, 0.02)
    taking_part = {name for name, each in row["contenders"].items() if "skipped" not in each}
    assert {"ours", "jax", "torch eager, 1 thread", "torch compiled, 1 thread"} <= taking_part
    assert row["unequal"] == []
    apart = {name: value for name, value in row["differences"].items() if name[:3] != "fit"}
    # Where random numbers are drawn, losses are alike as means.
    assert max(apart.values()) < (case.tolerance or 0.3)

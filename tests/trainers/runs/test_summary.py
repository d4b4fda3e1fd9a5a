"""What a finished run advises: to go on where that promises something, and not elsewhere."""

import dataclasses
import types

import pytest

import configs
from trainers.engine.totals import Totals
from trainers.problems import catalogue as problems
from trainers.runs import summary
from trainers.runs.logs import metrics
from trainers.runs.memory import RunMemory
from trainers.runs.resume import Standing
from trainers.runs.summary import still_improves, summary_text

FALLING = [1 / step for step in range(1, 21)]
# Values, whether higher ones are better, whether more updates promise more.
HISTORIES = {
    "falling to the end": (FALLING, False, True),
    "rising to the end": ([-value for value in FALLING], True, True),
    "two validations": ([2.0, 1.0], False, True),
    "two validations, the second worse": ([1.0, 2.0], False, False),
    "worse since the middle": ([*FALLING[:10], *FALLING[:10][::-1]], False, False),
    "best just before the last tenth": ([*FALLING[:18], 0.2, 0.2], False, False),
    "best in the last tenth": ([*FALLING[:19], 0.2], False, True),
    "exact after one step": ([3027.0, 3026.9999, 3026.9998], False, False),
    "all right": ([0.9, 1.0, 1.0, 1.0], True, False),
    "no error left": ([1.0, 0.0, 0.0], False, False),
    "from nothing": ([0.0, 0.1], True, True),
}


@pytest.mark.parametrize("name", sorted(HISTORIES))
def test_figure_improves_while_its_last_tenth_does(name):
    values, higher_is_better, expected = HISTORIES[name]
    assert still_improves(values, higher_is_better) == expected


def advised(tmp_path, *, improving, schedule="constant"):
    ended = {
        "model": "mlp",
        "best_step": 4,
        "improving": improving,
        "best": {"test": {"loss": 0.5}},
        "seconds": {"train": 1.0},
        "steps": 8,
        "examples_per_second": 10.0,
        "compile": "graph",
    }
    config = configs.Config(epochs=3)
    config = dataclasses.replace(config, optimizer=configs.OptimizerConfig(schedule=schedule))
    lines = summary_text(ended, config, tmp_path / "run").splitlines()
    return [line for line in lines if line.startswith("longer ")]


def test_longer_is_advised_where_the_run_still_improves(tmp_path):
    (line,) = advised(tmp_path, improving=True)
    assert line.endswith("--resume --epochs 6")
    assert advised(tmp_path, improving=False) == []
    (line,) = advised(tmp_path, improving=True, schedule="cosine")
    run = tmp_path / "run"
    assert line.endswith(f" --config {run / 'config.yaml'} --init-from {run}")
    assert advised(tmp_path, improving=False, schedule="cosine") == []


BESIDE = {
    "autoencoder": ("neighbour_accuracy", "pixel_neighbour_accuracy", "of the raw pixels"),
    "gan": ("frechet_distance", "frechet_of_halves", "of two halves of the real images"),
    "policy": ("mean_return", "random_return", "of random actions"),
}


@pytest.mark.parametrize("model", sorted(BESIDE))
def test_figure_that_says_little_alone_has_another_beside_it(model, tmp_path):
    name, other, what = BESIDE[model]
    ended = {
        "model": model,
        "best_step": 4,
        "improving": True,
        "best": {"test": {name: 0.944, other: 0.992}},
        "seconds": {"train": 1.0},
        "steps": 8,
        "examples_per_second": 10.0,
        "compile": "graph",
    }
    lines = summary_text(ended, configs.Config(epochs=3), tmp_path / "run").splitlines()
    assert f"beside    {name} 0.9440, {what} 0.9920" in lines


def improving(tmp_path, values, *, steps=4, excess=0.5, **optimizer):
    """What is said of a run of two epochs, two updates each, after `steps` and these losses."""
    rows = [f"{i},{i},validation,loss,{value}" for i, value in enumerate(values)]
    rows += [f"{i},{i},train,loss,0" for i in range(9)]
    text = "".join(f"{line}\n" for line in (metrics.HEADER, *rows))
    (tmp_path / "metrics.csv").write_text(text, encoding="utf-8")
    config = configs.Config(epochs=2, optimizer=configs.OptimizerConfig(**optimizer))
    splits = {"train": types.SimpleNamespace(size=10)}
    parts = types.SimpleNamespace(
        dataset=types.SimpleNamespace(splits=splits, contiguous=False),
        step=types.SimpleNamespace(monitors=("loss", "accuracy")),
        problem=problems.find("next_symbol"),
        batch_size=5,
    )
    best = {"validation": {"loss": min(values), "excess_ratio": excess}}
    ended, folder = (
        Standing(steps, Totals(("loss",)), RunMemory()),
        types.SimpleNamespace(path=tmp_path),
    )
    return summary._improving(ended, config, parts, folder, best)


def test_run_that_stopped_early_or_is_at_the_best_possible_loss_is_not_to_go_on(tmp_path):
    assert improving(tmp_path, [2.0, 1.0])
    assert not improving(tmp_path, [1.0, 2.0])
    assert not improving(tmp_path, [2.0, 1.0], steps=3)
    assert not improving(tmp_path, [2.0, 1.0], excess=5e-4)
    # One validation has no trend: a first update promises more, an exact step does not.
    assert improving(tmp_path, [2.0])
    assert not improving(tmp_path, [2.0], name="newton")


def test_one_exact_step_is_the_last_that_is_advised(tmp_path, train_here):
    words = ["--model", "linear_regression", "--optimizer", "newton", "--batch-size", "full"]
    assert not train_here(tmp_path / "run", *words, "--steps", "1")["improving"]

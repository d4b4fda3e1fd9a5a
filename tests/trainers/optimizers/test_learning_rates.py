"""Schedules, weight averaging and early stopping against their formulas."""

import json

import numpy as np
import pytest
import tensorflow as tf

import configs
import zoo
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse
from trainers.distribution.signals import StopSignals
from trainers.optimizers.learning_rates import learning_rate
from trainers.runs import checkpoints
from trainers.train import train


def rate(config: configs.OptimizerConfig, step: int, total: int = 100) -> float:
    made = learning_rate(config, 0.4, total)
    return made if isinstance(made, float) else float(made(tf.constant(step)))


@pytest.mark.parametrize("warmup", [0, 20])
@pytest.mark.parametrize("step", [20, 21, 50, 99, 100])
@pytest.mark.parametrize("name", ["constant", "cosine", "linear", "exponential"])
def test_schedule_follows_its_formula(name, step, warmup):
    share = (step - warmup) / (100 - warmup)
    expected = {
        "constant": 0.4,
        "cosine": 0.4 * (1 + np.cos(np.pi * share)) / 2,
        "linear": 0.4 * (1 - share),
        "exponential": 0.4 * 0.01**share,
    }[name]
    config = configs.OptimizerConfig(schedule=name, warmup_steps=warmup)
    assert rate(config, step) == pytest.approx(expected, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("step", [0, 1, 10, 19])
def test_warmup_rises_linearly_from_zero(step):
    config = configs.OptimizerConfig(schedule="cosine", warmup_steps=20)
    assert rate(config, step) == pytest.approx(0.4 * step / 20, abs=1e-7)


def test_warmup_as_long_as_the_run_is_refused():
    config = configs.OptimizerConfig(warmup_steps=100)
    with pytest.raises(configs.ConfigError, match="the whole run 100 steps"):
        learning_rate(config, 0.4, 100)


def trained(tmp_path, *arguments):
    plan = resolve(parse(["--model", "mlp", *arguments]).config)
    return train(plan, tmp_path / "run", StopSignals())


def test_early_stopped_run_keeps_its_best_weights(tmp_path):
    options = ["--learning-rate=0.05", "--optimizer.schedule=constant"]
    summary = trained(tmp_path, "--epochs=60", "--early-stopping-patience=2", *options)
    # An epoch has 34 updates, and a validation at its end.
    assert summary["steps"] == summary["best_step"] + 2 * 34
    assert summary["steps"] < 60 * 34
    best, final = (summary[key]["validation"]["loss"] for key in ("best", "final"))
    assert best < final
    steps = {int(path.name[5:]) for path in (tmp_path / "run" / "checkpoints").glob("step-*")}
    assert {summary["best_step"], summary["steps"]} <= steps


def test_exported_model_holds_the_running_average_of_the_weights(tmp_path):
    averaging = ["--optimizer=sgd", "--optimizer.ema-momentum=0.5"]
    trained(tmp_path, "--steps=3", "--checkpoint-every-steps=1", "--keep-checkpoints=9", *averaging)
    folder = tmp_path / "run" / "checkpoints"
    history = [checkpoints.load(folder, step).arrays["model/0000"] for step in (1, 2, 3)]
    # The weights after the first update are the first average; then, with m = 0.5,
    # average <- m average + (1 - m) weights.
    average = history[0]
    for weights in history[1:]:
        average = 0.5 * average + 0.5 * weights
    exported = zoo.load_model(tmp_path / "run" / "model.keras").get_weights()[0]
    np.testing.assert_allclose(exported, average, rtol=1e-6, atol=1e-7)
    assert not np.allclose(exported, history[2])
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["steps"] == 3

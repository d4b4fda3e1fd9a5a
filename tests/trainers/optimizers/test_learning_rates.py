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
from trainers.engine.update import update
from trainers.optimizers.catalogue import build_optimizer
from trainers.optimizers.learning_rates import learning_rate
from trainers.optimizers.weights import OptimizedWeights
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


@pytest.mark.parametrize("warmup", [1, 3, 20, 99])
def test_warmup_rises_linearly_from_its_first_update_to_its_last(warmup):
    config = configs.OptimizerConfig(schedule="cosine", warmup_steps=warmup)
    expected = 0.4 * np.arange(1, warmup + 1) / warmup
    found = learning_rate(config, 0.4, 100)(tf.range(warmup))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert rate(config, warmup) == pytest.approx(0.4, rel=1e-6)


@pytest.mark.parametrize("warmup", [0, 1, 50, 99])
@pytest.mark.parametrize("name", ["constant", "cosine", "linear", "exponential"])
def test_no_update_of_a_run_has_the_rate_zero(name, warmup):
    config = configs.OptimizerConfig(schedule=name, warmup_steps=warmup)
    made = learning_rate(config, 0.4, 100)
    rates = np.array([made] if isinstance(made, float) else made(tf.range(100)))
    assert rates.shape == ((1,) if name == "constant" and not warmup else (100,))
    assert np.all(rates > 1e-5)
    assert rates.max() == pytest.approx(0.4, rel=1e-6)


def test_first_update_of_a_warmup_moves_the_weights_by_its_share(make_step, make_data, weights_of):
    data, moved = make_data(), []
    for warmup in (0, 10):
        step = make_step(hidden=3)
        config = configs.OptimizerConfig("sgd", 0.5, warmup_steps=warmup)
        rule = build_optimizer(config, "float32", 100)
        step.weights = OptimizedWeights(rule, step.model.trainable_variables)
        before = weights_of(step)
        update(step, data, tf.range(23))
        moved.append([b - a for a, b in zip(before, weights_of(step), strict=True)])
    for full, tenth in zip(*moved, strict=True):
        assert np.abs(full).max() > 0
        np.testing.assert_allclose(tenth, full / 10, atol=1e-7)


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

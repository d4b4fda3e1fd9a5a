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
from trainers.optimizers import epoch_rates
from trainers.optimizers.catalogue import build_optimizer
from trainers.optimizers.learning_rates import learning_rate
from trainers.optimizers.weights import OptimizedWeights
from trainers.runs import checkpoints
from trainers.runs.logs import metrics
from trainers.train import train


def rate(config: configs.OptimizerConfig, step: int, total: int = 100) -> float:
    made = learning_rate(config, 0.4, total, 10)
    return made if isinstance(made, float) else float(made(tf.constant(step)))


@pytest.mark.parametrize("warmup", [0, 20])
@pytest.mark.parametrize("step", [20, 21, 50, 99, 100])
@pytest.mark.parametrize("name", ["constant", "cosine", "linear", "exponential", "inverse_sqrt"])
def test_schedule_follows_its_formula(name, step, warmup):
    share = (step - warmup) / (100 - warmup)
    expected = {
        "constant": 0.4,
        "cosine": 0.4 * (1 + np.cos(np.pi * share)) / 2,
        "linear": 0.4 * (1 - share),
        "exponential": 0.4 * 0.01**share,
        "inverse_sqrt": 0.4 / np.sqrt(step - warmup + 1),
    }[name]
    config = configs.OptimizerConfig(schedule=name, warmup_steps=warmup)
    assert rate(config, step) == pytest.approx(expected, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("warmup", [1, 3, 20, 99])
def test_warmup_rises_linearly_from_its_first_update_to_its_last(warmup):
    config = configs.OptimizerConfig(schedule="cosine", warmup_steps=warmup)
    expected = 0.4 * np.arange(1, warmup + 1) / warmup
    found = learning_rate(config, 0.4, 100, 10)(tf.range(warmup))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert rate(config, warmup) == pytest.approx(0.4, rel=1e-6)


@pytest.mark.parametrize("warmup", [0, 1, 50, 99])
@pytest.mark.parametrize("name", ["constant", "cosine", "linear", "exponential"])
def test_no_update_of_a_run_has_the_rate_zero(name, warmup):
    config = configs.OptimizerConfig(schedule=name, warmup_steps=warmup)
    made = learning_rate(config, 0.4, 100, 10)
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
        learning_rate(config, 0.4, 100, 10)


LISTED = "4e-1x2, 0.2x1,1e-1*3,5e-2"
BY_EPOCH = [0.4] * 2 + [0.2] + [0.1] * 3 + [0.05] * 4


@pytest.mark.parametrize("warmup", [0, 15])
def test_listed_rates_hold_for_their_epochs_to_the_update(warmup):
    config = configs.OptimizerConfig(schedule="epochs", epoch_rates=LISTED, warmup_steps=warmup)
    found = learning_rate(config, 0.4, 100, 10)(tf.range(100))
    share = np.minimum((np.arange(100) + 1) / warmup, 1) if warmup else 1
    np.testing.assert_allclose(found, np.repeat(BY_EPOCH, 10) * share, rtol=1e-6)
    # As of an update with a number that float32 does not have.
    far = learning_rate(config, 0.4, 2**31 - 1, 2**24 // 3)
    assert float(far(tf.constant(2**24 - 1 + 1 - 2, tf.int64))) == pytest.approx(0.2, rel=1e-6)
    assert float(far(tf.constant(2**24 - 1, tf.int64))) == pytest.approx(0.1, rel=1e-6)


FAULTY = {
    "": "epoch_rates",
    "5e-4x2,fast": "'fast' is no rate above 0",
    "5e-4x2,0x3": "'0x3' is no rate above 0",
    "5e-4x2,-1x3": "no rate above 0",
    "5e-4,1e-4x3": "only the last rate may have no epochs",
    "5e-4x0,1e-4": "for 0 epochs",
    "5e-4 for 2": "no rate above 0",
    "1e400": "no rate above 0",
    "5e-4x99999999999": "for 99999999999 epochs",
    "5e-4x2,": "'' is no rate",
}


@pytest.mark.parametrize("text", sorted(FAULTY))
def test_faulty_list_of_rates_is_told_with_its_form(text):
    config = configs.OptimizerConfig(schedule="epochs", epoch_rates=text)
    with pytest.raises(configs.ConfigError, match=FAULTY[text]) as caught:
        epoch_rates.read(config)
    assert "5e-4x2,2e-4x3,1e-5" in str(caught.value)


def test_first_listed_rate_is_the_learning_rate_of_the_run():
    words = ["--model", "mlp", "--epochs", "2", "--schedule", "epochs"]
    plan = resolve(parse([*words, "--epoch-rates", LISTED]).config, frozenset())
    assert plan.config.optimizer.learning_rate == 0.4


@pytest.mark.parametrize("schedule", ["inverse_sqrt", "epochs"])
def test_run_of_a_schedule_without_an_end_goes_on_as_the_longer_one(schedule, tmp_path):
    words = ["--model=mlp", "--model.hidden-units=8", "--histograms=false", "--warmup-steps=40"]
    words += ["--compile=graph"]
    words += [f"--optimizer.schedule={schedule}", "--optimizer=momentum"]
    words += ["--epoch-rates=0.05x1,0.02x1,0.01"] if schedule == "epochs" else []
    hashes = []
    for name, lengths in (("parted", ["45", "102"]), ("whole", ["102"])):
        for first, steps in enumerate(lengths):
            plan = resolve(parse([*words, f"--steps={steps}", "--log-every-steps=34"]).config)
            summary = train(plan, tmp_path / name, StopSignals(), resume=first > 0)
        hashes.append(summary["final_weights_sha256"])
    assert hashes[0] == hashes[1]
    rows = metrics.read(tmp_path / "parted" / "metrics.csv").rows
    found = [float(row.value) for row in rows if row.name == "learning_rate"]
    t = np.array([34, 45, 68, 102])  # what the next update would have
    if schedule == "epochs":
        expected = [0.02 * 35 / 40, 0.02, 0.01, 0.01]
    else:
        full = plan.config.optimizer.learning_rate
        expected = [full * 35 / 40, *full / np.sqrt(t[1:] - 40 + 1)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def trained(tmp_path, *arguments):
    plan = resolve(parse(["--model", "mlp", "--compile=graph", *arguments]).config)
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

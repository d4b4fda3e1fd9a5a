"""Runs that begin with the weights of another: what they take, keep, tell and refuse."""

import contextlib
import dataclasses
import hashlib
import json
import shlex
import shutil

import keras
import numpy as np
import pytest
from safetensors.numpy import save_file

import configs
import datasets
import trainers
import zoo
from trainers.assembly.assemble import assemble
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse
from trainers.distribution.signals import StopSignals
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop
from trainers.runs import checkpoints
from trainers.train import train
from trainers.warm_start.start import notes, warm_start
from zoo.weights.variable_names import named_weights

CNN = ["--model", "cnn", "--model.filters", "4,6", "--model.dropout", "0"]
CNN += ["--batch-size", "100", "--learning-rate", "0.01"]


@pytest.fixture(scope="module")
def source(train_here, tmp_path_factory):
    """A finished run with a cosine schedule."""
    folder = tmp_path_factory.mktemp("source") / "run"
    train_here(folder, *CNN, "--steps", "60", "--evaluate-every-steps", "30")
    return folder


def weights_in(run_dir):
    model = zoo.trained_model(zoo.load_model(run_dir / "model.keras"))
    return {name: variable.numpy() for name, variable in named_weights(model).items()}


@pytest.fixture(scope="module")
def weights_of_source(source):
    return weights_in(source)


def at_the_start(run_dir):
    return checkpoints.load(run_dir / "checkpoints", 0).arrays


def assert_begins_with(run_dir, weights):
    found = at_the_start(run_dir)
    for number, value in enumerate(weights.values()):
        np.testing.assert_array_equal(found[f"model/{number:04d}"], value)


def test_a_run_begins_with_exactly_the_weights_of_another(
    source, weights_of_source, train_here, tmp_path, capsys
):
    summary = train_here(tmp_path / "next", *CNN, "--steps", "1", "--init-from", str(source))
    assert_begins_with(tmp_path / "next", weights_of_source)
    model = source / "model.keras"
    assert summary["initial_weights"] == {
        "path": str(model),
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "taken": list(weights_of_source),
        "not_taken": {},
        "unused": [],
    }
    assert f"note: taken from {model}: 6 of 6 variables\n" in capsys.readouterr().err


def test_a_run_that_has_not_ended_gives_its_best_checkpoint(source, weights_of_source, tmp_path):
    stopped = shutil.copytree(source, tmp_path / "stopped")
    best = json.loads((source / "summary.json").read_text(encoding="utf-8"))["best_step"]
    for name in ("model.keras", "summary.json"):
        (stopped / name).unlink()
    before, _, (told,) = begun([*CNN, "--init-from", str(stopped)])
    for name, value in before.items():
        np.testing.assert_array_equal(value, weights_of_source[name])
    assert told.endswith(f"step-{best:09d}/state.safetensors: 6 of 6 variables")


def begun(argv, updates=0, scope=None):
    """Return the weights by name, before and after some updates, and what is told of them."""
    with scope or contextlib.nullcontext():
        plan = resolve(parse([*argv, "--steps", "5"]).config)
        data = datasets.load("digits")
        parts = assemble(plan, data)
        taken = warm_start(parts.step, plan.config)
        weights = named_weights(parts.step.model)
        before = {name: np.array(v.numpy()) for name, v in weights.items()}
        Loop(parts.step, parts.mode).train(Feed.of(data, parts.batch_size, 0), 0, updates)
        told = notes(taken, plan.config, parts.step.inspected)
        return before, {name: np.array(v.numpy()) for name, v in weights.items()}, told


def fine_tuned(run_dir, source, *argv):
    """Train on five of the digits and return the run's summary."""
    digits = datasets.load("digits")
    splits = {}
    for name, split in digits.splits.items():
        rows = split.targets < 5
        splits[name] = datasets.Split(split.inputs[rows], split.targets[rows], split.weights[rows])
    names = digits.class_names[:5]
    outputs = {**digits.preparation["outputs"], "names": list(names)}
    five = dataclasses.replace(
        digits,
        num_classes=5,
        class_names=names,
        splits=splits,
        preparation={**digits.preparation, "outputs": outputs},
    )
    words = [
        *CNN,
        "--histograms",
        "false",
        "--keep-checkpoints",
        "99",
        "--init-from",
        str(source),
        *argv,
    ]
    plan = dataclasses.replace(resolve(parse(words).config), dataset=five)
    with StopSignals() as stop:
        return train(plan, run_dir, stop)


def test_frozen_features_are_fine_tuned_to_other_classes(
    source, weights_of_source, tmp_path, capsys
):
    argv = ["--freeze", "convolution_*", "--steps", "40", "--learning-rate", "0.05"]
    summary = fine_tuned(tmp_path / "five", source, *argv)
    taken = summary["initial_weights"]
    assert taken["taken"] == [name for name in weights_of_source if name.startswith("conv")]
    assert taken["not_taken"] == {
        "scores/kernel": "(24, 10) -> (24, 5)",
        "scores/bias": "(10,) -> (5,)",
    }
    told = capsys.readouterr().err
    assert "4 of 6 variables; not taken: scores/kernel (24, 10) -> (24, 5), scores/bias" in told
    assert "of 387 parameters 125 are trained, those of scores/kernel, scores/bias" in told
    tuned = weights_in(tmp_path / "five")
    for name in taken["taken"]:
        np.testing.assert_array_equal(tuned[name], weights_of_source[name])
    first = at_the_start(tmp_path / "five")
    assert np.abs(tuned["scores/kernel"] - first["model/0004"]).max() > 0.05
    # Adam's step, and its two moments of two variables: none of what is frozen.
    assert len([name for name in first if name.startswith("optimizer/")]) == 5
    assert summary["best"]["test"]["accuracy"] > 0.85


def test_a_resumed_run_does_not_need_the_source_any_more(source, train_here, tmp_path):
    copy = shutil.copytree(source, tmp_path / "copy")
    argv = [*CNN, "--schedule", "constant", "--init-from", str(copy), "--freeze", "convolution_1"]
    whole = train_here(tmp_path / "whole", *argv, "--steps", "10")
    train_here(tmp_path / "parts", *argv, "--steps", "4")
    shutil.rmtree(copy)
    parts = train_here(tmp_path / "parts", "--resume", "--steps", "10")
    assert parts["final_weights_sha256"] == whole["final_weights_sha256"]
    assert parts["initial_weights"] == whole["initial_weights"]


def test_the_refusal_to_stretch_a_schedule_names_a_command_that_goes_on(
    source, weights_of_source, train_here
):
    with pytest.raises(configs.ConfigError) as caught:
        train_here(source, "--resume", "--steps", "61")
    told, _, command = str(caught.value).partition("python -m trainers.run ")
    assert "steps 60 -> 61; the cosine schedule spans the whole run" in told
    words = shlex.split(command)
    assert words[-2:] == ["--steps", "61"]
    before, _, _ = begun(words[:-2])
    for name, value in before.items():
        np.testing.assert_array_equal(value, weights_of_source[name])


def test_two_replicas_and_an_average_leave_frozen_weights_alone(
    source, weights_of_source, two_replicas
):
    argv = [*CNN, "--init-from", str(source), "--freeze", "convolution_*", "--weight-decay", "0.1"]
    argv += ["--ema-momentum", "0.9"]
    before, one, _ = begun(argv, 5)
    _, two, _ = begun(argv, 5, two_replicas.scope())
    for name, value in before.items():
        np.testing.assert_array_equal(value, weights_of_source[name])
        np.testing.assert_allclose(two[name], one[name], rtol=1e-5, atol=1e-6)
        assert np.array_equal(one[name], value) == name.startswith("convolution")


def test_newtons_method_solves_for_the_others():
    argv = ["--model", "mlp", "--model.hidden-units", "3", "--model.dropout", "0"]
    argv += ["--optimizer", "newton"]
    before, after, told = begun([*argv, "--batch-size", "50", "--freeze", "hidden_1"], 2)
    moved = [name for name in before if np.abs(after[name] - before[name]).max() > 0]
    assert moved == ["scores/kernel", "scores/bias"]
    assert told == ["of 235 parameters 40 are trained, those of scores/kernel, scores/bias"]


def test_arrays_by_name_are_a_source(weights_of_source, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file({**weights_of_source, "other/kernel": np.ones((2, 2), np.float32)}, path)
    before, _, told = begun([*CNN, "--init-from", str(path)])
    for name, value in before.items():
        np.testing.assert_array_equal(value, weights_of_source[name])
    assert told == [f"taken from {path}: 6 of 6 variables"]


@pytest.mark.slow
def test_a_model_of_ones_own_begins_with_a_run_of_another(tmp_path):
    """Keras has counted the layers of the second one on."""
    random = np.random.default_rng(0)
    x, y = random.random((40, 6), np.float32), random.integers(0, 4, 40)

    def model(classes):
        layers = [keras.Input((6,)), keras.layers.Dense(5), keras.layers.Dense(classes)]
        return keras.Sequential(layers)

    usual = {"steps": 2, "batch_size": 20, "histograms": False, "verbose": False}
    first = trainers.fit(model(4), (x, y), run_dir=tmp_path / "first", **usual)
    second = trainers.fit(
        model(2), (x, y % 2), run_dir=tmp_path / "second", init_from=first.path, **usual
    )
    saved = json.loads((second.path / "summary.json").read_text(encoding="utf-8"))
    begun_with, last = at_the_start(second.path), weights_in(first.path)
    for number, value in enumerate(list(last.values())[:2]):
        np.testing.assert_array_equal(begun_with[f"model/{number:04d}"], value)
    assert list(saved["initial_weights"]["not_taken"].values()) == [
        "(5, 4) -> (5, 2)",
        "(4,) -> (2,)",
    ]

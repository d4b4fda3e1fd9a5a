"""Which checkpoint may continue which run, and when things are due in it."""

import dataclasses

import numpy as np
import pytest

import configs
from trainers.cli.exit import describe
from trainers.engine.length import CallLength
from trainers.engine.totals import Totals
from trainers.engine.update import update
from trainers.errors import CheckpointError
from trainers.runs import compatibility, state
from trainers.runs.cadence import Schedule

CONFIG = configs.Config(model=configs.ModelConfig("mlp", {"hidden_units": [8]}), epochs=2)
FINGERPRINT = "a1" * 32


def check(fingerprint=FINGERPRINT, **changes):
    saved = {"config": configs.to_dict(CONFIG), "dataset_fingerprint": FINGERPRINT}
    compatibility.check(saved, dataclasses.replace(CONFIG, **changes), fingerprint)


def test_unchanged_run_continues():
    check()


ALLOWED = {
    "epochs": 9,
    "steps": 9,
    "log_every_steps": 9,
    "evaluate_every_steps": 9,
    "checkpoint_every_steps": 9,
    "keep_checkpoints": 9,
    "early_stopping_patience": 9,
    "histograms": False,
    "diagnostics": True,
    "dataset.data_dir": "elsewhere",
    "dataset.max_resident_gib": 0.0,
    "dataset.data_path": "elsewhere",
    "strategy": "mirrored",
    "replicas": 2,
    "devices": "CPU:0",
    "start_timeout_seconds": 9,
    "peer_timeout_seconds": 9,
}


def changed(key, value):
    section, dot, name = key.partition(".")
    if not dot:
        return {key: value}
    return {section: dataclasses.replace(getattr(CONFIG, section), **{name: value})}


def test_allow_list_is_the_documented_one():
    assert set(ALLOWED) == compatibility.MAY_CHANGE


@pytest.mark.parametrize("key", sorted(ALLOWED))
def test_what_leaves_the_weights_alone_may_change(key):
    check(**changed(key, ALLOWED[key]))


REFUSED = {
    "batch_size": 9,
    "micro_batch_size": 9,
    "seed": 9,
    "compile": "eager",
    "precision": "mixed_bfloat16",
    "best_by": "metric",
    "loss.name": "hinge",
    "loss.huber_delta": 9.0,
    "dataset.validation_fraction": 0.5,
    "optimizer.learning_rate": 9.0,
    "optimizer.schedule": "cosine",
    "optimizer.warmup_steps": 9,
    "optimizer.clip_norm": 9.0,
}


@pytest.mark.parametrize("key", sorted(REFUSED))
def test_what_shapes_the_weights_may_not_change(key):
    with pytest.raises(configs.ConfigError) as caught:
        check(**changed(key, REFUSED[key]))
    message = str(caught.value)
    assert message.startswith(f"settings changed since the checkpoint: {key} ")
    assert f"-> {REFUSED[key]!r}; on --resume only checkpoint_every_steps, " in message


def test_length_of_a_scheduled_run_may_not_change():
    cosine = dataclasses.replace(CONFIG, optimizer=configs.OptimizerConfig(schedule="cosine"))
    saved = {"config": configs.to_dict(cosine), "dataset_fingerprint": FINGERPRINT}
    compatibility.check(saved, dataclasses.replace(cosine, log_every_steps=3), FINGERPRINT)
    with pytest.raises(configs.ConfigError, match="epochs 2 -> 3"):
        compatibility.check(saved, dataclasses.replace(cosine, epochs=3), FINGERPRINT)


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("model.name", "mlp", "cnn"),
        ("optimizer.name", "adam", "sgd"),
        ("dataset.name", "digits", "mnist"),
    ],
)
def test_another_model_optimizer_or_dataset_is_named(key, before, after):
    with pytest.raises(CheckpointError) as caught:
        check(**changed(key, after))
    assert describe(caught.value) == (
        4,
        f"the checkpoint was made with {key} {before!r}, this run asks for {after!r}; "
        "resume with the former, or start another --run-dir",
    )


def test_changed_data_are_told_by_their_fingerprints():
    with pytest.raises(CheckpointError) as caught:
        check("b2" * 32)
    assert describe(caught.value) == (
        4,
        "dataset 'digits' is not the one the checkpoint was made with "
        "(fingerprint b2b2b2b2b2b2, then a1a1a1a1a1a1); restore the data, or start another "
        "--run-dir",
    )


def test_state_is_captured_and_restored_bit_for_bit(make_step, make_data):
    step = make_step(optimizer="adam", hidden=4, dropout=0.5)
    data = make_data(12)
    totals = Totals(step.names)
    totals.add(np.array([1 / 3, 2.0]), 7.0)
    update(step, data, np.arange(12, dtype=np.int32))
    arrays = state.capture(step, totals, 1)
    update(step, data, np.arange(12, dtype=np.int32))
    expected = state.capture(step, totals, 2)
    other, other_totals = make_step(optimizer="adam", hidden=4, dropout=0.5), Totals(step.names)
    state.restore(other, other_totals, arrays)
    assert other_totals.sums.tolist() == [1 / 3, 2.0]
    assert other_totals.weight == 7.0
    update(other, data, np.arange(12, dtype=np.int32))
    for key, value in state.capture(other, totals, 2).items():
        np.testing.assert_array_equal(value, expected[key], err_msg=key)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"outputs": 4}, r"has shape \(4, 4\), in the checkpoint \(4, 3\)"),
        ({"hidden": 0}, "the checkpoint holds .* variables, this model and optimizer have "),
        ({"optimizer": "sgd"}, "it belongs to another model or optimizer"),
    ],
)
def test_state_of_another_model_is_refused_and_changes_nothing(make_step, other, message):
    step = make_step(optimizer="adam", hidden=4)
    arrays = state.capture(step, Totals(step.names), 0)
    target = make_step(**({"optimizer": "adam", "hidden": 4} | other))
    before = state.capture(target, Totals(step.names), 0)
    with pytest.raises(CheckpointError, match=message):
        state.restore(target, Totals(step.names), arrays)
    for key, value in state.capture(target, Totals(step.names), 0).items():
        np.testing.assert_array_equal(value, before[key])


def test_cadences_left_open_are_epochs_and_at_most_a_hundred():
    assert Schedule.of(dataclasses.replace(CONFIG, epochs=10), 7) == Schedule(70, 7, 7, 7)
    assert Schedule.of(dataclasses.replace(CONFIG, epochs=1000), 7) == Schedule(7000, 70, 70, 70)
    stepped = dataclasses.replace(CONFIG, epochs=None, steps=50, checkpoint_every_steps=4)
    assert Schedule.of(stepped, 7) == Schedule(50, 7, 7, 4)


def test_nothing_due_is_ever_passed_over():
    schedule = Schedule(total=31, log=4, evaluate=6, checkpoint=10)
    step, fired = 0, {"log": [], "evaluate": [], "checkpoint": []}
    while step < schedule.total:
        step += schedule.until_next(step)
        for name, steps in fired.items():
            if schedule.due(step, getattr(schedule, name)):
                steps.append(step)
    assert fired == {
        "log": [4, 8, 12, 16, 20, 24, 28, 31],
        "evaluate": [6, 12, 18, 24, 30, 31],
        "checkpoint": [10, 20, 30, 31],
    }


def test_call_length_grows_by_at_most_16_and_aims_at_half_a_second():
    length = CallLength()
    assert length.most == 1
    length.learn(1, 1e-6)
    assert length.most == 16
    length.learn(16, 0.001)
    assert length.most == 256
    length.learn(256, 0.5)
    assert length.most == 256
    length.learn(256, 200.0)
    assert length.most == 1

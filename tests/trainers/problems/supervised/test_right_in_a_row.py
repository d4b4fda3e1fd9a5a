"""An end at the update at which the last N training examples were right, counted in NumPy too."""

import numpy as np
import pytest
import tensorflow as tf

import configs
from trainers import run
from trainers.cli.exit import describe
from trainers.engine.loop import Loop
from trainers.engine.update import update
from trainers.problems.supervised.right_in_a_row import RightInARow, most_probable, near

UPDATES = 60


def counted_in_numpy(step, data, order, batch, number, rule, below):
    """Return after how many updates the last `number` were right, and update that often."""
    count, losses = 0, []
    for done in range(UPDATES):
        rows = order[done * batch : (done + 1) * batch]
        scores = step.model(data.inputs.numpy()[rows]).numpy().astype(np.float64)
        probability = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        targets = data.targets.numpy()[rows]
        for each, target in zip(probability, targets, strict=True):
            count = count + 1 if rule(each, target) else 0
            losses.append(-np.log(each[target]))
        update(step, data, tf.constant(rows))
        if count >= number and (below is None or np.mean(losses[-number:]) < below):
            return done + 1
    return None


def nearest(probability, target):
    return probability.argmax() == target


def within(probability, target):
    return np.abs(probability - np.eye(len(probability))[target]).max() <= 0.3


CASES = {
    "most probable": (most_probable, nearest, 7, None),
    "each within": (near(0.3, "linear", classes=True), within, 5, None),
    "and their loss": (most_probable, nearest, 7, 0.35),
}


@pytest.mark.parametrize("case", sorted(CASES))
@pytest.mark.parametrize("mode", ["xla", "graph"])
@pytest.mark.parametrize("batch", [1, 3])
def test_call_ends_at_the_update_that_numpy_finds(make_step, make_data, mode, batch, case):
    rule, expected_rule, number, below = CASES[case]
    data = make_data(20)
    # Learnable: the class is said by one of the inputs.
    inputs = data.inputs.numpy()
    inputs[np.arange(20), data.targets.numpy()] += 1.5
    data = data._replace(inputs=tf.constant(inputs))
    order = np.random.default_rng(1).integers(0, 20, UPDATES * batch).astype(np.int32)
    expected, alone = make_step(learning_rate=0.2), make_step(learning_rate=0.2)
    last = counted_in_numpy(expected, data, order, batch, number, expected_rule, below)
    assert 3 < last < UPDATES  # else it would show nothing
    right = alone._right = RightInARow(number, rule, below)
    loop, done, length = Loop(alone, mode, right), 0, 8
    while done < UPDATES and not right.is_reached:
        # Calls of eight: the end lies inside of one.
        *_, updates = loop._call(data, tf.constant(order), batch, done, length, None)
        done += updates
    assert done == last
    for a, b in zip(expected.model.weights, alone.model.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_numbers_are_right_in_their_own_units_and_sequences_as_a_whole():
    right = near(0.1, "linear", classes=False, deviations=[2.0, 1.0])
    targets = tf.zeros([3, 2])
    outputs = tf.constant([[0.04, 0.09], [0.06, 0.0], [0.0, 0.2]])
    assert right(targets, outputs).numpy().tolist() == [True, False, False]
    rule = RightInARow(2, most_probable)

    def seen(*symbols):
        class Sequences:
            targets = tf.constant([[1, 0, 1]] * len(symbols))
            weights = tf.constant([[1.0, 1.0, 0.0]] * len(symbols))

        outputs = tf.one_hot(symbols, 2)
        rule.count(Sequences, outputs, tf.zeros([len(symbols), 3]))
        return int(rule.variables[0].numpy()), rule.is_reached

    # What has no weight cannot be wrong.
    assert seen([1, 0, 0]) == (1, False)
    assert seen([1, 1, 1], [1, 0, 1]) == (1, False)
    assert seen([1, 0, 1]) == (2, True)


WORDS = ["--model", "mlp", "--model.hidden-units", "32", "--batch-size", "4", "--epochs", "9"]
WORDS += ["--report", "false"]
WORDS += ["--learning-rate", "0.003", "--schedule", "constant", "--model.dropout", "0"]
WORDS += ["--stop-when-right", "60", "--checkpoint-every-steps", "10000"]


def test_run_ends_there_and_a_resumed_one_too(train_here, rows_of, tmp_path):
    whole = train_here(tmp_path / "whole", *WORDS)
    steps = whole["steps"]
    assert whole["stopped_when_right"] == {"last": 60, "reached": True}
    assert 20 < steps < 9 * 270
    rows = rows_of(tmp_path / "whole")
    assert ("validation", "accuracy", steps) in rows
    assert ("train", "loss", steps) in rows
    words = [word for word in WORDS if word not in ("--epochs", "9")]
    train_here(tmp_path / "parted", *words, "--steps", str(steps - 7))
    parted = train_here(tmp_path / "parted", "--resume", "--steps", "4000")
    again = train_here(tmp_path / "parted", "--resume")
    for each in (parted, again):
        assert each["steps"] == steps
        assert each["final_weights_sha256"] == whole["final_weights_sha256"]
        assert each["stopped_when_right"]["reached"]


REFUSED = {
    "--right-within 0.1": "changes nothing without --stop-when-right",
    "--right-loss-below 0.1": "changes nothing without --stop-when-right",
    "--model gan --stop-when-right 9": "is not supervised",
    "--model linear_regression --stop-when-right 9": "add --right-within",
    "--stop-when-right 0": "at least 1",
    "--stop-when-right 9 --micro-batch-size 8": "in their order",
}


@pytest.mark.parametrize("words", sorted(REFUSED))
def test_end_that_cannot_be_told_is_refused(words, tmp_path):
    with pytest.raises(configs.ConfigError) as caught:
        run.main([*words.split(), "--epochs", "1", "--run-dir", str(tmp_path / "run")])
    code, message = describe(caught.value)
    assert code == 2
    assert REFUSED[words] in message
    assert "\n" not in message
    assert not (tmp_path / "run").exists()

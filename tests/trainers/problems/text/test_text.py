"""Text: states carried over windows and resumes, losses against NumPy, and drawn characters."""

import contextlib
import math
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
import datasets
from trainers.engine.batch import Batch
from trainers.engine.loop import Loop
from trainers.engine.totals import Totals
from trainers.engine.update import update
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.text import evaluation
from trainers.problems.text.evaluation import TextEvaluation
from trainers.problems.text.sampling import Sampler, next_symbol
from trainers.problems.text.step import TextStep
from trainers.runs import state

SYMBOLS, UNITS, TIME = 5, 6, 4


def make_model():
    keras.utils.set_random_seed(3)
    symbols = keras.Input((None,), dtype="int32", name="symbols")
    start = keras.Input((1, 2, UNITS), name="state")
    embedded = keras.layers.Embedding(SYMBOLS, 3)(symbols)
    lstm = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True)
    hidden, h, c = lstm(embedded, initial_state=[start[:, 0, 0], start[:, 0, 1]])
    scores = keras.layers.Dense(SYMBOLS)(hidden)
    after = keras.ops.stack([h, c], axis=1)[:, None]
    return keras.Model(
        {"symbols": symbols, "state": start}, {"scores": scores, "state": after}, name="text"
    )


def make_step(streams=3, optimizer="sgd", clip=None, **options):
    options.setdefault("learning_rate", 0.1)
    model = make_model()
    rule = keras.optimizers.get({"class_name": optimizer, "config": options})
    return TextStep(
        model, OptimizedWeights(rule, model.trainable_variables, clip_norm=clip), streams
    )


def make_text(windows):
    numbers = np.random.default_rng(0).integers(0, SYMBOLS, windows * TIME + 1).astype(np.int32)
    inputs, targets = (numbers[i : i + windows * TIME].reshape(windows, TIME) for i in (0, 1))
    return inputs, targets


def make_batch(windows):
    inputs, targets = make_text(windows)
    return Batch(tf.constant(inputs), tf.constant(targets), tf.ones([windows, TIME]))


def scores_of_whole_text(model, inputs):
    symbols = tf.constant(inputs.reshape(1, -1))
    return model({"symbols": symbols, "state": tf.zeros((1, 1, 2, UNITS))})["scores"][0].numpy()


def cross_entropy(scores, targets):
    shifted = scores - scores.max(-1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return -log_probabilities[np.arange(len(targets)), targets]


@pytest.mark.parametrize("mode", ["graph", "xla"])
def test_state_flows_from_window_to_window_as_if_the_text_were_read_at_once(mode):
    # Without learning, the losses of training are those of one pass over each stream.
    step, data = make_step(streams=2, learning_rate=0.0), make_batch(8)
    order = tf.constant([0, 4, 1, 5, 2, 6, 3, 7])
    sums, weight, bad = Loop(step, mode).run(data, order, 2, 0, 4)
    inputs, targets = make_text(8)
    losses = [
        cross_entropy(scores_of_whole_text(step.model, inputs[rows]), targets[rows].reshape(-1))
        for rows in (slice(0, 4), slice(4, 8))
    ]
    assert bad == -1
    assert float(weight) == 8 * TIME
    assert float(sums[0]) == pytest.approx(np.sum(losses), rel=1e-5)


def test_window_that_does_not_follow_starts_from_zero():
    step, data = make_step(streams=1, learning_rate=0.0), make_batch(8)
    inputs, targets = make_text(8)
    update(step, data, tf.constant([2]))
    jumped, _ = update(step, data, tf.constant([5]))
    fresh = cross_entropy(scores_of_whole_text(step.model, inputs[5:6]), targets[5])
    assert float(jumped[0]) == pytest.approx(fresh.sum(), rel=1e-5)
    followed, _ = update(step, data, tf.constant([6]))
    both = cross_entropy(scores_of_whole_text(step.model, inputs[5:7]), targets[5:7].reshape(-1))
    assert float(followed[0]) == pytest.approx(both[TIME:].sum(), rel=1e-5)


def test_gradients_stop_where_the_window_starts():
    step, data = make_step(streams=1, learning_rate=1.0), make_batch(4)
    update(step, data, tf.constant([0]))
    before, carried = step.model.get_weights(), step.variables["streams"][0].value
    batch = data.rows(tf.constant([1]))
    with tf.GradientTape() as tape:
        # A constant state: nothing of window 0 is differentiated.
        outputs = step.model({"symbols": batch.inputs, "state": tf.constant(carried.numpy())})
        losses = keras.losses.sparse_categorical_crossentropy(
            batch.targets, outputs["scores"], from_logits=True
        )
        loss = tf.reduce_mean(losses)
    expected = [
        tf.convert_to_tensor(g) for g in tape.gradient(loss, step.model.trainable_variables)
    ]
    update(step, data, tf.constant([1]))
    for old, new, gradient in zip(before, step.model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(old - new, gradient, atol=1e-6)


def test_clipping_bounds_the_update():
    step, data = make_step(streams=2, learning_rate=1.0, clip=1e-3), make_batch(4)
    before = step.model.get_weights()
    update(step, data, tf.constant([0, 2]))
    moved = [new - old for old, new in zip(before, step.model.get_weights(), strict=True)]
    assert math.sqrt(sum(float((m**2).sum()) for m in moved)) == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize("windows", [8, 16, 12, 7])
@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize("short", [True, False])
def test_evaluation_reads_streams_and_counts_every_character_once(
    windows, resident, short, monkeypatch
):
    longest = windows * TIME if short else windows * TIME - 1
    monkeypatch.setattr(evaluation, "_SHORT_CHARACTERS", longest)
    step = make_step()
    inputs, targets = make_text(windows)
    weights = np.ones((windows, TIME), np.float32)
    weights[-1, 2:] = 0
    split = datasets.Split(inputs, targets, weights, resident=resident)
    measured = TextEvaluation(step, "graph").measure(split)
    streams = 1 if short else math.gcd(windows, datasets.EVALUATION_STREAMS)
    losses = np.concatenate(
        [
            cross_entropy(scores_of_whole_text(step.model, inputs[rows]), targets[rows].reshape(-1))
            for rows in np.arange(windows).reshape(streams, -1)
        ]
    )
    expected = (losses * weights.reshape(-1)).sum() / weights.sum()
    assert measured["loss"] == pytest.approx(expected, rel=1e-5)
    assert measured["bits_per_character"] == pytest.approx(expected / math.log(2), rel=1e-5)
    assert measured["perplexity"] == pytest.approx(math.exp(expected), rel=1e-5)


class CountsStreams:
    """Reads nothing, and tells how many streams it was to read."""

    names, weights = ("loss",), types.SimpleNamespace(averaged=contextlib.nullcontext)
    streams = 0

    def zero_state(self, rows):
        self.streams = rows
        return tf.zeros([rows])

    def evaluate_from(self, batch, state):
        return tf.zeros([1], tf.float64), tf.ones([], tf.float64), state

    def figures(self, means):
        return means


@pytest.mark.parametrize(("windows", "streams"), [(16, 1), (4096, 1), (4104, 8), (4098, 2)])
def test_split_of_up_to_16384_characters_is_read_in_one_piece(windows, streams):
    step = CountsStreams()
    split = datasets.Split(*make_text(windows), np.ones((windows, TIME)), resident=True)
    TextEvaluation(step, "graph").measure(split)
    assert step.streams == streams


def test_restored_step_goes_on_to_the_same_bits():
    data, order = (
        make_batch(12),
        tf.constant(np.arange(12, dtype=np.int32).reshape(3, 4).T.reshape(-1)),
    )
    whole = make_step(optimizer="adam")
    Loop(whole, "graph").run(data, order, 3, 0, 4)
    first, second = make_step(optimizer="adam"), make_step(optimizer="adam")
    Loop(first, "graph").run(data, order, 3, 0, 2)
    arrays = state.capture(first, Totals(first.names), 2)
    assert np.abs(arrays["streams/0000"]).sum() > 0
    state.restore(second, Totals(second.names), arrays)
    Loop(second, "graph").run(data, order, 3, 2, 2)
    for one, other in zip(whole.model.weights, second.model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_probe_sees_layers_and_changes_nothing():
    step, data = make_step(), make_batch(4)
    before = [np.asarray(v) for group in step.variables.values() for v in group]
    gradients = step.probe(data)
    assert [g.shape for g in gradients] == [v.shape for v in step.model.trainable_variables]
    after = [np.asarray(v) for group in step.variables.values() for v in group]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_drawn_symbols_follow_the_tempered_softmax():
    scores = tf.repeat(tf.constant([[0.0, 1.0, 2.0]]), 40_000, axis=0)
    for temperature in (0.5, 1.0, 2.0):
        drawn = next_symbol(scores, tf.constant(temperature), tf.constant([1, 2])).numpy()
        expected = np.exp(np.array([0.0, 1.0, 2.0]) / temperature)
        expected /= expected.sum()
        np.testing.assert_allclose(np.bincount(drawn, minlength=3) / 40_000, expected, atol=0.01)
    greedy = next_symbol(scores[:5], tf.constant(0.0), tf.constant([1, 2])).numpy()
    assert greedy.tolist() == [2] * 5


def test_sampler_reads_its_own_output_back():
    model, characters = make_model(), tuple("abcde")
    text = "".join(Sampler(model, characters).stream("ab", 37, temperature=0.0, seed=0))
    assert len(text) == 37
    symbols = [characters.index(c) for c in "ab" + text]
    scores = scores_of_whole_text(model, np.array(symbols))
    assert [int(s.argmax()) for s in scores[1:-1]] == symbols[2:]


def test_one_seed_draws_one_text_and_another_seed_another():
    sampler = Sampler(make_model(), tuple("abcde"))
    texts = ["".join(sampler.stream("a", 60, 1.0, seed)) for seed in (4, 4, 5)]
    assert texts[0] == texts[1] != texts[2]


def test_character_that_the_model_never_saw_is_refused():
    with pytest.raises(configs.ConfigError, match="'x', which the model has not seen"):
        next(Sampler(make_model(), tuple("abcde")).stream("ax", 3, 1.0, 0))

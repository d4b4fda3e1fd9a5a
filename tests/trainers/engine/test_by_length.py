"""Batches up to their longest sequence, and of like length: figures, gradients and weights."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
import datasets
import zoo
from trainers.assembly.assemble import assemble
from trainers.assembly.resolve import resolve
from trainers.engine import compiling
from trainers.engine import evaluation as evaluation_module
from trainers.engine import loop as loop_module
from trainers.engine.batch import Batch, resident
from trainers.engine.evaluation import Evaluation
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop
from trainers.runs.compatibility import require_same_run
from zoo.layers.padding import needing

TIME, SIZE = 9, 44
RANDOM = np.random.default_rng(2)
LENGTHS = RANDOM.integers(1, TIME + 1, SIZE)
REAL = np.arange(TIME) < LENGTHS[:, None]


def symbols():
    drawn = RANDOM.integers(0, 5, (2, SIZE, TIME)).astype(np.int32) * REAL
    weights = REAL.astype(np.float32)
    return datasets.Split(*drawn, weights, {"last": np.eye(TIME, dtype=np.float32)[LENGTHS - 1]})


def series():
    drawn = np.where(REAL[..., None], RANDOM.normal(size=(SIZE, TIME, 2)), np.nan)
    return drawn.astype(np.float32), np.ones(SIZE, np.float32)


def numbers():
    drawn, weights = series()
    return datasets.Split(drawn, RANDOM.normal(size=(SIZE, 1)).astype(np.float32), weights)


def classes():
    drawn, weights = series()
    return datasets.Split(drawn, RANDOM.integers(0, 3, SIZE).astype(np.int32), weights)


CASES = {
    "gru": ("next_symbol", 5, symbols()),
    "lstm": ("next_symbol", 5, symbols()),
    "lstm_regressor": ("regression", 1, numbers()),
    "lstm_classifier": ("classification", 3, classes()),
}


def assembled(name, **settings):
    task, outputs, split = CASES[name]
    names = tuple("abcde"[:outputs]) if outputs > 1 else ()
    splits = dict.fromkeys(("train", "validation", "test"), split)
    shape = split.inputs.shape[1:]
    data = datasets.Dataset(name, "1", task, shape, outputs, names, splits, {}, "")
    options = {"name": name, "units": 4, **settings.pop("model", {})}
    settings = {"batch_size": 8, **settings}
    config = configs.recipe(name, model=options, dataset="own", **settings)
    return assemble(resolve(config), data)


def parts_of(name, *, cut=True, buckets=False, **settings):
    """The parts of a small model; `cut=False` computes the padding too."""
    parts = assembled(name, bucket_by_length=buckets, **settings)
    assert parts.step._cut
    parts.step._cut = cut
    return parts


def updated(parts, updates):
    """Weights after some updates, and their totals."""
    feed = Feed.of(parts.dataset, parts.batch_size, 0, by_length=parts.buckets)
    totals = Loop(parts.step, parts.mode).train(feed, 0, updates)
    return [*parts.step.model.get_weights(), totals.sums, totals.weight]


def assert_close(found, expected, tolerance=1e-6):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    ("model", "mode"),
    [
        pytest.param("lstm", "xla", marks=pytest.mark.slow),
        ("gru", "graph"),
        ("lstm_classifier", "eager"),
        pytest.param("lstm_regressor", "graph", marks=pytest.mark.slow),
    ],
)
def test_weights_and_figures_are_those_of_whole_batches(model, mode):
    """Over an epoch's end, with its smaller batch; two layers, one above the other."""
    settings = {"compile": mode, "model": {"layers": 2}}
    found = updated(parts_of(model, buckets=True, **settings), 6)
    assert_close(found, updated(parts_of(model, buckets=True, cut=False, **settings), 6))


def test_micro_batches_and_dropout_change_nothing_of_it():
    settings = {"compile": "graph", "micro_batch_size": 3, "model": {"dropout": 0.3}}
    found = updated(parts_of("lstm", **settings), 3)
    assert_close(found, updated(parts_of("lstm", cut=False, **settings), 3))


def test_in_buckets_every_prediction_of_an_epoch_counts_alike():
    """The gradients of an epoch's full batches add up to that of all their predictions."""
    parts = parts_of("lstm", buckets=True, compile="eager")
    feed = Feed.of(parts.dataset, parts.batch_size, 0, by_length=True)
    data, order, size, *_ = feed.stretch(0, 1)
    batches = order.numpy()[: len(order) - len(order) % size].reshape(-1, size)
    found = [parts.step.gradients(data, tf.constant(rows)).values for rows in batches]
    whole = parts.step.gradients(data, tf.constant(batches.ravel())).values
    mean = [np.mean([each[i] for each in found], axis=0) for i in range(len(whole))]
    assert_close(mean, [np.asarray(each) for each in whole])
    weights = CASES["lstm"][2].weights
    with tf.GradientTape() as tape:
        outputs = parts.step.model(data.inputs, training=True)
        losses = keras.ops.sparse_categorical_crossentropy(data.targets, outputs, from_logits=True)
        risk = tf.reduce_sum(tf.gather(losses * weights, batches.ravel()))
        risk /= batches.size * weights.sum() / SIZE
    expected = tape.gradient(risk, parts.step.model.trainable_variables)
    assert_close(mean, [np.asarray(tf.convert_to_tensor(each)) for each in expected], 1e-5)


@pytest.mark.parametrize("resident_split", [True, False])
def test_a_split_sorted_by_length_has_the_same_means(resident_split):
    parts = parts_of("lstm", compile="graph")
    split = parts.dataset.splits["test"]
    object.__setattr__(split, "resident", resident_split)
    found = parts.evaluation.measure(split)
    plain = parts_of("lstm", cut=False, compile="graph")
    expected = Evaluation(plain.step, "graph").measure(split)
    assert found == pytest.approx(expected, rel=1e-6)
    assert "last_loss" in found


def test_steps_behind_the_longest_are_not_computed():
    model = parts_of("lstm").step.model
    hidden = keras.Model(model.inputs[0], model.get_layer("lstm_1").output)
    inputs = CASES["lstm"][2].inputs[:3]
    with needing(tf.constant(3)):  # one turn of the loop
        bounded = np.asarray(hidden(inputs))
    np.testing.assert_allclose(bounded[:, :3], np.asarray(hidden(inputs))[:, :3], atol=1e-6)
    assert np.abs(bounded[:, 2]).min() > 0
    assert np.abs(bounded[:, 3:]).max() == 0


def test_longest_is_of_weights_or_of_numbers():
    for model in ("lstm", "lstm_regressor"):
        data = resident(CASES[model][2])
        for rows in ([0], [1, 5, 7], list(range(SIZE))):
            assert int(data.rows(tf.constant(rows)).longest()) == LENGTHS[rows].max()
    none = Batch(*(tensor[:2] for tensor in data[:3]))
    assert int(none._replace(weights=tf.zeros([2, TIME])).longest()) == 0


def test_auto_is_where_sequences_are_short_and_the_model_causal():
    assert parts_of("lstm", buckets="auto").buckets  # a mean of 0.57 of the longest
    assert not parts_of("lstm").buckets
    long = np.maximum(LENGTHS, TIME - 1)
    weights = (np.arange(TIME) < long[:, None]).astype(np.float32)
    split = CASES["lstm"][2]
    short = CASES["lstm"]
    try:
        CASES["lstm"] = (*short[:2], datasets.Split(split.inputs, split.targets, weights))
        config = {"bucket_by_length": "auto"}
        assert not assembled("lstm", **config).buckets
        assert not assembled("lstm", **config).step._cut
        assert assembled("lstm", bucket_by_length=True).buckets
    finally:
        CASES["lstm"] = short


def test_buckets_that_change_nothing_are_refused():
    shape = {"num_classes": 7, "input_shape": (None,)}
    plans = [resolve(configs.recipe(m, bucket_by_length=True)) for m in ("mlp", "lstm")]
    own = dataclasses.replace(plans[1], model=zoo.create_model("lstm", **shape))
    for plan, reason in ((plans[0], "has no sequences of unlike"), (own, "is not known to leave")):
        with pytest.raises(configs.ConfigError, match=f"--bucket-by-length true .* {reason}"):
            assemble(plan, datasets.load(plan.config.dataset.name))


def test_only_models_that_say_so_are_causal():
    causal = {name for name in zoo.list_models() if zoo.model_card(name).causal}
    assert causal == {"gru", "lstm", "lstm_classifier", "lstm_regressor"}


def test_a_checkpoint_without_the_setting_is_of_a_run_without_buckets():
    config = resolve(configs.recipe("lstm", bucket_by_length="auto")).config
    saved = configs.to_dict(config)
    del saved["bucket_by_length"]
    metadata = {"config": saved, "dataset_fingerprint": "a"}
    with pytest.raises(configs.ConfigError, match="bucket_by_length False -> 'auto'"):
        require_same_run(metadata, config, "a")
    before = configs.from_dict({**saved, **configs.OF_EARLIER_RELEASES})
    require_same_run(metadata, before, "a")


def test_xla_compiles_neither_the_smaller_last_batch_nor_an_evaluation_of_one(monkeypatch):
    modes = []

    def compiled(function, mode):
        modes.append(mode)
        return compiling.compiled(function, "graph")

    monkeypatch.setattr(compiling, "_MANY_BATCHES", 5)
    for module in (loop_module, evaluation_module):
        monkeypatch.setattr(module, "compiled", compiled)
    parts = assembled("lstm", compile="xla")  # 44 examples in batches of 8
    updated(parts, 12)
    assert modes == ["xla", "graph"]
    parts.evaluation.measure(parts.dataset.splits["test"])
    assert modes[2:] == ["graph"]

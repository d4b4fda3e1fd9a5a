"""What usually goes wrong over replicas, against NumPy: without its remedy each test fails."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
import datasets
from trainers import run
from trainers.assembly.assemble import assemble
from trainers.assembly.resolve import resolve
from trainers.cli.exit import describe
from trainers.cli.run_arguments import parse
from trainers.distribution import replicas
from trainers.engine import feed as feed_module
from trainers.engine.batch import resident
from trainers.engine.evaluation import Evaluation
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop
from trainers.inspection.hessian_spectrum import HessianSpectrum
from trainers.objectives.penalty import L2Penalty
from zoo.layers.batch_normalization import BatchNormalization


@pytest.fixture
def scope(two_replicas):
    """Everything in the test happens on two replicas."""
    with two_replicas.scope():
        yield two_replicas


def run_updates(step, data, size, count=1, first=0):
    """Do updates on the first `size` rows of the data, in order."""
    sums, weight, _ = Loop(step, "graph").run(
        replicas.spread(data), tf.tile(tf.range(size), [first + count]), size, first, count
    )
    return np.asarray(sums), float(weight)


def softmax_gradient(step, data, size, weights_of):
    """Mean cross-entropy's gradient over the weights of the whole batch, kernel and bias."""
    kernel, bias = weights_of(step)
    x, y, w = (np.asarray(part)[:size] for part in data[:3])
    scores = np.exp(x @ kernel + bias)
    error = scores / scores.sum(1, keepdims=True) - np.eye(3)[y]
    error *= w[:, None] / w.sum()
    return x.T @ error, error.sum(0)


@pytest.mark.parametrize("size", [8, 7, 1])
def test_gradients_are_summed_once_and_divided_by_the_weight_of_the_whole_batch(
    scope, make_step, make_data, weights_of, size
):
    data = make_data(8)
    # The first replica's rows weigh little, the second one's much.
    data = data._replace(weights=tf.constant([1, 0, 0, 1, 9, 7, 8, 9], tf.float32))
    step = make_step(learning_rate=1.0)
    before, gradient = weights_of(step), softmax_gradient(step, data, size, weights_of)
    _, weight = run_updates(step, data, size)
    assert weight == np.asarray(data.weights)[:size].sum()
    for old, new, expected in zip(before, weights_of(step), gradient, strict=True):
        np.testing.assert_allclose(old - new, expected, atol=1e-6)


def test_clipping_bounds_the_sum_and_not_each_replicas_part(
    scope, make_step, make_data, weights_of
):
    data = make_data(7)
    step = make_step(learning_rate=1.0, clip=0.01)
    before, gradient = weights_of(step), softmax_gradient(step, data, 7, weights_of)
    run_updates(step, data, 7)
    norm = np.sqrt(sum(np.square(part).sum() for part in gradient))
    assert norm > 0.1
    for old, new, whole in zip(before, weights_of(step), gradient, strict=True):
        np.testing.assert_allclose(old - new, 0.01 * whole / norm, atol=1e-7)


def test_batch_normalization_uses_and_keeps_the_moments_of_the_whole_batch(scope):
    layer = BatchNormalization(momentum=0.0, epsilon=0.0)
    layer.build((None, 3))
    x = np.random.default_rng(0).normal(100, 1, (5, 3)).astype(np.float32)

    def once(x):
        return replicas.whole(layer(tf.gather(x, replicas.own(tf.range(5))), training=True), 5)

    normalized = tf.function(lambda: replicas.run(once, tf.constant(x)))()
    mean, variance = x.mean(0, dtype=np.float64), x.var(0, dtype=np.float64)
    np.testing.assert_allclose(normalized, (x - mean) / np.sqrt(variance), atol=1e-4)
    for variable, expected in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        first, second = scope.experimental_local_results(variable.value)
        np.testing.assert_allclose(first, expected, rtol=1e-5)
        np.testing.assert_array_equal(first, second)


def masks_of(model, calls):
    """Which units each replica keeps, `[calls, replicas, units]`."""

    def once():
        kept = model(tf.ones([1, 64]), training=True)
        return replicas.whole(kept, replicas.count())

    function = tf.function(lambda: replicas.run(once))
    return np.stack([function().numpy() > 0 for _ in range(calls)])


def dropout_model():
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dropout(0.5)])
    replicas.separate_seeds(model)
    return model


def test_replicas_drop_different_units_reproducibly_and_after_a_resume(two_replicas):
    alone = masks_of(dropout_model(), 4)
    with two_replicas.scope():
        first = dropout_model()
        whole = masks_of(first, 2)
        saved = [np.asarray(variable.value) for variable in first.variables]
        whole = np.concatenate([whole, masks_of(first, 2)])
        again = masks_of(dropout_model(), 4)
        resumed = dropout_model()
        for variable, value in zip(resumed.variables, saved, strict=True):
            variable.assign(value)
        replicas.separate_seeds(resumed)
        rest = masks_of(resumed, 2)
    np.testing.assert_array_equal(whole[:, 0], alone[:, 0])
    assert 0.3 < (whole[:, 0] == whole[:, 1]).mean() < 0.7
    np.testing.assert_array_equal(whole, again)
    np.testing.assert_array_equal(whole[2:], rest)


@pytest.mark.parametrize("micro", [4096, 3])
def test_every_replica_draws_equally_often_whatever_its_share(scope, make_step, make_data, micro):
    step = make_step(hidden=4, dropout=0.5, micro=micro)
    replicas.separate_seeds(step.model)
    # Two updates on shares of 3 and 4 rows, then three on shares of 0 and 1. Every replica
    # makes as many passes as the largest share needs: one an update, but in micro-batches of 3
    # two for a share of 4 rows. That is 2 * 1 + 3 * 1 passes, or 2 * 2 + 3 * 1.
    run_updates(step, make_data(7), 7, 2)
    run_updates(step, make_data(7), 1, 3)
    (seed,) = (v for v in step.model.variables if v.path.endswith("seed_generator_state"))
    first, second = (np.asarray(x) for x in scope.experimental_local_results(seed.value))
    assert second[0] - first[0] == 2**32
    assert second[1] == first[1] == (7 if micro == 3 else 5)


def assembled(arguments, examples):
    """Return the parts of a run with these arguments on `examples`, `[n, height, width, 1]`."""
    count = len(examples)
    labels = np.random.default_rng(4).integers(0, 3, count).astype(np.int32)
    split = datasets.Split(examples, labels, np.ones(count, np.float32))
    splits, shape = dict.fromkeys(("train", "validation", "test"), split), examples.shape[1:]
    names = ("a", "b", "c")
    dataset = datasets.Dataset("random", "1", "classification", shape, 3, names, splits, {}, "")
    argv = [*arguments.split(), "--batch-size", str(count), "--steps", "4"]
    return assemble(resolve(parse(argv).config), dataset)


def images(count):
    return np.random.default_rng(0).normal(size=(count, 4, 4, 1)).astype(np.float32)


def test_rate_count_and_average_can_be_read(scope, make_step, weights_of):
    assert make_step(learning_rate=0.25).weights.learning_rate == 0.25
    arguments = "--model perceptron --optimizer momentum --learning-rate 0.5 --schedule linear"
    parts = assembled(f"{arguments} --ema-momentum 0.5 --compile graph", images(7))
    step, data = parts.step, resident(parts.dataset.splits["train"])
    average = weights_of(step)
    for done in range(4):
        assert step.weights.learning_rate == pytest.approx(0.5 * (1 - done / 4))
        assert int(step.weights.optimizer.iterations.numpy()) == done
        run_updates(step, data, 7)
        # The first average is of the first update's weights, not of those before it.
        now = weights_of(step)
        average = now if done == 0 else [(a + b) / 2 for a, b in zip(average, now, strict=True)]
        with step.weights.averaged():
            for held, expected in zip(weights_of(step), average, strict=True):
                np.testing.assert_allclose(held, expected, atol=1e-6)
        np.testing.assert_array_equal(weights_of(step)[0], now[0])


@pytest.mark.parametrize("size", [515, 513, 1])
def test_evaluation_counts_every_prediction_once(make_step, make_data, two_replicas, size):
    data = make_data(size, weighted=True)
    arrays = [np.asarray(part) for part in data[:3]]
    mask = (np.arange(size) % 3 == 0).astype(np.float32)
    found = []
    for in_memory in (True, False):
        split = datasets.Split(*arrays, masks={"third": mask}, resident=in_memory)
        for strategy in (tf.distribute.get_strategy(), two_replicas):
            with strategy.scope():
                found.append(Evaluation(make_step(hidden=4), "graph").measure(split))
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=1e-6, nan_ok=size == 1)


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("workers", [1, 2, 3, 4])
@pytest.mark.parametrize(("size", "batch_size"), [(23, 5), (17, 8), (3, 3)])
def test_workers_together_read_an_epoch_each_only_its_own_rows(
    monkeypatch, workers, size, batch_size, in_memory
):
    inputs = np.arange(size, dtype=np.float32)[:, None]
    split = datasets.Split(
        inputs, np.zeros(size, np.int32), np.ones(size, np.float32), {}, in_memory
    )
    monkeypatch.setattr(feed_module, "_CHUNK_BYTES", 2 * batch_size * split.nbytes // size)
    monkeypatch.setattr(replicas, "count", lambda: workers)
    read, original = [], datasets.read_ahead

    def read_ahead(split, parts):
        for chunk in original(split, parts):
            read.append(len(chunk[0]))
            yield chunk

    monkeypatch.setattr(datasets, "read_ahead", read_ahead)
    shares = []
    for worker in range(workers):
        monkeypatch.setattr(replicas, "local", lambda worker=worker: range(worker, worker + 1))
        monkeypatch.setattr(replicas, "index", lambda worker=worker: worker)
        feed, step, mine = Feed(split, batch_size, seed=1), 0, []
        read.clear()
        while step < feed.steps_per_epoch:
            stretch = feed.stretch(step, feed.steps_per_epoch - step)
            for i in range(stretch.first, stretch.first + stretch.length):
                start = i * stretch.batch_size
                rows = replicas.own(tf.constant(stretch.order[start : start + stretch.batch_size]))
                mine.append(tf.gather(stretch.data.inputs, rows).numpy()[:, 0].astype(int))
            step += stretch.length
        if not in_memory:
            # One row is read for an empty share too.
            used = sum(max(1, len(rows)) for rows in mine)
            assert sum(read) == used
        shares.append(mine)
    order = datasets.epoch_order(size, 1, 0)
    batches = [np.concatenate(parts) for parts in zip(*shares, strict=True)]
    np.testing.assert_array_equal(np.concatenate(batches), order)
    assert [len(batch) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)


REFUSED = {
    "--model policy": "model 'policy' trains on one device; leave --strategy and --replicas out",
    "--model gan": "model 'gan' trains on one device; leave --strategy and --replicas out",
    "--model mlp --model.dropout 0 --optimizer newton": "optimizer 'newton' trains on one device",
    "--model mlp --compile eager": "--compile eager with 2 replicas; use --compile auto or graph",
    "--model mlp --model.normalization batch --micro-batch-size 8": "batch normalization over "
    "replicas needs whole shares, but a share of batch size 32 is larger than --micro-batch-size 8",
    "--model mlp --strategy one_device": "--strategy one_device with --replicas 2",
}


@pytest.mark.parametrize("arguments", sorted(REFUSED))
def test_what_would_not_compute_the_same_is_refused(tmp_path, arguments):
    with pytest.raises(configs.ConfigError) as caught:
        run.main([*arguments.split(), "--replicas", "2", "--run-dir", str(tmp_path / "run")])
    code, message = describe(caught.value)
    assert code == 2
    assert message.startswith(REFUSED[arguments])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "inside"),
    [
        ("--model mlp", True),
        ("--model mlp --compile graph", False),
        ("--model mlp --model.normalization batch", False),
        ("--model cnn", False),
        ("--model cnn --compile xla", True),
    ],
)
def test_xla_takes_the_passes_between_two_exchanges(scope, arguments, inside):
    parts = assembled(f"{arguments} --model.dropout 0", images(9))
    assert (parts.mode, parts.step._compile_gradients) == ("graph", inside)


def test_the_hessian_of_weights_on_two_devices_is_that_of_one(make_step, make_data, two_replicas):
    found = []
    for strategy in (tf.distribute.get_strategy(), two_replicas):
        with strategy.scope():
            step = make_step()
            penalty = L2Penalty(step.model.trainable_variables, 0.1)
            spectrum = HessianSpectrum(step.model, step.risk.loss, penalty, make_data(9))
            found.append(spectrum.figures())
    assert found[1] == pytest.approx(found[0], rel=1e-5)


def test_convolutions_of_an_empty_share_are_evaluated(scope):
    parts = assembled("--model cnn --model.filters [2] --model.dropout 0", images(1))
    split = parts.dataset.splits["test"]
    sums, weight = parts.step.evaluate(resident(split))
    assert float(weight) == 1
    assert parts.evaluation.measure(split)["loss"] == pytest.approx(float(sums[0]), rel=1e-6)

"""One update: its gradient and its rule, recomputed in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
from trainers.engine.batch import Batch
from trainers.engine.compiling import compiled
from trainers.engine.loop import Loop
from trainers.engine.update import update
from trainers.problems.supervised.fit import supervised_step


def all_rows(data):
    return tf.range(data.inputs.shape[0])


@pytest.mark.parametrize("size", [24, 23], ids=["even", "uneven last micro-batch"])
@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
@pytest.mark.parametrize("weighted", [False, True])
def test_accumulated_micro_batches_equal_one_batch(
    make_step, make_data, weights_of, size, mode, weighted
):
    data = make_data(size, weighted=weighted)
    results = []
    for micro in (4096, 8):
        step = make_step(hidden=6, micro=micro, learning_rate=0.5)
        do_update = compiled(lambda d, i, step=step: update(step, d, i), mode)
        sums, weight = do_update(data, all_rows(data))
        results.append((weights_of(step), np.array(sums), float(weight)))
    (whole, whole_sums, whole_weight), (parts, parts_sums, parts_weight) = results
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    np.testing.assert_allclose(whole_sums, parts_sums, rtol=1e-6)
    assert whole_weight == parts_weight == np.asarray(data.weights).sum()


def test_weights_of_zero_take_examples_out(make_step, make_data, weights_of):
    data = make_data(12)
    weights = np.ones(12, np.float32)
    weights[8:] = 0
    masked, short = make_step(learning_rate=1.0), make_step(learning_rate=1.0)
    update(masked, data._replace(weights=tf.constant(weights)), tf.range(12))
    update(short, data, tf.range(8))
    for a, b in zip(weights_of(masked), weights_of(short), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)


def squared_error_gradient(inputs, targets, kernel, bias):
    error = inputs @ kernel + bias - targets
    return 2 * inputs.T @ error / len(inputs), 2 * error.sum(0) / len(inputs)


def test_batch_gradient_descent_follows_the_exact_gradient_of_the_whole_set(
    make_step, make_data, weights_of
):
    data = make_data(50, task="regression")
    step = make_step("regression", "batch_gd", 0.3, outputs=1)
    inputs, targets = data.inputs.numpy().astype(np.float64), data.targets.numpy()
    kernel, bias = weights_of(step)
    for _ in range(3):
        update(step, data, all_rows(data))
        kernel_gradient, bias_gradient = squared_error_gradient(inputs, targets, kernel, bias)
        kernel, bias = kernel - 0.3 * kernel_gradient, bias - 0.3 * bias_gradient
    np.testing.assert_allclose(weights_of(step)[0], kernel, atol=1e-6)
    np.testing.assert_allclose(weights_of(step)[1], bias, atol=1e-6)


def test_stochastic_step_on_one_example_is_the_delta_rule(make_step, make_data, weights_of):
    data = make_data(9, task="regression")
    step = make_step("regression", "sgd", 0.05, outputs=1)
    kernel, bias = weights_of(step)
    update(step, data, tf.constant([4]))
    x, y = data.inputs.numpy()[4], data.targets.numpy()[4]
    error = x @ kernel + bias - y
    np.testing.assert_allclose(weights_of(step)[0][:, 0], kernel[:, 0] - 0.1 * error * x, atol=1e-6)
    np.testing.assert_allclose(weights_of(step)[1], bias - 0.1 * error, atol=1e-6)


def test_softmax_classifier_update_equals_numpy(make_step, make_data, weights_of):
    data = make_data(16, weighted=True)
    step = make_step(learning_rate=0.2)
    kernel, bias = weights_of(step)
    sums, weight = update(step, data, all_rows(data))
    x, w = data.inputs.numpy(), data.weights.numpy()
    scores = np.exp(x @ kernel + bias)
    probability = scores / scores.sum(1, keepdims=True)
    error = (probability - np.eye(3)[data.targets.numpy()]) * w[:, None] / w.sum()
    np.testing.assert_allclose(weights_of(step)[0], kernel - 0.2 * x.T @ error, atol=1e-6)
    np.testing.assert_allclose(weights_of(step)[1], bias - 0.2 * error.sum(0), atol=1e-6)
    picked = -np.log(probability[np.arange(16), data.targets.numpy()])
    right = probability.argmax(1) == data.targets.numpy()
    np.testing.assert_allclose(sums, [(picked * w).sum(), (right * w).sum()], rtol=1e-6)
    assert float(weight) == w.sum()


# Each rule as its paper has it, on a gradient that depends on where the weights are.
def momentum_rule(w, gradient, steps, rate=0.05, m=0.9):
    v = np.zeros_like(w)
    for _ in range(steps):
        v = m * v - rate * gradient(w)
        w = w + v
    return w


def nesterov_rule(w, gradient, steps, rate=0.05, m=0.9):
    v = np.zeros_like(w)
    for _ in range(steps):
        g = gradient(w)
        v = m * v - rate * g
        w = w + m * v - rate * g
    return w


def adagrad_rule(w, gradient, steps, rate=0.05):
    total = np.full_like(w, 0.1)
    for _ in range(steps):
        g = gradient(w)
        total = total + g**2
        w = w - rate * g / np.sqrt(total + 1e-7)
    return w


def rmsprop_rule(w, gradient, steps, rate=1e-3, decay=0.9, centered=False, momentum=0.0):
    v, mean, moved = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w)
    for _ in range(steps):
        g = gradient(w)
        v = decay * v + (1 - decay) * g**2
        mean = decay * mean + (1 - decay) * g
        moved = momentum * moved + rate * g / np.sqrt(v - centered * mean**2 + 1e-7)
        w = w - moved
    return w


def graves_rule(w, gradient, steps):
    return rmsprop_rule(w, gradient, steps, decay=0.95, centered=True, momentum=0.9)


def adam_rule(w, gradient, steps, rate=1e-3, b1=0.9, b2=0.999):
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t in range(1, steps + 1):
        g = gradient(w)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        w = w - rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + 1e-7)
    return w


RULES = {
    "momentum": ("momentum", {}, momentum_rule),
    "nesterov": ("momentum", {"nesterov": True}, nesterov_rule),
    "adagrad": ("adagrad", {}, adagrad_rule),
    "rmsprop": ("rmsprop", {}, rmsprop_rule),
    "centered": ("rmsprop", {"rho": 0.95, "centered": True, "momentum": 0.9}, graves_rule),
    "adam": ("adam", {}, adam_rule),
}


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("rule", sorted(RULES))
def test_optimizer_follows_its_published_rule(make_step, make_data, weights_of, rule, steps):
    name, options, expected = RULES[rule]
    data = make_data(30, task="regression")
    step = make_step("regression", name, outputs=1, **options)
    x = np.hstack([data.inputs.numpy(), np.ones((30, 1))]).astype(np.float64)
    y = data.targets.numpy()[:, 0].astype(np.float64)
    start = np.concatenate([weights_of(step)[0][:, 0], weights_of(step)[1]]).astype(np.float64)
    for _ in range(steps):
        update(step, data, all_rows(data))
    actual = np.concatenate([weights_of(step)[0][:, 0], weights_of(step)[1]])
    wanted = expected(start, lambda w: 2 * x.T @ (x @ w - y) / 30, steps)
    assert np.abs(wanted - start).max() > 5e-4
    np.testing.assert_allclose(actual - start, wanted - start, rtol=1e-3, atol=2e-7)


@pytest.mark.parametrize("micro", [4096, 4])
def test_clipping_bounds_the_norm_of_the_whole_batch(make_step, make_data, weights_of, micro):
    data = make_data(10)
    step, free = make_step(learning_rate=1.0, clip=0.01, micro=micro), make_step(learning_rate=1.0)
    before = weights_of(step)
    update(step, data, all_rows(data))
    update(free, data, all_rows(data))
    moved = np.concatenate([(b - a).ravel() for a, b in zip(before, weights_of(step), strict=True)])
    free_move = np.concatenate(
        [(b - a).ravel() for a, b in zip(before, weights_of(free), strict=True)]
    )
    assert np.linalg.norm(free_move) > 0.1
    assert np.linalg.norm(moved) == pytest.approx(0.01, rel=1e-4)
    np.testing.assert_allclose(moved, 0.01 * free_move / np.linalg.norm(free_move), atol=1e-7)


def test_clipping_leaves_a_small_gradient_alone(make_step, make_data, weights_of):
    data = make_data(10)
    clipped, free = make_step(clip=1e3), make_step()
    update(clipped, data, all_rows(data))
    update(free, data, all_rows(data))
    for a, b in zip(weights_of(clipped), weights_of(free), strict=True):
        np.testing.assert_array_equal(a, b)


def test_clip_norm_means_the_same_under_loss_scaling(make_step, make_data, weights_of):
    data = make_data(10)
    step = make_step(learning_rate=1.0, clip=0.01, precision="mixed_float16")
    before = weights_of(step)
    compiled(lambda d, i: update(step, d, i), "graph")(data, all_rows(data))
    moved = [(b - a).ravel() for a, b in zip(before, weights_of(step), strict=True)]
    assert np.linalg.norm(np.concatenate(moved)) == pytest.approx(0.01, rel=1e-2)


def test_probe_and_evaluate_change_no_variable(make_step, make_data):
    data = make_data(12)
    step = make_step(optimizer="adam", hidden=6, dropout=0.5)
    variables = [v for group in step.variables.values() for v in group]
    assert any("seed" in variable.path for variable in variables)
    before = [np.array(variable.value) for variable in variables]
    step.probe(data)
    step.evaluate(data)
    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(np.array(variable.value), value)
    update(step, data, all_rows(data))
    changed = [not np.array_equal(v.value, b) for v, b in zip(variables, before, strict=True)]
    assert any(changed)


def test_probe_is_the_gradient_of_an_update_without_dropout(make_step, make_data):
    data = make_data(12, weighted=True)
    step = make_step(hidden=6)
    gradients, _, _ = step.gradients(data, all_rows(data))
    for a, b in zip(step.probe(data), gradients, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)


def test_float16_training_lowers_the_loss_as_float32_does(make_step, make_data):
    data = make_data(60)
    order = tf.tile(all_rows(data), [40])
    means = {}
    for precision in ("float32", "mixed_float16"):
        step = make_step(hidden=8, learning_rate=0.5, precision=precision)
        loop = Loop(step, "graph")
        first, _, _ = loop.run(data, order, 60, 0, 1)
        loop.run(data, order, 60, 1, 38)
        last, _, _ = loop.run(data, order, 60, 39, 1)
        means[precision] = (float(first[0]) / 60, float(last[0]) / 60)
    first, last = means["mixed_float16"]
    assert last < 0.85 * first
    assert last == pytest.approx(means["float32"][1], rel=0.02)


def test_float16_step_with_an_overflow_is_skipped_and_halves_the_scale(
    make_step, make_data, weights_of
):
    data = make_data(8)
    step = make_step(hidden=8, precision="mixed_float16")
    step.weights.optimizer.dynamic_scale.assign(2.0**30)  # above what float16 can hold
    before = weights_of(step)
    compiled(lambda d, i: update(step, d, i), "graph")(data, all_rows(data))
    for a, b in zip(weights_of(step), before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert float(step.weights.optimizer.dynamic_scale.numpy()) == 2.0**29


def test_embedding_gradient_is_clipped_and_accumulated_like_any_other(weights_of):
    ids = np.array([[1, 2], [2, 2], [0, 1], [3, 3], [1, 0]], np.int32)
    data = Batch(tf.constant(ids), tf.constant(ids), tf.ones([5, 2]))
    moved = []
    for micro in (5, 2):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((2,)), keras.layers.Embedding(4, 4)])
        step = supervised_step(
            model,
            "classes",
            configs.OptimizerConfig("sgd", 1.0, clip_norm=0.05),
            micro_batch_size=micro,
        )
        before = weights_of(step)[0]
        update(step, data, tf.range(5))
        moved.append(weights_of(step)[0] - before)
    assert np.linalg.norm(moved[0]) == pytest.approx(0.05, rel=1e-4)
    np.testing.assert_allclose(moved[0], moved[1], atol=1e-6)


def test_learning_rate_is_that_of_the_next_update(make_step):
    assert make_step(learning_rate=0.25).weights.learning_rate == 0.25
    assert make_step(learning_rate=0.25, precision="mixed_float16").weights.learning_rate == 0.25

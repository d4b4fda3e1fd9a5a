"""Autoencoders' training: losses in NumPy, what is noisy when, and exact resume."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
import datasets
import zoo
from trainers import run
from trainers.assembly.resolve import resolve
from trainers.engine.batch import Batch
from trainers.engine.compiling import compiled
from trainers.engine.loop import Loop
from trainers.engine.totals import Totals
from trainers.engine.update import update
from trainers.optimizers import catalogue as optimizers
from trainers.optimizers.clipping import clipped
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.reconstruction.losses import divergence, make_distance
from trainers.problems.reconstruction.problem import make
from trainers.problems.reconstruction.step import ReconstructionStep
from trainers.runs import state

KINDS = ["variational", "denoising"]
each_kind = pytest.mark.parametrize("kind", KINDS)


def make_step(
    kind="variational",
    loss="cross_entropy",
    *,
    seed=7,
    precision="float32",
    clip_norm=None,
    **options,
):
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(precision)
    model = zoo.create_model(
        "autoencoder",
        num_classes=3,
        input_shape=(4, 4, 1),
        kind=kind,
        latent_dim=2,
        hidden_units=(6,),
        activation="tanh",
    )
    optimizer = optimizers.build_optimizer(configs.OptimizerConfig("sgd", 0.05), precision, 100)
    weights = OptimizedWeights(optimizer, model.trainable_variables, clip_norm=clip_norm)
    return ReconstructionStep(model, weights, make_distance(loss), **options)


def make_images(size=20, targets=0):
    random = np.random.default_rng(1)
    inputs = random.random((size, 4, 4, 1), np.float32)
    weights = random.integers(1, 4, size).astype(np.float32)
    return Batch(tf.constant(inputs), tf.fill([size], targets), tf.constant(weights))


def weights_of(step):
    return [np.array(variable.value) for variable in step.model.trainable_variables]


def test_divergence_is_the_integral_it_stands_for():
    mean, log_variance = np.array([[0.7, -0.3]]), np.array([[-1.2, 0.4]])
    z = np.linspace(-12, 12, 200_001)
    expected = 0.0
    for m, s in zip(mean[0], log_variance[0], strict=True):
        q = np.exp(-((z - m) ** 2) / (2 * np.exp(s))) / np.sqrt(2 * np.pi * np.exp(s))
        prior = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        expected += np.trapezoid(q * np.log(np.maximum(q, 1e-300) / prior), z)
    found = divergence(tf.constant(mean), tf.constant(log_variance))
    np.testing.assert_allclose(found, [expected], rtol=1e-6)
    assert float(divergence(tf.zeros([1, 5]), tf.zeros([1, 5]))[0]) == 0


def test_distances_are_the_formulas_summed_over_pixels():
    random = np.random.default_rng(0)
    images, scores = random.random((3, 4, 4, 1)), random.normal(size=(3, 4, 4, 1))
    p = 1 / (1 + np.exp(-scores))
    bits = -(images * np.log(p) + (1 - images) * np.log(1 - p))
    expected = {"cross_entropy": bits, "mse": 0.5 * (images - p) ** 2}
    for loss, values in expected.items():
        found = make_distance(loss)(tf.constant(images), tf.constant(scores))
        np.testing.assert_allclose(found, values.sum(axis=(1, 2, 3)), rtol=1e-6)


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_figures_of_the_variational_kind_are_the_formulas(loss):
    step, batch = make_step(loss=loss, beta=0.3), make_images()
    images, weights = np.asarray(batch.inputs), np.asarray(batch.weights)
    outputs = step.model(batch.inputs)
    mean, log_variance = np.asarray(outputs["code"]), np.asarray(outputs["log_variance"])
    noise = tf.random.stateless_normal([20, 2], (20, 13), alg="philox")
    scores = step.model.get_layer("decoder")(mean + np.exp(log_variance / 2) * noise)
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1)
    terms = np.asarray(make_distance(loss)(batch.inputs, scores))
    error = (images - 1 / (1 + np.exp(-np.asarray(outputs["scores"])))) ** 2
    expected = [terms + 0.3 * kl, error.mean(axis=(1, 2, 3)), terms, kl]
    assert step.names == ("loss", "mean_squared_error", "reconstruction", "kl")
    sums, weight = step.evaluate(batch)
    assert float(weight) == weights.sum()
    np.testing.assert_allclose(sums, [(v * weights).sum() for v in expected], rtol=1e-5)


def test_the_bound_is_both_terms_in_full_whatever_beta_is_and_only_of_likelihoods():
    batch, means = make_images(), {}
    for beta, in_nats in ((1.0, True), (0.3, True), (1.0, False)):
        step = make_step(beta=beta, in_nats=in_nats)
        sums, weight = step.evaluate(batch)
        shares = dict(zip(step.names, np.asarray(sums) / float(weight), strict=True))
        means[beta, in_nats] = step.figures(shares)
    whole = means[1.0, True]
    assert whole["bound_nats"] == pytest.approx(-whole["loss"])
    assert means[0.3, True]["bound_nats"] == pytest.approx(whole["bound_nats"])
    assert means[0.3, True]["loss"] < whole["loss"]
    assert "bound_nats" not in means[1.0, False]
    assert "bound_nats" not in make_step("denoising", in_nats=True).figures({"loss": 1.0})


def test_figures_of_the_denoising_kind_are_the_formulas():
    step, batch = make_step("denoising"), make_images()
    images, weights = np.asarray(batch.inputs), np.asarray(batch.weights)
    noise = np.asarray(tf.random.stateless_normal([20, 4, 4, 1], (20, 13), alg="philox"))
    calm, noisy = (step.model(x)["scores"] for x in (images, images + 0.3 * noise))
    errors = [((images - tf.sigmoid(s)) ** 2).numpy().mean(axis=(1, 2, 3)) for s in (calm, noisy)]
    expected = [make_distance("cross_entropy")(batch.inputs, noisy).numpy(), *errors]
    assert step.names == ("loss", "mean_squared_error", "repaired_mean_squared_error")
    sums, _ = step.evaluate(batch)
    np.testing.assert_allclose(sums, [(v * weights).sum() for v in expected], rtol=1e-5)


@each_kind
def test_figures_outside_training_are_always_the_same(kind):
    step, batch = make_step(kind), make_images()
    first, _ = step.evaluate(batch)
    for mode in ("graph", "xla"):
        again, _ = compiled(step.evaluate, mode)(batch)
        np.testing.assert_allclose(again, first, rtol=1e-5)
    np.testing.assert_array_equal(step.evaluate(batch)[0], first)


@each_kind
def test_training_reads_a_noisy_pass_and_compares_it_with_the_clean_image(kind):
    step, batch = make_step(kind), make_images()
    compared, distance = [], step.distance
    step.distance = lambda x, s: compared.append((np.asarray(x), np.asarray(s))) or distance(x, s)
    calm = np.asarray(step.model(batch.inputs)["scores"])
    update(step, batch, tf.range(5))
    step.evaluate(batch)
    (trained_on, scores), (measured_on, _) = compared
    np.testing.assert_array_equal(trained_on, batch.inputs[:5])
    np.testing.assert_array_equal(measured_on, batch.inputs)
    assert np.abs(scores - calm[:5]).max() > 1e-3


@each_kind
def test_labels_do_not_reach_the_weights(kind):
    steps = [make_step(kind) for _ in range(2)]
    for step, targets in zip(steps, (0, 2), strict=True):
        for _ in range(3):
            update(step, make_images(targets=targets), tf.range(8))
    for one, other in zip(*(weights_of(step) for step in steps), strict=True):
        np.testing.assert_array_equal(one, other)


@each_kind
def test_update_descends_the_weighted_mean_of_the_loss(kind):
    step, batch = make_step(kind), make_images()
    before = weights_of(step)
    seeds = [np.array(v.value) for v in step.model.non_trainable_variables]
    sums, weight = update(step, batch, tf.range(20))
    after = weights_of(step)
    for variable, value in zip(step.model.trainable_variables, before, strict=True):
        variable.assign(value)
    for variable, value in zip(step.model.non_trainable_variables, seeds, strict=True):
        variable.assign(value)
    with tf.GradientTape() as tape:
        outputs = step.model(batch.inputs, training=True)
        losses = step.distance(batch.inputs, outputs["scores"])
        if kind == "variational":
            losses += divergence(outputs["code"], outputs["log_variance"])
        objective = tf.reduce_sum(losses * batch.weights) / tf.reduce_sum(batch.weights)
    assert float(sums[0] / weight) == pytest.approx(float(objective), rel=1e-6)
    gradients = tape.gradient(objective, step.model.trainable_variables)
    for old, new, gradient in zip(before, after, gradients, strict=True):
        np.testing.assert_allclose(new, old - 0.05 * np.asarray(gradient), rtol=1e-4, atol=1e-6)


def test_clipping_bounds_the_norm_of_all_gradients_together_also_of_a_scaled_loss():
    gradients = [tf.constant([3.0, 0.0]), tf.constant([[4.0]])]
    plain = keras.optimizers.SGD()
    assert clipped(plain, gradients, None) is gradients
    for limit, factor in ((10.0, 1.0), (1.0, 0.2)):
        for found, given in zip(clipped(plain, gradients, limit), gradients, strict=True):
            np.testing.assert_allclose(found, factor * given, rtol=1e-6)
    scaled = keras.optimizers.LossScaleOptimizer(plain, initial_scale=8.0)
    scaled.build([])
    found = clipped(scaled, [8.0 * gradient for gradient in gradients], 1.0)
    np.testing.assert_allclose(found[0], [8.0 * 0.6, 0.0], rtol=1e-6)


@each_kind
def test_half_precision_trains(kind):
    step, batch = make_step(kind, precision="mixed_float16", clip_norm=1.0), make_images()
    before = weights_of(step)
    first = float(step.evaluate(batch)[0][0])
    loop = Loop(step, "graph")
    loop.run(batch, tf.tile(tf.range(20), [30]), 20, 0, 30)
    assert float(step.evaluate(batch)[0][0]) < first
    moved = [new - old for new, old in zip(weights_of(step), before, strict=True)]
    assert all(np.isfinite(values).all() for values in moved)
    # 30 updates of rate 0.05, along gradients of norm 1 at most, go no further than this.
    assert 0 < np.sqrt(sum((values**2).sum() for values in moved)) < 30 * 0.05 * 1.001


@pytest.mark.parametrize(("kind", "mode"), [("variational", "xla"), ("denoising", "graph")])
def test_restored_in_the_middle_it_goes_on_to_the_same_bits(kind, mode):
    batch, order = make_images(), tf.tile(tf.range(20), [2])
    step = make_step(kind)
    loop, totals = Loop(step, mode), Totals(step.names)
    loop.run(batch, order, 5, 0, 3)
    saved = state.capture(step, totals, 3)
    loop.run(batch, order, 5, 3, 4)
    other = make_step(kind, seed=8)
    state.restore(other, totals, saved)
    Loop(other, mode).run(batch, order, 5, 3, 4)
    for one, again in zip(weights_of(step), weights_of(other), strict=True):
        np.testing.assert_array_equal(one, again)


def make_dataset(largest):
    inputs = np.zeros((6, 4, 4, 1), np.float32)
    inputs[3, 1] = largest
    split = datasets.Split(inputs, np.zeros(6, np.int32), np.ones(6, np.float32))
    splits = dict.fromkeys(("train", "validation", "test"), split)
    return datasets.Dataset(
        "flat", "1", "classification", (4, 4, 1), 1, ("a",), splits, oracle_loss={}, fingerprint=""
    )


def make_parts(kind, largest):
    changes = {"model": {"kind": kind}, "loss": "cross_entropy", "problem": {"beta": 2.0}}
    plan = resolve(configs.recipe("autoencoder", **changes))
    return make(plan, make_dataset(largest), make_step(kind).model, keras.optimizers.SGD)


def test_beta_without_a_divergence_is_refused():
    with pytest.raises(configs.ConfigError, match=r"--problem.beta is 2.0, but kind 'denoising'"):
        make_parts("denoising", 0.5)


def test_values_that_are_no_pixels_are_refused():
    with pytest.raises(datasets.DataError, match=r"draws pixels in \[0, 1\].*from 0 to 255"):
        make_parts("variational", 255.0)


def test_other_tasks_are_refused(tmp_path):
    with pytest.raises(configs.ConfigError, match="'autoencoder' is for classification"):
        run.main(["--model", "autoencoder", "--dataset", "diabetes", "--run-dir", str(tmp_path)])

"""The adversarial step: its losses, who learns from what, and what an exact resume needs."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
import datasets
import zoo
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.cli.exit import describe
from trainers.cli.run_arguments import parse
from trainers.engine.batch import Batch
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop
from trainers.engine.update import update
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.adversarial import quality
from trainers.problems.adversarial.step import AdversarialStep
from zoo.layers.gaussian_noise import normal_like

IMAGES, CHOSEN = 12, [7, 2, 11, 0, 4]
SMALL = {"latent_dim": 6, "filters": 3, "initializer": "normal"}


def make_step(optimizer=None, precision="float32", dropout=0.0, clip_norm=None, **options):
    keras.utils.set_random_seed(7)
    keras.config.set_dtype_policy(precision)
    model = zoo.create_model("gan", num_classes=10, input_shape=(8, 8, 1), dropout=dropout, **SMALL)
    make = optimizer or (lambda rate: keras.optimizers.SGD(rate))
    generator, discriminator = (
        OptimizedWeights(make(rate), model.get_layer(name).trainable_variables, clip_norm=clip_norm)
        for name, rate in (("generator", 0.5), ("discriminator", 0.25))
    )
    return AdversarialStep(model, generator, discriminator, seed=3, **options)


@pytest.fixture
def data():
    random = np.random.default_rng(0)
    images = random.random((IMAGES, 8, 8, 1), np.float32)
    weights = np.linspace(0.5, 1.5, IMAGES, dtype=np.float32)
    return Batch(tf.constant(images), tf.zeros(IMAGES, tf.int32), tf.constant(weights))


def do_update(step, data):
    # Compiling takes longer than the few updates of a test; whole runs are compiled.
    return update(step, data, tf.constant(CHOSEN))


def arrays(variables):
    return [np.array(variable.value) for variable in variables]


def latents(step):
    """What the step's first update draws."""
    seeds = keras.random.SeedGenerator(3)
    return normal_like(tf.zeros((len(CHOSEN), step.model.input_shape[-1])), seeds)


def sigmoid(scores):
    return 1 / (1 + np.exp(-np.asarray(scores, np.float64)[:, 0]))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_losses_are_those_of_the_papers(smoothing):
    step = make_step(label_smoothing=smoothing)
    real, fake = np.array([[2.0], [-1.0], [0.5]]), np.array([[-3.0], [0.3], [1.0]])
    losses = step.discriminator_losses(tf.constant(real), tf.constant(fake))
    expected = -(1 - smoothing) * np.log(sigmoid(real)) - smoothing * np.log(1 - sigmoid(real))
    # Smoothed on one side only: a generated image's target stays 0.
    np.testing.assert_allclose(losses, expected - np.log(1 - sigmoid(fake)), rtol=1e-6)
    losses = step.generator_losses(tf.constant(fake))
    np.testing.assert_allclose(losses, -np.log(sigmoid(fake)), rtol=1e-6)


def weighted(losses, weights):
    return tf.reduce_sum(losses * weights) / tf.reduce_sum(weights)


def expected_updates(step, data):
    """Both networks' weights after an update, each from one tape around its whole objective."""
    batch, z = data.rows(tf.constant(CHOSEN)), latents(step)
    generator, discriminator = step.generator, step.discriminator
    with tf.GradientTape() as tape:
        real, fake = discriminator(batch.inputs), discriminator(generator(z))
        loss = weighted(tf.nn.softplus(-real)[:, 0] + tf.nn.softplus(fake)[:, 0], batch.weights)
    slopes = tape.gradient(loss, discriminator.trainable_variables)
    before = arrays(discriminator.trainable_variables)
    after = [b - 0.25 * np.asarray(g) for b, g in zip(before, slopes, strict=True)]
    for variable, value in zip(discriminator.trainable_variables, after, strict=True):
        variable.assign(value)
    with tf.GradientTape() as tape:
        loss = weighted(tf.nn.softplus(-discriminator(generator(z)))[:, 0], batch.weights)
    drawn = tape.gradient(loss, generator.trainable_variables)
    start = arrays(generator.trainable_variables)
    return after, [b - 0.5 * np.asarray(g) for b, g in zip(start, drawn, strict=True)]


def test_an_update_moves_the_discriminator_and_then_the_generator_against_it(data):
    discriminator, generator = expected_updates(make_step(), data)
    step = make_step()
    before = arrays(step.model.trainable_variables)
    do_update(step, data)
    for variables, expected in (
        (step.discriminator.trainable_variables, discriminator),
        (step.generator.trainable_variables, generator),
    ):
        for found, wanted in zip(arrays(variables), expected, strict=True):
            np.testing.assert_allclose(found, wanted, atol=1e-6)
    for old, variable in zip(before, step.model.trainable_variables, strict=True):
        assert np.any(old != variable.numpy()), variable.path


def test_figures_are_weighted_sums_over_the_batch(data):
    step = make_step()
    batch = data.rows(tf.constant(CHOSEN))
    real = sigmoid(step.discriminator(batch.inputs))
    images = step.generator(latents(step))
    fake = sigmoid(step.discriminator(images))
    sums, weight = do_update(step, data)
    weights = np.asarray(batch.weights, np.float64)
    assert float(weight) == pytest.approx(weights.sum())
    # The generator's loss is taken after the discriminator has moved.
    after = sigmoid(step.discriminator(images))
    values = [-np.log(after), -np.log(real) - np.log(1 - fake), real, fake]
    np.testing.assert_allclose(sums, [(value * weights).sum() for value in values], rtol=1e-5)


def test_evaluate_and_probe_change_nothing_and_repeat(data):
    step = make_step(dropout=0.5)
    groups = step.variables
    before = {name: arrays(variables) for name, variables in groups.items()}
    first, again = step.evaluate(data), step.evaluate(data)
    np.testing.assert_array_equal(first[0], again[0])
    gradients = step.probe(data)
    assert [g.shape for g in gradients] == [v.shape for v in step.inspected.trainable_variables]
    assert float(tf.linalg.global_norm(gradients)) > 0
    for name, variables in groups.items():
        for old, new in zip(before[name], arrays(variables), strict=True):
            np.testing.assert_array_equal(old, new)


def test_clipping_bounds_each_network_by_itself(data):
    step = make_step(clip_norm=1e-3)
    starts = [arrays(m.trainable_variables) for m in (step.generator, step.discriminator)]
    do_update(step, data)
    for start, model, rate in zip(
        starts, (step.generator, step.discriminator), (0.5, 0.25), strict=True
    ):
        moves = [
            new - old for new, old in zip(arrays(model.trainable_variables), start, strict=True)
        ]
        norm = np.sqrt(sum((move**2).sum() for move in moves))
        assert norm == pytest.approx(rate * 1e-3, rel=1e-3)


def test_latents_differ_from_update_to_update_and_follow_the_saved_variable(data):
    step = make_step(lambda rate: keras.optimizers.SGD(0.0))
    # The weights stay as they are, so that a change of the scores is one of the latents.
    first, second = (float(do_update(step, data)[0][3]) for _ in range(2))
    assert first != second
    state = step.variables["latents"][0]
    state.assign(keras.random.SeedGenerator(3).state.value)
    assert float(do_update(step, data)[0][3]) == first


def test_validation_holds_the_averaged_generator_and_leaves_the_discriminator(data):
    def make(rate):
        return keras.optimizers.SGD(rate, use_ema=True, ema_momentum=0.5)

    step = make_step(make)
    do_update(step, data)
    one = arrays(step.generator.trainable_variables)
    others = arrays(step.discriminator.trainable_variables)
    with step.weights.averaged():
        held = arrays(step.generator.trainable_variables)
        for new, old in zip(arrays(step.discriminator.trainable_variables), others, strict=True):
            np.testing.assert_array_equal(new, old)
    # The weights after the first update are Keras's first average.
    for average, new in zip(held, one, strict=True):
        np.testing.assert_allclose(average, new, atol=1e-7)
    do_update(step, data)
    with step.weights.averaged():
        again = arrays(step.generator.trainable_variables)
    two = arrays(step.generator.trainable_variables)
    for average, old, new in zip(again, held, two, strict=True):
        np.testing.assert_allclose(average, 0.5 * old + 0.5 * new, atol=1e-6)


def test_half_precision_scales_both_losses_and_moves_as_full_precision_does(data):
    def scaled(rate):
        return keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(rate))

    full, half = make_step(), make_step(scaled, "mixed_float16")
    start = arrays(full.model.trainable_variables)
    for step in (full, half):
        do_update(step, data)
    for one, other, old in zip(
        arrays(full.model.trainable_variables),
        arrays(half.model.trainable_variables),
        start,
        strict=True,
    ):
        move = np.linalg.norm(one - old)
        assert np.linalg.norm(other - one) < 0.05 * move + 1e-5


ARGUMENTS = ["--model", "gan", "--model.filters", "4", "--model.latent-dim", "8"]
ARGUMENTS += ["--problem.classifier-steps", "20", "--batch-size", "32"]


def assembled(*argv):
    plan = resolve(parse([*ARGUMENTS, *argv]).config)
    return assemble(plan, load_data(plan).dataset)


def test_labels_do_not_influence_training():
    weights = []
    for change in (False, True):
        parts = assembled("--seed", "5", "--compile", "eager")
        train = parts.dataset.splits["train"]
        if change:
            train.targets[:] = (train.targets + 3) % 10
        feed, loop = Feed.of(parts.dataset, parts.batch_size, 5), Loop(parts.step, parts.mode)
        loop.run(*feed.stretch(0, 3))
        weights.append(arrays(parts.step.model.trainable_variables))
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_discriminator_has_its_own_rate_and_no_average():
    options = ["--learning-rate", "0.004", "--ema-momentum", "0.9"]
    step = assembled(*options, "--problem.discriminator-learning-rate", "0.001").step
    generator, discriminator = step.weights, step._discriminator_weights
    assert generator.learning_rate == pytest.approx(0.004)
    assert discriminator.learning_rate == pytest.approx(0.001)
    assert generator.optimizer.use_ema
    assert not discriminator.optimizer.use_ema
    assert generator.optimizer.beta_1 == discriminator.optimizer.beta_1 == 0.5
    same = assembled(*options).step
    assert same._discriminator_weights.learning_rate == pytest.approx(0.004)


REFUSED = {
    "--problem.label-smoothing": ("0.5", "allowed: float in [0, 0.5)"),
    "--problem.discriminator-learning-rate": ("0", "allowed: float | None in (0, inf)"),
    "--loss": ("mse", "leave --loss out"),
    "--micro-batch-size": ("8", "use equal ones"),
}


@pytest.mark.parametrize("flag", sorted(REFUSED))
def test_what_it_cannot_do_is_refused_with_the_remedy(flag):
    value, remedy = REFUSED[flag]
    with pytest.raises((configs.ConfigError, zoo.ModelError)) as caught:
        assembled(flag, value)
    code, message = describe(caught.value)
    assert code == 2
    assert remedy in message
    assert "\n" not in message


def test_splits_of_too_few_examples_are_refused_and_of_just_enough_have_figures():
    loaded = load_data(resolve(parse(["--model", "gan"]).config))
    splits = loaded.dataset.splits
    few = dataclasses.replace(
        splits["test"],
        **{name: getattr(splits["test"], name)[:3] for name in ("inputs", "targets", "weights")},
    )
    dataset = dataclasses.replace(loaded.dataset, splits={**splits, "test": few})
    with pytest.raises(datasets.DataError, match=r"split 'test' of 'digits' has 3 .* 4;"):
        assemble(loaded.plan, dataset)
    features = np.random.default_rng(0).normal(size=(2, quality.FEWEST, 5))
    assert np.isfinite(quality.frechet_distance(features[0, ::2], features[0, 1::2]))
    assert np.isfinite(quality.precision_and_recall(*features)).all()

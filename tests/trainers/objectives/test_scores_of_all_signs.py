"""Every loss and metric against scikit-learn and SciPy, on random scores of all signs and ties."""

import keras
import numpy as np
import pytest
import scipy.special
import sklearn.metrics
import tensorflow as tf

import configs
from trainers.engine.batch import Batch
from trainers.objectives import losses, metrics
from trainers.objectives.risk import EmpiricalRisk
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems import catalogue as problems
from trainers.problems.reconstruction.losses import make_distance
from trainers.problems.supervised.step import SupervisedStep

EXAMPLES = 300
DELTA = 0.7
KINDS = ("all signs", "all negative", "all positive", "ties", "huge")


def drawn(kind, classes, seed=0):
    """Scores `[examples, classes]`, float32, and right classes, each of which is there."""
    random = np.random.default_rng([seed, classes, KINDS.index(kind)])
    scores = random.normal(size=(EXAMPLES, classes)) * 3
    if kind == "all negative":
        scores = -np.abs(scores) - 0.1
    elif kind == "all positive":
        scores = np.abs(scores) + 0.1
    elif kind == "ties":
        scores = np.round(scores) + 0.0  # no -0.0, which Keras's argmax puts below 0.0
    elif kind == "huge":
        scores *= 1e18
    targets = np.concatenate([np.arange(classes), random.integers(0, classes, EXAMPLES - classes)])
    return scores.astype(np.float32), targets.astype(np.int32)


def one_hot(targets, classes):
    return np.eye(classes)[targets]


# Each gives one value for each example, in float64.
def log_loss(scores, targets):
    return -scipy.special.log_softmax(scores, axis=-1)[np.arange(len(targets)), targets]


def binary_log_losses(probabilities, targets):
    hot = one_hot(targets, probabilities.shape[-1])
    terms = scipy.special.xlogy(hot, probabilities) + scipy.special.xlog1py(1 - hot, -probabilities)
    return -terms.sum(-1)


def crammer_singer(scores, targets):
    values = []
    for row, target in zip(scores, targets, strict=True):
        wrong = [1 + score - row[target] for k, score in enumerate(row) if k != target]
        values.append(max([0.0, *wrong]))
    return np.array(values)


def perceptron(scores, targets):
    signs = 2 * one_hot(targets, scores.shape[-1]) - 1
    return np.maximum(0, -signs * scores).sum(-1)


def of_numbers(function):
    """A mean over outputs of a function of the error; classes count as one-hot numbers."""

    def values(outputs, targets):
        numbers = one_hot(targets, outputs.shape[-1]) if targets.ndim == 1 else targets
        return function(numbers - outputs).mean(-1)

    return values


REFERENCES = {
    ("cross_entropy", "classes"): log_loss,
    ("hinge", "classes"): crammer_singer,
    ("rejecting_cross_entropy", "classes"): lambda s, t: log_loss(np.insert(s, 0, -4, 1), t + 1),
    ("perceptron", "classes"): perceptron,
    **{
        (name, kind): of_numbers(function)
        for name, function in {
            "mse": np.square,
            "mae": np.abs,
            "huber": lambda error: scipy.special.huber(DELTA, error),
        }.items()
        for kind in ("classes", "numbers")
    },
}


# The mean over weighted examples as scikit-learn has it, for more than two classes.
def sklearn_log_loss(scores, targets, weights):
    probabilities = scipy.special.softmax(scores.astype(np.float64), axis=-1)
    labels = range(scores.shape[-1])
    return sklearn.metrics.log_loss(targets, probabilities, sample_weight=weights, labels=labels)


def sklearn_hinge(scores, targets, weights):
    # Of two classes it takes the one score that speaks for the second.
    decision = scores[:, 1] - scores[:, 0] if scores.shape[-1] == 2 else scores
    return sklearn.metrics.hinge_loss(targets, decision, sample_weight=weights)


def sklearn_of_numbers(name):
    function = getattr(sklearn.metrics, name)

    def mean(outputs, targets, weights):
        numbers = one_hot(targets, outputs.shape[-1]) if targets.ndim == 1 else targets
        return function(numbers, outputs, sample_weight=weights)

    return mean


SKLEARN = {
    "cross_entropy": sklearn_log_loss,
    "hinge": sklearn_hinge,
    "mse": sklearn_of_numbers("mean_squared_error"),
    "mae": sklearn_of_numbers("mean_absolute_error"),
}
METRICS = {
    "accuracy": lambda outputs, targets, weights: sklearn.metrics.accuracy_score(
        targets, outputs.argmax(-1), sample_weight=weights
    ),
    "mean_absolute_error": SKLEARN["mae"],
}


def loss_of(name, kind, outputs, activation="linear"):
    config = configs.LossConfig(name, huber_delta=DELTA)
    return losses.loss_function(config, kind, outputs, activation)


def values_and_slopes(loss, targets, outputs):
    """Losses and their derivatives with respect to the outputs."""
    outputs = tf.constant(outputs)
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        values = loss(tf.constant(targets), outputs)
    return values.numpy(), tape.gradient(values, outputs).numpy()


def test_every_loss_and_metric_has_a_reference():
    tabled = {(name, kind) for name, row in losses.LOSSES.items() for kind in row.predicts}
    assert tabled == set(REFERENCES)
    assert set(METRICS) == {metrics.metric_name(kind) for kind in ("classes", "numbers")}
    own = {name for problem in problems.PROBLEMS.values() for name in problem.own_losses}
    # Of text the table's; of images those of the last test.
    assert own == {"cross_entropy", "mse"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", sorted(name for name, predicts in REFERENCES if predicts == "classes")
)
def test_loss_of_classes_equals_its_reference(name, kind):
    for classes in range(1, 11):
        scores, targets = drawn(kind, classes)
        found, _ = values_and_slopes(loss_of(name, "classes", classes), targets, scores)
        expected = REFERENCES[name, "classes"](scores.astype(np.float64), targets)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
        assert np.all(found >= 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["mse", "mae", "huber"])
def test_loss_of_numbers_equals_its_reference(name, kind):
    for outputs in (1, 2, 5):
        values, _ = drawn(kind, outputs)
        targets, _ = drawn(kind, outputs, seed=1)
        found, _ = values_and_slopes(loss_of(name, "numbers", outputs), targets, values)
        expected = REFERENCES[name, "numbers"](values.astype(np.float64), targets)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "kind"), sorted(REFERENCES))
def test_slope_equals_the_difference_quotient_of_its_reference(name, kind):
    # No random score has a kink within the step.
    for outputs in (2, 3, 7):
        scores, targets = drawn("all signs", outputs)
        if kind == "numbers":
            targets, _ = drawn("all signs", outputs, seed=1)
        _, slopes = values_and_slopes(loss_of(name, kind, outputs), targets, scores)
        reference, wide, step = REFERENCES[name, kind], scores.astype(np.float64), 1e-6
        for k in range(outputs):
            ahead, behind = wide.copy(), wide.copy()
            ahead[:, k] += step
            behind[:, k] -= step
            quotient = (reference(ahead, targets) - reference(behind, targets)) / (2 * step)
            np.testing.assert_allclose(slopes[:, k], quotient, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_hinge_at_a_tie_of_wrong_scores_has_a_slope_between_theirs(kind):
    scores, targets = drawn(kind, 4)
    scores[:] = np.where(one_hot(targets, 4) == 1, scores, scores[:, :1])
    _, slopes = values_and_slopes(loss_of("hinge", "classes", 4), targets, scores)
    right = np.take_along_axis(slopes, targets[:, None].astype(int), 1)
    np.testing.assert_allclose(slopes.sum(-1), 0, atol=1e-6)
    assert set(np.unique(right)) <= {-1.0, 0.0}
    assert np.all(np.where(one_hot(targets, 4) == 1, 0, slopes) >= 0)


def test_hinge_of_the_papers_example():
    # A right class that leads by 4 has no loss and no gradient, whatever the scores' signs.
    loss = loss_of("hinge", "classes", 5)
    scores = np.array([[-1, -5, -6, -7, -8], [-5, -1, -6, -7, -8]], np.float32)
    values, slopes = values_and_slopes(loss, np.array([0, 0], np.int32), scores)
    np.testing.assert_array_equal(values, [0.0, 5.0])
    np.testing.assert_array_equal(slopes, [[0, 0, 0, 0, 0], [-1, 1, 0, 0, 0]])


@pytest.mark.parametrize("classes", [1, 2, 3, 10])
def test_sigmoid_outputs_sum_their_binary_losses(classes):
    scores, targets = drawn("all signs", classes)
    probabilities = scipy.special.expit(scores)
    loss = loss_of("cross_entropy", "classes", classes, "sigmoid")
    found, _ = values_and_slopes(loss, targets, probabilities)
    expected = binary_log_losses(probabilities.astype(np.float64), targets)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_softmax_outputs_lose_the_logarithm_of_the_right_one(classes):
    scores, targets = drawn("all signs", classes)
    probabilities = scipy.special.softmax(scores, axis=-1)
    loss = loss_of("cross_entropy", "classes", classes, "softmax")
    found, _ = values_and_slopes(loss, targets, probabilities)
    # Outputs below Keras's epsilon count as that.
    kept = np.maximum(probabilities[np.arange(EXAMPLES), targets], keras.config.epsilon())
    np.testing.assert_allclose(found, -np.log(kept.astype(np.float64)), rtol=1e-4, atol=1e-6)


def measured(name, kind, outputs, targets, weights, output_size):
    """The step's means over weighted examples, of outputs that are the model's inputs."""
    model = keras.Sequential([keras.Input((output_size,)), keras.layers.Activation("linear")])
    risk = EmpiricalRisk.of(configs.LossConfig(name, huber_delta=DELTA), model, kind)
    weighted = OptimizedWeights(keras.optimizers.SGD(), [])
    step = SupervisedStep(model, weighted, risk, micro_batch_size=4096)
    batch = Batch(tf.constant(outputs), tf.constant(targets), tf.constant(weights))
    sums, weight = step.evaluate(batch)
    return dict(zip(step.names, np.asarray(sums) / float(weight), strict=True))


def expected_mean(name, kind, outputs, targets, weights):
    """scikit-learn's mean over weighted examples, or that of the reference where it has none."""
    wide = outputs.astype(np.float64)
    if name in SKLEARN:
        return SKLEARN[name](wide, targets, weights)
    return np.average(REFERENCES[name, kind](wide, targets), weights=weights)


@pytest.mark.parametrize("classes", [2, 3, 6, 10])
@pytest.mark.parametrize("kind", ["all signs", "all negative", "ties"])
def test_weighted_means_of_classes_equal_scikit_learns(kind, classes):
    scores, targets = drawn(kind, classes)
    # A weight of 0 takes an example out, as padding is.
    weights = np.random.default_rng(5).integers(0, 3, EXAMPLES).astype(np.float32)
    weights[:classes] = 1
    for name in losses.fitting("classes"):
        found = measured(name, "classes", scores, targets, weights, classes)
        expected = expected_mean(name, "classes", scores, targets, weights)
        assert found["loss"] == pytest.approx(expected, rel=1e-5), name
        accuracy = METRICS["accuracy"](scores, targets, weights)
        assert found["accuracy"] == pytest.approx(accuracy, abs=1e-12)


@pytest.mark.parametrize("outputs", [1, 3])
def test_weighted_means_of_numbers_equal_scikit_learns(outputs):
    values, _ = drawn("all signs", outputs)
    targets, _ = drawn("all signs", outputs, seed=1)
    weights = np.random.default_rng(5).integers(0, 3, EXAMPLES).astype(np.float32)
    for name in losses.fitting("numbers"):
        found = measured(name, "numbers", values, targets, weights, outputs)
        expected = expected_mean(name, "numbers", values, targets, weights)
        assert found["loss"] == pytest.approx(expected, rel=1e-5), name
        error = METRICS["mean_absolute_error"](values.astype(np.float64), targets, weights)
        assert found["mean_absolute_error"] == pytest.approx(error, rel=1e-5)


@pytest.mark.parametrize("kind", ["all signs", "all negative", "huge"])
def test_distances_of_images_equal_their_references(kind):
    scores, _ = drawn(kind, 6)
    images = np.random.default_rng(2).random((EXAMPLES, 6)).astype(np.float32)
    wide = scores.astype(np.float64)
    terms = images * scipy.special.log_expit(wide) + (1 - images) * scipy.special.log_expit(-wide)
    expected = {
        "cross_entropy": -terms.sum(-1),
        "mse": 0.5 * np.square(images - scipy.special.expit(wide)).sum(-1),
    }
    assert set(problems.find("reconstruction").own_losses) == set(expected)
    for name, values in expected.items():
        found = make_distance(name)(
            tf.constant(images.reshape(-1, 2, 3)), tf.constant(scores.reshape(-1, 2, 3))
        )
        np.testing.assert_allclose(found, values, rtol=1e-5, atol=1e-6)

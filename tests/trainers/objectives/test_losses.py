"""Every loss, in every branch, against its formula in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
from trainers.distribution import replicas
from trainers.engine.compiling import compiled
from trainers.objectives import losses, metrics
from trainers.problems import catalogue as problems

CLASSES = 4
SCORES = np.array(
    [[2.0, -1.0, 0.5, 0.0], [-3.0, 4.0, 0.1, -0.2], [0.3, 0.2, 0.1, -9.0]], np.float32
)
TARGETS = np.array([0, 3, 1], np.int32)
ONE_HOT = np.eye(CLASSES, dtype=np.float64)[TARGETS]
VALUES = np.array([[0.5], [-2.0], [10.0]], np.float32)
REAL = np.array([[0.0], [1.0], [9.5]], np.float32)


def softmax(scores):
    shifted = np.exp(scores - scores.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


def sigmoid(scores):
    return 1 / (1 + np.exp(-scores.astype(np.float64)))


def huber(error, delta):
    size = np.abs(error)
    return np.where(size <= delta, 0.5 * error**2, delta * (size - 0.5 * delta)).mean(-1)


def binary(probability):
    return -(ONE_HOT * np.log(probability) + (1 - ONE_HOT) * np.log(1 - probability)).sum(-1)


def hinge():
    right = (ONE_HOT * SCORES).sum(-1)
    wrong = np.where(ONE_HOT == 1, -np.inf, SCORES).max(-1)
    return np.maximum(0, 1 + wrong - right)


def log_likelihood(probability):
    return -np.log(probability[np.arange(3), TARGETS])


MILD = 0.4 * SCORES
# Loss, task, output activation, targets, outputs, expected; Huber's line begins at 1.5.
CASES = {
    "cross-entropy of scores": (
        "cross_entropy",
        "classification",
        "linear",
        TARGETS,
        SCORES,
        log_likelihood(softmax(SCORES)),
    ),
    "cross-entropy of softmax outputs": (
        "cross_entropy",
        "classification",
        "softmax",
        TARGETS,
        softmax(MILD),
        log_likelihood(softmax(MILD)),
    ),
    "sum of binary cross-entropies of sigmoid outputs": (
        "cross_entropy",
        "classification",
        "sigmoid",
        TARGETS,
        sigmoid(MILD).astype(np.float32),
        binary(sigmoid(MILD)),
    ),
    "cross-entropy with a class that is none": (
        "rejecting_cross_entropy",
        "classification",
        "linear",
        TARGETS,
        SCORES,
        np.log(np.exp(-4.0) + np.exp(SCORES).sum(-1)) - SCORES[np.arange(3), TARGETS],
    ),
    "hinge": ("hinge", "classification", "linear", TARGETS, SCORES, hinge()),
    "perceptron criterion": (
        "perceptron",
        "classification",
        "linear",
        TARGETS,
        SCORES,
        np.maximum(0, -(2 * ONE_HOT - 1) * SCORES).sum(-1),
    ),
    "mse of classes": (
        "mse",
        "classification",
        "linear",
        TARGETS,
        SCORES,
        ((ONE_HOT - SCORES) ** 2).mean(-1),
    ),
    "mae of classes": (
        "mae",
        "classification",
        "step",
        TARGETS,
        SCORES,
        np.abs(ONE_HOT - SCORES).mean(-1),
    ),
    "huber of classes": (
        "huber",
        "classification",
        "linear",
        TARGETS,
        SCORES,
        huber(ONE_HOT - SCORES, 1.5),
    ),
    "mse of numbers": ("mse", "regression", "linear", REAL, VALUES, (REAL - VALUES)[:, 0] ** 2),
    "mae of numbers": ("mae", "regression", "linear", REAL, VALUES, np.abs(REAL - VALUES)[:, 0]),
    "huber of numbers": ("huber", "regression", "linear", REAL, VALUES, huber(REAL - VALUES, 1.5)),
}


def make_loss(task, outputs, activation="linear", name="auto", huber_delta=1.0):
    """The loss function that a name means for a model with so many outputs."""
    problem = problems.find(task)
    config = configs.LossConfig(problem.loss(name, task, activation), huber_delta)
    return losses.loss_function(config, problem.predicts, outputs, activation)


@pytest.mark.parametrize("case", sorted(CASES))
def test_loss_equals_its_formula(case):
    name, task, activation, targets, outputs, expected = CASES[case]
    loss = make_loss(task, outputs.shape[-1], activation, name, huber_delta=1.5)
    actual = loss(tf.constant(targets), tf.constant(outputs, tf.float32)).numpy()
    assert actual.shape == (3,)
    np.testing.assert_allclose(actual, expected, rtol=2e-6, atol=1e-7)


def test_cases_cover_both_sides_of_hubers_bend_and_of_every_hinge():
    errors = np.abs(REAL - VALUES)
    assert (errors < 1.5).any()
    assert (errors > 1.5).any()
    assert 0 < (hinge() > 0).sum() < 3
    criterion = CASES["perceptron criterion"][-1]
    assert (criterion > 0).any()


def test_every_loss_has_a_case_for_all_that_it_predicts():
    tabled = {(name, kind) for name, row in losses.LOSSES.items() for kind in row.predicts}
    assert tabled == {(case[0], problems.find(case[1]).predicts) for case in CASES.values()}


def test_sequence_loss_has_one_value_per_symbol():
    scores = np.stack([SCORES, SCORES[::-1]])
    targets = np.stack([TARGETS, TARGETS])
    loss = make_loss("next_symbol", CLASSES)
    actual = loss(tf.constant(targets), tf.constant(scores)).numpy()
    expected = [
        [-np.log(softmax(s)[y]) for s, y in zip(rows, TARGETS, strict=True)] for rows in scores
    ]
    np.testing.assert_allclose(actual, expected, rtol=2e-6)


def test_perceptron_criterion_is_zero_and_flat_where_every_unit_is_right():
    scores = tf.Variable([[3.0, -1.0, -2.0, -0.5], [1.0, -1.0, 0.5, -0.5]])
    one_hot = tf.constant([[1.0, 0.0, 0.0, 0.0]] * 2)
    with tf.GradientTape() as tape:
        values = losses.perceptron_criterion(one_hot, scores)
    np.testing.assert_array_equal(values, [0.0, 0.5])
    # Rosenblatt's rule: only the unit on the wrong side is pushed.
    np.testing.assert_array_equal(tape.gradient(values, scores), [[0] * 4, [0, 0, 1, 0]])


@pytest.mark.parametrize(
    ("task", "activation", "expected"),
    [
        ("classification", "linear", "cross_entropy"),
        ("classification", "softmax", "cross_entropy"),
        ("classification", "step", "mse"),
        ("next_symbol", "linear", "cross_entropy"),
        ("regression", "linear", "mse"),
    ],
)
def test_auto_means_the_tasks_usual_loss(task, activation, expected):
    assert problems.find(task).loss("auto", task, activation) == expected


@pytest.mark.parametrize(
    ("name", "task", "activation", "message"),
    [
        (
            "cross_entropy",
            "regression",
            "linear",
            "loss 'cross_entropy' does not apply to regression; use --loss mse, mae, huber",
        ),
        (
            "hinge",
            "classification",
            "step",
            "loss 'hinge' needs scores, but the model's outputs are 0 or 1; "
            "use --loss mse, mae, huber or --model.output-activation linear",
        ),
        (
            "perceptron",
            "classification",
            "softmax",
            "loss 'perceptron' needs scores of either sign, but the model's outputs are "
            "softmax values; use --model.output-activation linear",
        ),
    ],
)
def test_loss_that_does_not_fit_is_refused(name, task, activation, message):
    with pytest.raises(configs.ConfigError) as caught:
        problems.find(task).loss(name, task, activation)
    assert str(caught.value) == message


def test_accuracy_counts_each_prediction():
    accuracy = metrics.metric_function("classes")(tf.constant(TARGETS), tf.constant(SCORES))
    np.testing.assert_array_equal(accuracy, (SCORES.argmax(-1) == TARGETS).astype(np.float32))
    symbols = metrics.metric_function("classes")(
        tf.constant(np.stack([TARGETS, TARGETS])), tf.constant(np.stack([SCORES, SCORES[::-1]]))
    )
    np.testing.assert_array_equal(symbols, [[1, 0, 0], [1, 0, 0]])


def test_absolute_error_is_in_the_targets_units():
    error = metrics.metric_function("numbers")(tf.constant(REAL), tf.constant(VALUES))
    np.testing.assert_array_equal(error, [0.5, 3.0, 0.5])


def test_absolute_error_of_standardized_targets_is_in_the_units_of_their_data():
    """(1 / K) sum_k s_k |y_k - f_k|, as if both had been brought back by z s + m first."""
    random = np.random.default_rng(2)
    targets, outputs = random.normal(size=(2, 7, 3)).astype(np.float32)
    deviations = np.array([0.5, 2.0, 1000.0])
    error = metrics.metric_function("numbers", list(deviations))(
        tf.constant(targets), tf.constant(outputs)
    )
    mean = np.array([3.0, -1.0, 5e4])
    own, said = targets * deviations + mean, outputs * deviations + mean
    np.testing.assert_allclose(error, np.abs(own - said).mean(axis=1), rtol=1e-4)


@pytest.mark.parametrize("activation", ["softmax", "step"])
def test_a_regression_takes_no_bounded_outputs_but_a_sigmoids(activation):
    with pytest.raises(configs.ConfigError, match=f"output_activation is '{activation}', which"):
        problems.find("regression").loss("auto", "regression", activation)
    for allowed in ("linear", "sigmoid"):  # a class as a number is between 0 and 1
        assert problems.find("regression").loss("auto", "regression", allowed) == "mse"


def test_metric_names_and_directions():
    names = {"classification": "accuracy", "next_symbol": "accuracy"}
    names["regression"] = "mean_absolute_error"
    for task, name in names.items():
        problem = problems.find(task)
        assert metrics.metric_name(problem.predicts) == name
        # Of the loss and the metric, only accuracy is better when it is higher.
        assert problem.higher_is_better == (("accuracy",) if name == "accuracy" else ())


def test_loss_of_a_saturated_softmax_is_large_but_finite():
    loss = make_loss("classification", 2, "softmax")
    value = float(loss(tf.constant([0]), tf.constant([[0.0, 1.0]]))[0])
    assert value == pytest.approx(-np.log(keras.config.epsilon()), rel=1e-3)


@pytest.mark.parametrize("mode", ["graph", "xla", "eager"])
def test_a_users_own_loss_may_ask_tensors_in_pythons_if(monkeypatch, mode):
    def doubled_above_two(targets, outputs, setting):
        errors = tf.reduce_mean(tf.square(targets - outputs), axis=-1)
        if tf.reduce_max(errors) > 2:
            errors *= 2
        return errors

    monkeypatch.setattr(losses, "LOSSES", dict(losses.LOSSES))
    losses.register_loss("doubled_above_two", losses.Loss(doubled_above_two, ("numbers",)))
    loss = losses.loss_function(configs.LossConfig("doubled_above_two"), "numbers", 1, "linear")
    # As a step calls it.
    call = compiled(lambda *tensors: replicas.run(loss, *tensors), mode)
    for values, factor in ((VALUES, 2), (0.1 * VALUES, 1)):
        expected = factor * np.square(0.1 * REAL - values).mean(-1)
        found = call(tf.constant(0.1 * REAL), tf.constant(values))
        np.testing.assert_allclose(found, expected, rtol=1e-5)

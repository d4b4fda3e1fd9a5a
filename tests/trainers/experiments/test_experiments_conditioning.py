"""The formulas of the experiments on width, activations, initialization and normalization."""

import numpy as np
import pytest

import configs
import zoo
from trainers.experiments import activations, initialization, normalization, universality
from trainers.problems.supervised.fit import split_of, supervised_step
from trainers.problems.supervised.restarts import Restarts, drawn_weights, whole_batches
from zoo.layers import weight_normalization


def test_affine_error_is_what_no_affine_function_removes():
    x = np.linspace(-1, 1, 2001, dtype=np.float32)
    inputs = np.stack([x, 0 * x], 1)
    # The mean of (x^2 - 1/3)^2 over [-1, 1] is 1/5 - 1/9; the line 3 x + 2 adds nothing.
    split = split_of(inputs, (x**2 + 3 * x + 2)[:, None])
    assert universality.affine_error(split) == pytest.approx(1 / 5 - 1 / 9, rel=0.01)


def test_slope_is_the_exponent_of_a_power_law():
    widths = [2, 4, 8, 32]
    assert universality.slope(widths, [3 * n**-1.5 for n in widths]) == pytest.approx(-1.5)


def test_factor_per_layer_is_the_base_of_an_exponential():
    assert activations.factor_per_layer([2, 5, 9], [7 * 0.3**d for d in (2, 5, 9)]) == (
        pytest.approx(0.3)
    )


@pytest.mark.parametrize("activation", ["tanh", "linear"])
def test_units_without_weights_never_act(activation):
    model = zoo.create_model(
        "mlp", num_classes=1, input_shape=(2,), hidden_units=(6,), activation=activation
    )
    step = supervised_step(model, "numbers", configs.OptimizerConfig("adam"), total_steps=30)
    train, test = universality.data("2d")
    restarts = Restarts(step, train, test, 32, 30)
    start = universality.start(4, 6, seed=0)
    restarts.fit(start, seed=0)
    kernel, bias, scores, _ = model.get_weights()
    assert not kernel[:, 4:].any()
    assert not bias[4:].any()
    assert not scores[4:].any()
    assert np.all(kernel[:, :4] != start[0][:, :4])


def test_a_restart_repeats_the_first_training():
    model = zoo.create_model("mlp", num_classes=1, input_shape=(2,), hidden_units=(3,))
    step = supervised_step(model, "numbers", configs.OptimizerConfig("adam"))
    train, test = universality.data("1d")
    restarts = Restarts(step, train, test, 32, 20, every=5)
    weights = drawn_weights(model, "glorot", seed=1)
    first = restarts.fit(weights, seed=2)
    other = restarts.fit(weights, seed=2, learning_rate=0.1)
    again = restarts.fit(weights, seed=2)
    assert first.test["loss"] == again.test["loss"] != other.test["loss"]
    assert first.steps == [5, 10, 15, 20]
    cut = restarts.fit(weights, seed=2, until=lambda curve: len(curve.steps) == 2)
    assert cut.test["loss"] == first.test["loss"][:2]


def test_drawn_weights_follow_the_initializer_and_the_seed():
    model = zoo.create_model("mlp", num_classes=4, input_shape=(500,), hidden_units=(400, 400))
    drawn = drawn_weights(model, "he", seed=3)
    assert np.var(drawn[0]) == pytest.approx(2 / 500, rel=0.05)
    assert np.var(drawn[2]) == pytest.approx(2 / 400, rel=0.05)
    assert not drawn[1].any()
    assert np.array_equal(drawn[2], drawn_weights(model, "he", seed=3)[2])
    assert not np.array_equal(drawn[2], drawn_weights(model, "he", seed=4)[2])


def test_whole_batches_drops_the_rest():
    split = split_of(np.zeros((23, 2), np.float32), np.arange(23))
    assert whole_batches(split, 5).targets.tolist() == list(range(20))


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu"])
def test_slopes_agree_with_differences(name):
    sums = np.array([-2.0, -0.5, 0.3, 1.5])
    outputs, slopes = activations.slopes(name, sums)
    higher, _ = activations.slopes(name, sums + 1e-2)
    assert (higher - outputs) / 1e-2 == pytest.approx(slopes, abs=5e-3)


def test_second_moments_follow_the_variance_of_the_weights():
    moments = initialization.second_moments("relu", "he", 3, 400, [0, 1])
    assert moments.shape == (2, 3)
    assert moments.mean(0) == pytest.approx([1, 1, 1], rel=0.1)
    linear = initialization.second_moments("linear", "orthogonal", 4, 50, [0])
    assert linear[0] == pytest.approx(np.full(4, linear[0, 0]), rel=1e-5)


def test_unit_spread_compares_columns():
    assert initialization.unit_spread(np.array([[2.0, 2.0], [-4.0, -4.0]])) == 0
    assert initialization.unit_spread(np.array([[2.0, 1.0], [-4.0, -4.0]])) == 0.25


def test_updates_until_a_loss_may_be_none():
    assert initialization.updates_until(1.0, [10, 20, 30], [2.0, 0.9, 0.8]) == 20
    assert initialization.updates_until(0.5, [10, 20, 30], [2.0, 0.9, 0.8]) is None


def test_first_at_least_is_a_measured_point_or_one_beyond():
    accuracies = [0.3, 0.9, 0.8]
    assert normalization.first_at_least(0.8, [20, 40, 60], accuracies) == 40
    assert normalization.first_at_least(0.95, [20, 40, 60], accuracies) == 80


def test_folded_weights_compute_what_the_normalized_net_does():
    options = {"num_classes": 3, "input_shape": (8,), "hidden_units": (6, 5)}
    normalized = zoo.create_model("mlp", normalization="weight", **options)
    inputs = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    weight_normalization.initialize(normalized, inputs)
    plain = zoo.create_model("mlp", **options)
    plain.set_weights(normalization.folded(normalized))
    assert np.asarray(plain(inputs)) == pytest.approx(np.asarray(normalized(inputs)), abs=1e-5)


def test_nets_are_compared_with_the_plain_one_seed_by_seed():
    updates = {"none": [100.0, 200.0], "batch": [50.0, 200.0]}
    losses = {"none": [0.4, 0.2], "batch": [0.1, 0.3]}
    assert normalization.compare(updates, losses) == {
        "batch_share_of_updates": [0.5, 1.0],
        "batch_final_loss_ratio": pytest.approx([0.25, 1.5]),
    }


def test_the_deepest_net_that_trained_counts_seed_by_seed():
    rows = [[20, None, 30], [None, None, 40], [60, None, None]]
    assert initialization.trainable_shares([2, 5, 20], rows) == [1.0, 0.0, 0.25]

"""Initializers by name: the spread that each states, for dense and convolutional kernels."""

import keras
import numpy as np
import pytest

import zoo
from zoo.catalogue.words import BIAS_INITIALIZERS, INITIALIZERS
from zoo.layers.initializers import find_initializer, initializer_names

# 20 maps read by 40, windows of 5 x 5: fan_in 500, fan_out 1,000; 20,000 numbers.
CONVOLUTION = (5, 5, 20, 40)


def test_the_words_known_without_keras_are_all_there_are() -> None:
    assert tuple(initializer_names()) == INITIALIZERS
    assert set(BIAS_INITIALIZERS) < set(INITIALIZERS)


@pytest.mark.parametrize(
    ("name", "deviation"),
    [
        ("unit_normal", 1),
        ("fan_in_normal", 1 / 500**0.5),
        ("fan_out_normal", 1 / 1000**0.5),
        # Nielsen's network3.py: 40 maps of 5 x 5, a quarter of which a pool lets pass.
        ("network3_normal", 1 / (40 * 25 / 4) ** 0.5),
    ],
)
def test_normal_numbers_have_the_stated_deviation_and_are_not_cut(
    name: str, deviation: float
) -> None:
    keras.utils.set_random_seed(0)
    values = np.array(find_initializer(name)(CONVOLUTION))
    # The standard error of 20,000 numbers' deviation is 0.5 %.
    np.testing.assert_allclose(values.std(), deviation, rtol=0.02)
    assert np.abs(values).max() > 3 * deviation
    # The share beyond two deviations, which a cut distribution would not have.
    assert np.mean(np.abs(values) > 2 * deviation) == pytest.approx(0.0455, abs=0.006)


def test_lecuns_uniform_numbers_fill_their_interval() -> None:
    keras.utils.set_random_seed(0)
    values = np.array(find_initializer("lecun_1998_uniform")(CONVOLUTION))
    bound = 2.4 / 500
    assert np.abs(values).max() <= bound
    np.testing.assert_allclose([values.min(), values.max()], [-bound, bound], rtol=1e-3)
    np.testing.assert_allclose(values.std(), bound / 3**0.5, rtol=0.02)


@pytest.mark.parametrize("name", ["network3_normal", "lecun_1998_uniform"])
def test_ours_are_the_seeds_and_are_saved_by_name(name: str) -> None:
    keras.utils.set_random_seed(1)
    first, second = find_initializer(name), find_initializer(name)
    assert np.any(np.array(first((3, 2))) != np.array(second((3, 2))))
    keras.utils.set_random_seed(1)
    np.testing.assert_array_equal(find_initializer(name)((3, 2)), first((3, 2)))
    again = keras.initializers.deserialize(keras.initializers.serialize(first))
    assert type(again) is type(first)


@pytest.mark.parametrize("name", BIAS_INITIALIZERS)
def test_a_bias_needs_no_number_of_inputs(name: str) -> None:
    values = np.array(find_initializer(name)((4000,)))
    deviation = {"unit_normal": 1, "zeros": 0, "ones": 0, "random_uniform": 0.05 / 3**0.5}
    deviation["truncated_normal"] = 0.05 * 0.88  # cut at two deviations
    assert values.std() == pytest.approx(deviation.get(name, 0.05), rel=0.05)


@pytest.mark.parametrize(
    ("name", "deviation", "largest"),
    [("uniform:0.3", 0.3 / 3**0.5, 0.3), ("normal:.05", 0.05, 0.3), ("constant:-2", 0, 2)],
)
def test_a_number_may_be_told(name: str, deviation: float, largest: float) -> None:
    keras.utils.set_random_seed(0)
    first, second = (np.array(find_initializer(name)((100, 200))) for _ in range(2))
    assert first.std() == pytest.approx(deviation, rel=0.02, abs=1e-6)
    assert np.abs(first).max() <= largest
    assert name.startswith("constant") or np.any(first != second)
    assert not name.startswith("constant") or np.all(first == -2)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("uniform:0", "of normal and uniform above 0"),
        ("uniform:-0.3", "of normal and uniform above 0"),
        ("normal:", "after the colon stands a number"),
        ("normal:1e39", "after the colon stands a number"),
        ("constant:nan", "after the colon stands a number"),
        ("unifrom:0.3", "after the colon stands a number"),
        ("uniform(0.3)", "uniform:NUMBER"),
    ],
)
def test_a_number_that_cannot_be_is_refused_on_one_line(name: str, hint: str) -> None:
    for option in ("initializer", "bias_initializer"):
        with pytest.raises(zoo.ModelOptionError, match=hint) as caught:
            zoo.create_model("mlp", num_classes=2, input_shape=(3,), **{option: name})
        assert "\n" not in str(caught.value)
    with pytest.raises(zoo.ModelOptionError, match="no initializer is called"):
        find_initializer(name)


def test_weights_and_biases_of_a_model_take_the_number() -> None:
    keras.utils.set_random_seed(3)
    options = {"initializer": "uniform:0.3", "bias_initializer": "constant:-1"}
    model = zoo.create_model("mlp", num_classes=2, input_shape=(300,), **options)
    kernel, bias = model.get_weights()[:2]
    assert 0.29 < np.abs(kernel).max() <= 0.3
    np.testing.assert_array_equal(bias, -1)
    options |= {"initializer": "constant:0", "normalization": "weight"}
    with pytest.raises(zoo.ModelOptionError, match="weights that start at 0"):
        zoo.create_model("mlp", num_classes=2, input_shape=(3,), **options)

"""The convolutional network recomputed in NumPy."""

from typing import Any

import numpy as np
import pytest

import zoo


def _convolve(images: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Same-size correlation of `[batch, rows, columns, m]` with `[k, k, m, n]`, k odd."""
    margin = kernel.shape[0] // 2
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    output = np.zeros((*images.shape[:3], kernel.shape[-1])) + bias
    for row in range(images.shape[1]):
        for column in range(images.shape[2]):
            window = padded[:, row : row + kernel.shape[0], column : column + kernel.shape[1]]
            output[:, row, column] += np.einsum("bijm,ijmn->bn", window, kernel)
    return output


def _halve(images: np.ndarray) -> np.ndarray:
    batch, rows, columns, maps = images.shape
    even = images[:, : rows // 2 * 2, : columns // 2 * 2]
    return even.reshape(batch, rows // 2, 2, columns // 2, 2, maps).max(axis=(2, 4))


def test_the_forward_pass_is_the_documented_one() -> None:
    model = zoo.create_model(
        "cnn", num_classes=3, input_shape=(7, 6, 2), filters=(4, 3), dense_units=5
    )
    generator = np.random.default_rng(0)
    weights = [generator.normal(size=each.shape) for each in model.get_weights()]
    model.set_weights(weights)
    images = generator.normal(size=(2, 7, 6, 2)).astype(np.float32)
    values = images
    for kernel, bias in ((weights[0], weights[1]), (weights[2], weights[3])):
        values = _halve(np.maximum(_convolve(values, kernel, bias), 0))
    values = np.maximum(values.reshape(2, -1) @ weights[4] + weights[5], 0)
    expected = values @ weights[6] + weights[7]
    np.testing.assert_allclose(model.predict_on_batch(images), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("parameters", "options"),
    [
        # Nielsen 2015, chapter 6: 28 -> 24 -> 12 (-> 8 -> 4) pixels.
        (289_630, {"filters": (20,), "kernel_size": 5, "dense_units": 100}),
        (85_670, {"filters": (20, 40), "kernel_size": 5, "dense_units": 100}),
        (1_672_570, {"filters": (20, 40), "kernel_size": 5, "dense_units": (1000, 1000)}),
        # Keras's example: 28 -> 26 -> 13 -> 11 -> 5 pixels.
        (34_826, {"filters": (32, 64)}),
    ],
)
def test_convolutions_without_padding_have_the_published_sizes(
    parameters: int, options: dict[str, Any]
) -> None:
    model = zoo.create_model(
        "cnn", num_classes=10, input_shape=(28, 28, 1), padding="valid", **options
    )
    assert model.count_params() == parameters


def test_valid_convolutions_and_several_dense_layers_are_the_documented_ones() -> None:
    model = zoo.create_model(
        "cnn",
        num_classes=3,
        input_shape=(8, 7, 2),
        filters=(4,),
        padding="valid",
        dense_units=[5, 6],
        activation="scaled_tanh",
        bias_initializer="unit_normal",
        output_initializer="zeros",
    )
    assert [v.path for v in model.variables if v.path.endswith("kernel")] == [
        *("convolution_1/kernel", "dense/kernel", "dense_2/kernel", "scores/kernel"),
    ]
    weights = model.get_weights()
    assert [bool(np.any(bias)) for bias in weights[1::2]] == [True, True, True, False]
    assert not np.any(weights[-2])
    generator = np.random.default_rng(0)
    weights = [generator.normal(size=each.shape) for each in weights]
    model.set_weights(weights)
    images = generator.normal(size=(2, 8, 7, 2)).astype(np.float32)

    def activated(sums: np.ndarray) -> np.ndarray:
        return 1.7159 * np.tanh(2 / 3 * sums)

    whole = _convolve(images, weights[0], weights[1])[:, 1:-1, 1:-1]
    values = _halve(activated(whole)).reshape(2, -1)
    values = activated(activated(values @ weights[2] + weights[3]) @ weights[4] + weights[5])
    expected = values @ weights[6] + weights[7]
    np.testing.assert_allclose(model.predict_on_batch(images), expected, rtol=1e-4, atol=1e-4)


def test_dropout_goes_before_every_dense_layer_and_the_scores() -> None:
    model = zoo.create_model(
        "cnn", num_classes=2, input_shape=(4, 4, 1), dense_units=(5, 6), dropout=0.5
    )
    names = [layer.name for layer in model.layers]
    followed = [names[i + 1] for i, name in enumerate(names) if name.endswith("dropout")]
    assert followed == ["dense", "dense_2", "scores"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel_size": 9}, "convolution 1 has 8 x 7 pixels to read; allowed: .*padding='same'"),
        ({"filters": (2, 3, 4)}, "convolution 2 has 3 x 2 pixels to read"),
        (
            {"dense_units": (5, 0), "padding": "same"},
            r"dense_units=\[5, 0\]; allowed: 0 for no hidden layer",
        ),
        ({"dense_units": (5, -1)}, r"allowed: int \| tuple\[int, ...\] in \[0, inf\)"),
        ({"dense_units": 2.5}, r"allowed: int \| tuple"),
        ({"bias_initializer": "zero"}, "did you mean 'zeros'"),
        ({"max_norm": 0}, r"allowed: float \| None in \(0, inf\)"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(zoo.ModelOptionError, match=message) as caught:
        zoo.create_model(
            "cnn", num_classes=2, input_shape=(8, 7, 1), **{"padding": "valid", **options}
        )
    assert "\n" not in str(caught.value)


def test_pooling_stops_where_a_side_cannot_be_halved() -> None:
    model = zoo.create_model("cnn", num_classes=2, input_shape=(4, 2, 1), filters=(1, 1, 1))
    names = [layer.name for layer in model.layers]
    assert "convolution_1_pool" in names
    assert "convolution_2_pool" not in names


def test_no_filters_leave_a_linear_classifier() -> None:
    model = zoo.create_model("cnn", num_classes=2, input_shape=(4, 4, 1), filters=())
    assert model.count_params() == 17 * 2

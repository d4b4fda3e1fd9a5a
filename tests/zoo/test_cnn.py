"""The convolutional network recomputed in NumPy."""

import numpy as np

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


def test_pooling_stops_where_a_side_cannot_be_halved() -> None:
    model = zoo.create_model("cnn", num_classes=2, input_shape=(4, 2, 1), filters=(1, 1, 1))
    names = [layer.name for layer in model.layers]
    assert "convolution_1_pool" in names
    assert "convolution_2_pool" not in names


def test_no_filters_leave_a_linear_classifier() -> None:
    model = zoo.create_model("cnn", num_classes=2, input_shape=(4, 4, 1), filters=())
    assert model.count_params() == 17 * 2

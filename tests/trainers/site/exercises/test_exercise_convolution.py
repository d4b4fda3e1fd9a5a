"""Exercise: a convolution as loops, and shifts that it commutes with."""

import keras
import numpy as np


def convolution(image, window, bias):
    size, rows, columns = len(window), *image.shape[:2]
    found = np.zeros((rows - size + 1, columns - size + 1, window.shape[-1]))
    for r in range(found.shape[0]):
        for c in range(found.shape[1]):
            patch = image[r : r + size, c : c + size]
            found[r, c] = bias + np.einsum("ijm,ijmn->n", patch, window)
    return found


def test_a_convolution_as_loops():
    random = np.random.default_rng(0)
    image, window = random.normal(size=(7, 9, 2)), random.normal(size=(3, 3, 2, 4))
    bias = random.normal(size=4)
    keras_layer = keras.layers.Conv2D(4, 3, dtype="float64")
    keras_layer.build((None, 7, 9, 2))
    keras_layer.set_weights([window, bias])
    ours = convolution(image, window, bias)
    np.testing.assert_allclose(ours, keras_layer(image[None])[0], rtol=1e-9)

    def wrapped(image):
        return convolution(np.pad(image, ((0, 2), (0, 2), (0, 0)), "wrap"), window, bias)

    shifted_first = wrapped(np.roll(image, (1, 2), axis=(0, 1)))
    shifted_last = np.roll(wrapped(image), (1, 2), axis=(0, 1))
    np.testing.assert_allclose(shifted_first, shifted_last, rtol=1e-9)

"""Strided convolutions that train as matrix products, which XLA compiles well on a CPU.

XLA's own convolutions are slow inside a loop, see `trainers.engine.compiling`. Here an image is cut
into blocks of s x s pixels, s the stride, and each block's pixels stand side by side as s s m maps.
A window of k x k pixels is then w x w blocks, w = k / s, and with K_ab its weights of block (a, b)

    convolution             y_ij = sum_ab x_(i + a, j + b) K_ab      blocks x, of the padded image
    transposed convolution  y_ij = sum_ab x_(i - a, j - b) K_ab^T    blocks y, of the padded image

The first is one product of all windows with all of K; the second one product of all pixels with
all of K, and w w sums. In front of an image stand (k - s) / 2 rows and columns of zeros, rounded
down: TensorFlow's "same". Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep
learning", arXiv:1603.07285, 2016, chapter 4.
"""

from typing import Any

import keras
import tensorflow as tf


class _Written:
    """What both layers ask before they train by their own products."""

    @property
    def is_written(self) -> bool:
        """Whether the options are those of the products: "same", and windows of whole strides."""
        layer: Any = self
        return (
            layer.padding == "same"
            and layer.data_format == "channels_last"
            and tuple(layer.dilation_rate) == (1, 1)
            and getattr(layer, "groups", 1) == 1
            and getattr(layer, "output_padding", None) is None
            and all(k % s == 0 for k, s in zip(layer.kernel_size, layer.strides, strict=True))
        )

    def _finished(self, values: Any) -> Any:
        layer: Any = self
        values = values + layer.bias if layer.use_bias else values
        return values if layer.activation is None else layer.activation(values)


@keras.saving.register_keras_serializable(package="zoo")
class StridedConv2D(_Written, keras.layers.Conv2D):
    """`keras.layers.Conv2D`, with its arguments, weights and results.

    In training on a CPU it is a matrix product, unless `is_written` is false or the stride does not
    divide the image; else it is Keras's, as in every exported model.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Map `[batch, rows, columns, maps]` to `[batch, rows / s, columns / s, filters]`."""
        sides = zip(inputs.shape[1:3], self.strides, strict=True)
        divided = all(side is not None and side % stride == 0 for side, stride in sides)
        if not (training and divided and self.is_written) or _on_gpu():
            return super().call(inputs)
        kernel = tf.convert_to_tensor(self.kernel)
        return self._finished(convolved(tf.convert_to_tensor(inputs), kernel, self.strides))


@keras.saving.register_keras_serializable(package="zoo")
class StridedConv2DTranspose(_Written, keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`, trained as `StridedConv2D` is."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Map `[batch, rows, columns, maps]` to `[batch, s rows, s columns, filters]`."""
        known = None not in inputs.shape[1:3]
        if not (training and known and self.is_written) or _on_gpu():
            return super().call(inputs)
        kernel = tf.convert_to_tensor(self.kernel)
        return self._finished(enlarged(tf.convert_to_tensor(inputs), kernel, self.strides))


def convolved(images: Any, kernel: Any, strides: tuple[int, int]) -> Any:
    """Return the convolution of images with "same" padding.

    Args:
        images: `[batch, rows, columns, m]`, whose sides the strides divide.
        kernel: `[k, k, m, n]`, whose sides they divide too.
        strides: of rows and of columns, in pixels.

    Returns:
        `[batch, rows / s, columns / s, n]`.
    """
    (down, across), (*window, maps, filters) = strides, kernel.shape
    rows, columns = images.shape[1] // down, images.shape[2] // across
    high, wide = window[0] // down, window[1] // across
    padding = [_padding(size, stride) for size, stride in zip(window, strides, strict=True)]
    images = tf.pad(images, [(0, 0), *padding, (0, 0)])
    blocks = tf.reshape(images, (-1, rows + high - 1, down, columns + wide - 1, across, maps))
    blocks = tf.transpose(blocks, (0, 1, 3, 2, 4, 5))
    blocks = tf.reshape(blocks, (-1, rows + high - 1, columns + wide - 1, down * across * maps))
    parts = [blocks[:, a : a + rows, b : b + columns] for a in range(high) for b in range(wide)]
    windows = tf.reshape(tf.concat(parts, axis=-1), (-1, window[0] * window[1] * maps))
    product = tf.matmul(windows, tf.reshape(_by_blocks(kernel, strides), (-1, filters)))
    return tf.reshape(product, (-1, rows, columns, filters))


def enlarged(images: Any, kernel: Any, strides: tuple[int, int]) -> Any:
    """Return the transposed convolution of images with "same" padding.

    Args:
        images: `[batch, rows, columns, m]`.
        kernel: `[k, k, n, m]`, whose sides the strides divide.
        strides: of rows and of columns, in pixels.

    Returns:
        `[batch, s rows, s columns, n]`.
    """
    (down, across), (*window, filters, maps) = strides, kernel.shape
    rows, columns = images.shape[1:3]
    high, wide = window[0] // down, window[1] // across
    product = tf.matmul(
        tf.reshape(images, (-1, maps)),
        tf.reshape(_by_blocks(kernel, strides), (-1, maps)),
        transpose_b=True,
    )
    parts = tf.reshape(product, (-1, rows, columns, high * wide, down * across * filters))
    # Each input pixel's window, moved to where it stands.
    blocks = tf.add_n(
        [
            tf.pad(
                parts[:, :, :, a * wide + b],
                [(0, 0), (a, high - 1 - a), (b, wide - 1 - b), (0, 0)],
            )
            for a in range(high)
            for b in range(wide)
        ]
    )
    blocks = tf.reshape(blocks, (-1, rows + high - 1, columns + wide - 1, down, across, filters))
    padded = tf.reshape(
        tf.transpose(blocks, (0, 1, 3, 2, 4, 5)),
        (-1, (rows + high - 1) * down, (columns + wide - 1) * across, filters),
    )
    top, left = (_padding(size, stride)[0] for size, stride in zip(window, strides, strict=True))
    return padded[:, top : top + rows * down, left : left + columns * across]


def _by_blocks(kernel: Any, strides: tuple[int, int]) -> Any:
    """`[k, k, ...]` to `[w, w, s, s, ...]`: the blocks of a window, the pixels of a block."""
    (down, across), (high, wide, *maps) = strides, kernel.shape
    parts = tf.reshape(kernel, (high // down, down, wide // across, across, *maps))
    return tf.transpose(parts, (0, 2, 1, 3, 4, 5))


def _padding(size: int, stride: int) -> tuple[int, int]:
    """Return the pixels before and after a side that the stride divides."""
    return (size - stride) // 2, (size - stride + 1) // 2


def _on_gpu() -> bool:
    return bool(tf.config.list_physical_devices("GPU"))

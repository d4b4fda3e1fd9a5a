"""Raw pictures to what a model of images reads: resized, and divided by the largest value.

Resizing is separable: every output row is a weighted mean of input rows, every output column of
input columns, so that it is two matrix products, which every format of a model knows. The weights
are those of the triangle filter, widened where the picture shrinks (antialiasing): with s input
pixels to an output pixel, output i reads input j with

    w_ij = max(0, 1 - |j + 1/2 - (i + 1/2) s| / max(s, 1)),

divided by their sum over j. `keras.layers.Resizing(antialias=True)` computes the same by an
operation that ONNX and LiteRT do not have.

| resize | before that |
| --- | --- |
| stretch | nothing: proportions change |
| fit | zeros are put at both sides, to reach the proportions of the output |
| crop | both sides are cut off alike, to reach them |
"""

from typing import Any

import keras
import tensorflow as tf

HOW = ("stretch", "fit", "crop")


@keras.saving.register_keras_serializable(package="zoo")
class ImagePreparation(keras.layers.Layer):
    """Resizes pictures, where that is asked for, and scales their values.

    Args:
        shape: (height, width, channels) of what the model reads.
        scale: the value that becomes 1.
        resize: None for pictures of the model's size, or "stretch", "fit" or "crop".
        threshold: after that values above it become 1, all others 0; None leaves them.
        **options: those of every Keras layer.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        scale: float,
        resize: str | None = None,
        threshold: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.shape, self.scale, self.resize = tuple(shape), float(scale), resize
        self.threshold = threshold

    def call(self, images: Any) -> Any:
        """Map `[batch, rows, columns, channels]` of any type to float32 `[batch, *shape]`."""
        values = tf.cast(images, self.compute_dtype)
        if self.resize is not None:
            values = resized(values, (self.shape[0], self.shape[1]), self.resize)
        values /= tf.cast(self.scale, values.dtype)
        return values if self.threshold is None else tf.cast(values > self.threshold, values.dtype)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape that the model reads."""
        return (shape[0], *self.shape)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the layer."""
        own: dict[str, Any] = {
            "shape": list(self.shape),
            "scale": self.scale,
            "resize": self.resize,
        }
        own |= {} if self.threshold is None else {"threshold": self.threshold}
        return {**super().get_config(), **own}


def resized(images: Any, size: tuple[int, int], how: str) -> Any:
    """Resize float pictures `[batch, rows, columns, channels]` to `[batch, *size, channels]`."""
    shape = tf.shape(images)
    inside = shape[1], shape[2]
    rows, columns = (
        _weights(inside[axis], _read(inside, size, axis, how), size[axis], how, images.dtype)
        for axis in (0, 1)
    )
    return tf.einsum("ri,bijc,sj->brsc", rows, images, columns)


def _read(inside: tuple[Any, Any], size: tuple[int, int], axis: int, how: str) -> Any:
    """Return how many pixels along an axis are read, those put beside the picture included."""
    source = inside[axis]
    if how == "stretch":
        return source
    # The length that goes with the other side; in float32 and rounded down, as Keras has it.
    quotient = tf.cast(inside[1 - axis] * size[axis], tf.float32) / float(size[1 - axis])
    wanted = tf.cast(quotient, tf.int32)
    if how == "crop":
        return tf.maximum(tf.minimum(source, wanted), 1)
    return source + 2 * (tf.maximum(wanted - source, 0) // 2)


def _weights(source: Any, read: Any, target: int, how: str, dtype: Any) -> Any:
    """Return `[target, source]`: what of every input pixel is in an output pixel."""
    step = tf.cast(read, dtype) / tf.cast(target, dtype)
    centers = (tf.range(target, dtype=dtype) + 0.5) * step
    inputs = tf.cast(tf.range(read), dtype) + 0.5
    width = tf.maximum(step, 1.0)
    weights = tf.nn.relu(1.0 - tf.abs(inputs[None, :] - centers[:, None]) / width)
    weights /= tf.reduce_sum(weights, axis=1, keepdims=True)
    if how == "fit":
        margin = (read - source) // 2
        return weights[:, margin : margin + source]
    if how == "crop":
        begin = (source - read) // 2
        return tf.pad(weights, [[0, 0], [begin, source - read - begin]])
    return weights

"""Training pictures varied anew in every epoch, each by what its number and the epoch draw."""

from __future__ import annotations

import math
from collections.abc import Callable

import tensorflow as tf

import configs
import datasets
from trainers.augmentation.elastic import displacements
from trainers.augmentation.geometry import Movement, moved
from trainers.engine.compiling import compiled

Vary = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

# Enough to tell which values pictures have.
_SEEN = 512


def augmentation(config: configs.Config, dataset: datasets.Dataset) -> Vary | None:
    """Return what varies the training pictures of a resolved configuration, None where nothing is.

    Contrast keeps to [0, 1], or to what 512 of the pictures have where that is wider.

    Raises:
        ConfigError: the data are no pictures.
    """
    names = config.augmentation.varied
    if not names:
        return None
    if len(dataset.input_shape) != 3:
        raise configs.ConfigError(
            f"--{names[0]} varies pictures [rows, columns, channels], dataset {dataset.name!r} has "
            f"inputs {list(dataset.input_shape)}; leave it out, or choose pictures, "
            "e.g. --dataset digits"
        )
    train = dataset.splits["train"]
    some = train.inputs[datasets.sample_rows(train.size, _SEEN)]
    values = min(0.0, float(some.min())), max(1.0, float(some.max()))
    # XLA makes one pass over the pixels of what are a hundred operations.
    mode = config.compile if config.compile in ("eager", "graph") else "xla"
    return compiled(Augmentation(config.augmentation, values), mode)


class Augmentation:
    """From pictures and their words of an epoch to varied pictures.

    Nothing is kept between two calls, and no picture depends on the others of its batch.

    Args:
        config: at least one of its variations is on.
        values: the smallest and the largest value of the pictures, which contrast keeps to.
    """

    def __init__(
        self, config: configs.AugmentationConfig, values: tuple[float, float] = (0.0, 1.0)
    ) -> None:
        self._config, self._values = config, values

    def __call__(self, images: tf.Tensor, words: tf.Tensor) -> tf.Tensor:
        """Return pictures as they are seen in an epoch.

        Args:
            images: `[batch, rows, columns, channels]`.
            words: int32 `[batch, WORDS]`, see `datasets.epoch_words`.
        """
        config, varied = self._config, images
        if config.shift or config.rotate or config.flip != "none" or config.elastic:
            varied = moved(varied, self._movement(words, images.shape[1:3]))
        if config.contrast:
            factors = uniform(words[:, 5], 1 - config.contrast, 1 + config.contrast)
            varied = contrasted(varied, factors, self._values)
        return tf.cast(varied, images.dtype)

    def _movement(self, words: tf.Tensor, shape: tuple[int, int]) -> Movement:
        config, (rows, columns) = self._config, shape
        angle = math.radians(config.rotate)
        fields: tf.Tensor | tuple[()] = ()
        if config.elastic:
            fields = displacements(
                words[:, 6:], shape, strength=config.elastic, sigma=config.elastic_sigma
            )
        return Movement(
            uniform(words[:, 0], -config.shift * rows, config.shift * rows),
            uniform(words[:, 1], -config.shift * columns, config.shift * columns),
            uniform(words[:, 2], -angle, angle),
            _mirror(words[:, 3], config.flip in ("vertical", "both")),
            _mirror(words[:, 4], config.flip in ("horizontal", "both")),
            fields,
        )


def contrasted(
    images: tf.Tensor, factors: tf.Tensor, values: tuple[float, float] = (0.0, 1.0)
) -> tf.Tensor:
    """Return clip(m + f (x - m)), with the mean m of each picture's channel, as Keras has it.

    Args:
        images: x, `[batch, rows, columns, channels]`.
        factors: f, `[batch]`; 1 changes nothing.
        values: what is clipped to.
    """
    images = tf.cast(images, tf.float32)
    mean = tf.reduce_mean(images, axis=(1, 2), keepdims=True)
    return tf.clip_by_value(mean + factors[:, None, None, None] * (images - mean), *values)


def uniform(words: tf.Tensor, low: float, high: float) -> tf.Tensor:
    """Return numbers in [low, high), float32, one of 24 bits for each of `words`, int32."""
    share = tf.cast(tf.bitwise.bitwise_and(words, 2**24 - 1), tf.float32) * 2.0**-24
    return low + (high - low) * share


def _mirror(words: tf.Tensor, wanted: bool) -> tf.Tensor:
    # Every second picture: the sign is as good a bit as any other.
    sign = tf.where(words < 0, -1.0, 1.0)
    return sign if wanted else tf.ones_like(sign)

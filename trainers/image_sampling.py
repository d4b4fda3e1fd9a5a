"""Images from a generator, from latents that are the same whenever they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

# Every figure and picture of every run is drawn from this seed's latents, training from others.
_SEED = 2016
_IMAGES_PER_CALL = 500


class ImageSampler:
    """Draws images with the weights that a generator holds at that moment.

    Args:
        generator: latents `[batch, latent_dim]` to images `[batch, rows, columns, channels]`.
    """

    def __init__(self, generator: keras.Model) -> None:
        self._latent_dim = generator.input_shape[-1]
        self._images = tf.function(lambda latents: generator(latents, training=False))

    def latents(self, count: int) -> np.ndarray:
        """Return latents `[count, latent_dim]`, standard normal; a smaller count is a beginning."""
        generator = np.random.default_rng(_SEED)
        return generator.standard_normal((count, self._latent_dim), np.float32)

    def images(self, latents: np.ndarray) -> np.ndarray:
        """Return the images of latents, `[latents, rows, columns, channels]` in [0, 1]."""
        return np.concatenate(list(self._calls(latents)))

    def stream(self, count: int) -> Iterator[np.ndarray]:
        """Yield the images of `latents(count)`, some at a time."""
        yield from self._calls(self.latents(count))

    def _calls(self, latents: np.ndarray) -> Iterator[np.ndarray]:
        for start in range(0, len(latents), _IMAGES_PER_CALL):
            yield np.asarray(self._images(tf.constant(latents[start : start + _IMAGES_PER_CALL])))

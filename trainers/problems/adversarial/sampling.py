"""Examples from a generator, from latents that are the same whenever they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from trainers.engine.compiling import compiled

# Every figure and picture of every run is drawn from this seed's latents, training from others.
_SEED = 2016
_EXAMPLES_PER_CALL = 500


class ExampleSampler:
    """Draws images or points with the weights that a generator holds at that moment.

    Args:
        generator: latents `[batch, latent_dim]` to images `[batch, rows, columns, channels]`, or
            to points `[batch, features]`.
    """

    def __init__(self, generator: keras.Model) -> None:
        self._latent_dim = generator.input_shape[-1]
        self._draw = compiled(lambda latents: generator(latents, training=False), "graph")

    def latents(self, count: int, seed: int = _SEED) -> np.ndarray:
        """Return latents `[count, latent_dim]`, standard normal; a smaller count is a beginning."""
        generator = np.random.default_rng(seed)
        return generator.standard_normal((count, self._latent_dim), np.float32)

    def examples(self, latents: np.ndarray) -> np.ndarray:
        """Return what is drawn from latents, `[latents, ...]`; images are in [0, 1]."""
        return np.concatenate(list(self._calls(latents)))

    def stream(self, count: int) -> Iterator[np.ndarray]:
        """Yield the examples of `latents(count)`, some at a time."""
        yield from self._calls(self.latents(count))

    def _calls(self, latents: np.ndarray) -> Iterator[np.ndarray]:
        for start in range(0, len(latents), _EXAMPLES_PER_CALL):
            yield np.asarray(self._draw(tf.constant(latents[start : start + _EXAMPLES_PER_CALL])))


def spherical_interpolation(first: np.ndarray, last: np.ndarray, steps: int) -> np.ndarray:
    """Return points on the arc from one latent to another, both ends included.

        sin((1 - t) a) / sin(a) first + sin(t a) / sin(a) last

    for t from 0 to 1, where a is the angle between the two (White 2016, "Sampling generative
    networks", section 2.1). A straight line would pass nearer to 0 than nearly any latent of a
    normal distribution in many dimensions lies.

    Args:
        first, last: `[latent_dim]`, not 0.
        steps: number of points, at least 2.

    Returns:
        `[steps, latent_dim]`; a straight line where both point the same or opposite ways.
    """
    t = np.linspace(0, 1, steps)[:, None]
    cosine = first @ last / (np.linalg.norm(first) * np.linalg.norm(last))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return (1 - t) * first + t * last
    return (np.sin((1 - t) * angle) * first + np.sin(t * angle) * last) / np.sin(angle)

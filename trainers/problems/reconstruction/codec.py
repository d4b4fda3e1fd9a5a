"""Codes of images and images of codes, with the weights that a step holds at that moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from trainers.problems.reconstruction.step import ReconstructionStep

_EXAMPLES_PER_CALL = 512


class Codec:
    """Encodes and decodes arrays of any length, without noise.

    Args:
        step: its model has the layers "encoder" and "decoder".
    """

    def __init__(self, step: ReconstructionStep) -> None:
        self.step = step
        encoder, decoder = (step.model.get_layer(name) for name in ("encoder", "decoder"))
        self._encode = _mapped(lambda x: encoder(x, training=False)["code"], encoder.input)
        self._decode = _mapped(lambda z: tf.sigmoid(decoder(z, training=False)), decoder.input)
        self._disturb = _mapped(step.noisy_images, encoder.input)
        self.latent_dim = int(decoder.input.shape[-1])

    def codes(self, images: np.ndarray) -> np.ndarray:
        """Return the (mean) codes of images `[examples, ...]`, `[examples, latent_dim]`."""
        return self._encode(images)

    def images(self, codes: np.ndarray) -> np.ndarray:
        """Return what codes `[examples, latent_dim]` stand for, `[examples, ...]` in [0, 1]."""
        return self._decode(codes.astype(np.float32))

    def noisy(self, images: np.ndarray) -> np.ndarray:
        """Return images with the noise that the denoising kind learns to remove, always the same.

        Only of that kind.
        """
        return self._disturb(images)


def _mapped(
    function: Callable[[tf.Tensor], tf.Tensor], like: tf.Tensor
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function of arrays that calls a compiled one on some rows at a time."""
    spec = tf.TensorSpec([None, *like.shape[1:]], tf.float32)
    compiled = tf.function(function, input_signature=[spec], autograph=False)

    def call(rows: np.ndarray) -> np.ndarray:
        starts = range(0, len(rows), _EXAMPLES_PER_CALL)
        parts = [compiled(tf.constant(rows[i : i + _EXAMPLES_PER_CALL])) for i in starts]
        return np.concatenate([np.asarray(part) for part in parts])

    return call

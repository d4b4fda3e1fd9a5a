"""Exclusive or, which no perceptron can learn.

Source: D. E. Rumelhart, G. E. Hinton and R. J. Williams, Learning Internal Representations by
Error Propagation, in Parallel Distributed Processing 1 (1986), chapter 8, pages 330-334.
"""

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded.patterns.boolean_function import PDP_CITATION, BooleanFunction


class Xor(BooleanFunction):
    """The four patterns of two bits: yes where exactly one is 1."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "b7859eddecaf658546f6edf0a24e5d51faeb334d69631fc535c8bc70cfb59331"
    BITS = 2
    CLASS_NAMES = ("equal", "different")
    DESCRIPTION = "Exclusive or: all four patterns of two bits."
    CITATION = PDP_CITATION

    def answer(self, patterns: np.ndarray) -> np.ndarray:
        """Return where the two bits differ."""
        return patterns[:, 0] != patterns[:, 1]

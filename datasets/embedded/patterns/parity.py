"""Parity of four bits: neighbours have different answers everywhere.

Source: D. E. Rumelhart, G. E. Hinton and R. J. Williams, Learning Internal Representations by
Error Propagation, in Parallel Distributed Processing 1 (1986), chapter 8, pages 334-335.
"""

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded.patterns.boolean_function import PDP_CITATION, BooleanFunction


class Parity(BooleanFunction):
    """The 16 patterns of four bits: yes where the number of ones is odd."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "fb8e9e5499408316b636b3979b07ac64d159dd8320ca181c4c45735f5b0dc589"
    BITS = 4
    CLASS_NAMES = ("even", "odd")
    DESCRIPTION = "Parity: all 16 patterns of four bits, with an odd or even number of ones."
    CITATION = PDP_CITATION

    def answer(self, patterns: np.ndarray) -> np.ndarray:
        """Return where the number of ones is odd."""
        return patterns.sum(axis=1) % 2 == 1

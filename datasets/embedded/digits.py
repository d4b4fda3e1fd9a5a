"""Handwritten digits, 8x8 pixels: the copy that scikit-learn ships.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
Learning Repository, 1998, doi:10.24432/C50P49 (scikit-learn ships its 1,797 test images).
"""

from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded.builder import (
    EmbeddedBuilder,
    EmbeddedInfo,
    SplitArrays,
    shuffled_splits,
)

SHUFFLE_SEED = 1998

CITATION = """@misc{alpaydin1998optical,
  author = {Alpaydin, E. and Kaynak, C.},
  title = {Optical Recognition of Handwritten Digits},
  year = {1998},
  publisher = {UCI Machine Learning Repository},
  doi = {10.24432/C50P49}
}"""


class Digits(EmbeddedBuilder):
    """1,797 grey images `[8, 8, 1]`, uint8 in 0..16, with labels 0..9.

    Splits by a fixed-seed shuffle: 1,077 train, 360 validation and 360 test examples.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "5fa87196cc467ddad1ac608d6ff4b4a03c1e7cedb827dd9bfd74c93545d287b3"
    CONTENT_SOURCE = "sklearn.datasets.load_digits"
    PIXEL_MAXIMUM = 16
    """Each pixel counts the set points of a 4x4 block of the original bitmap."""

    def _info(self) -> Any:
        return EmbeddedInfo(
            builder=self,
            description="1,797 handwritten digits of 8x8 pixels with values 0..16, in 10 classes.",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(8, 8, 1), dtype=np.uint8),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://doi.org/10.24432/C50P49",
            citation=CITATION,
        )

    def content(self) -> SplitArrays:
        """Return `image [n, 8, 8, 1]` uint8 and `label [n]` int64 for every split."""
        from sklearn.datasets import load_digits

        images, labels = load_digits(return_X_y=True)
        images = images.reshape(-1, 8, 8, 1).astype(np.uint8)
        return {
            split: {"image": images[rows], "label": labels[rows].astype(np.int64)}
            for split, rows in shuffled_splits(len(images), SHUFFLE_SEED).items()
        }

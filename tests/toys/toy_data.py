"""A toy: images that are light or dark."""

from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded.builder import EmbeddedBuilder, EmbeddedInfo, SplitArrays, shuffled_splits


class ToyData(EmbeddedBuilder):
    """200 grey images `[2, 2, 1]` uint8 in 2 classes."""

    VERSION = tfds.core.Version("1.0.0")
    CONTENT_SHA256 = None
    CONTENT_SOURCE = "a seed"

    def _info(self) -> Any:
        features = {
            "image": tfds.features.Image(shape=(2, 2, 1), dtype=np.uint8),
            "label": tfds.features.ClassLabel(num_classes=2),
        }
        return EmbeddedInfo(
            builder=self,
            description="Light and dark images.",
            features=tfds.features.FeaturesDict(features),
            supervised_keys=("image", "label"),
        )

    def content(self) -> SplitArrays:
        """Return the images and labels of every split."""
        random = np.random.default_rng(0)
        labels = np.arange(200) % 2
        images = random.integers(0, 128, (200, 2, 2, 1)) + 128 * labels[:, None, None, None]
        return {
            split: {"image": images[rows].astype(np.uint8), "label": labels[rows].astype(np.int64)}
            for split, rows in shuffled_splits(200, 0).items()
        }

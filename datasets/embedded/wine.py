"""Wines of three growers, and what is in them: the copy that scikit-learn ships.

Source: S. Aeberhard and M. Forina, Wine, UCI Machine Learning Repository, 1991,
doi:10.24432/C5PC7J.
"""

from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded.builder import (
    EmbeddedBuilder,
    EmbeddedInfo,
    SplitArrays,
    stratified_splits,
)

SPLIT_SEED = 1991

CITATION = """@misc{aeberhard1991wine,
  author = {Aeberhard, Stefan and Forina, M.},
  title = {Wine},
  publisher = {UCI Machine Learning Repository},
  year = {1991},
  doi = {10.24432/C5PC7J}
}"""


class Wine(EmbeddedBuilder):
    """178 wines of three growers of one Italian region, by 13 chemical measurements.

    `features [13]` float32 as recorded, not standardized: alcohol, malic acid, ash, its alkalinity,
    magnesium, phenols, flavanoids, nonflavanoid phenols, proanthocyanins, colour, hue, OD280/OD315
    and proline. Stratified by a fixed seed: 106 train, 36 validation and 36 test wines.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "41a028b62ab5df98fec3e643dc81866fc46ab1796a7bd58fb0b0c67cadd59ad3"
    CONTENT_SOURCE = "sklearn.datasets.load_wine"

    def _info(self) -> Any:
        return EmbeddedInfo(
            builder=self,
            description="178 wines of 3 growers by 13 chemical measurements.",
            features=tfds.features.FeaturesDict(
                {
                    "features": tfds.features.Tensor(shape=(13,), dtype=np.float32),
                    "label": tfds.features.ClassLabel(names=["class_0", "class_1", "class_2"]),
                }
            ),
            supervised_keys=("features", "label"),
            homepage="https://doi.org/10.24432/C5PC7J",
            citation=CITATION,
        )

    def content(self) -> SplitArrays:
        """Return `features [n, 13]` float32 and `label [n]` int64 for every split."""
        from sklearn.datasets import load_wine

        features, labels = load_wine(return_X_y=True)
        return {
            split: {
                "features": features[rows].astype(np.float32),
                "label": labels[rows].astype(np.int64),
            }
            for split, rows in stratified_splits(labels, SPLIT_SEED).items()
        }

"""Three species of iris, four lengths of each flower: the copy that scikit-learn ships.

Source: R. A. Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics 7
(1936) 179-188, doi:10.1111/j.1469-1809.1936.tb02137.x (scikit-learn ships Fisher's own figures).
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

SPLIT_SEED = 1936

CITATION = """@article{fisher1936use,
  author = {Fisher, Ronald A.},
  title = {The Use of Multiple Measurements in Taxonomic Problems},
  journal = {Annals of Eugenics},
  volume = {7},
  pages = {179--188},
  year = {1936},
  doi = {10.1111/j.1469-1809.1936.tb02137.x}
}"""


class Iris(EmbeddedBuilder):
    """150 flowers, 50 of each species: length and width of sepal and petal, in cm.

    `features [4]` float32 as recorded, not standardized. Stratified by a fixed seed: 90 train, 30
    validation and 30 test flowers.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "dd8cb9e15721383d4d1a3b2e01be31c6d8f725a747f59b121d946e02e85a32b5"
    CONTENT_SOURCE = "sklearn.datasets.load_iris"

    def _info(self) -> Any:
        return EmbeddedInfo(
            builder=self,
            description="150 flowers of 3 species: length and width of sepal and petal, in cm.",
            features=tfds.features.FeaturesDict(
                {
                    "features": tfds.features.Tensor(shape=(4,), dtype=np.float32),
                    "label": tfds.features.ClassLabel(names=["setosa", "versicolor", "virginica"]),
                }
            ),
            supervised_keys=("features", "label"),
            homepage="https://doi.org/10.1111/j.1469-1809.1936.tb02137.x",
            citation=CITATION,
        )

    def content(self) -> SplitArrays:
        """Return `features [n, 4]` float32 and `label [n]` int64 for every split."""
        from sklearn.datasets import load_iris

        features, labels = load_iris(return_X_y=True)
        return {
            split: {
                "features": features[rows].astype(np.float32),
                "label": labels[rows].astype(np.int64),
            }
            for split, rows in stratified_splits(labels, SPLIT_SEED).items()
        }

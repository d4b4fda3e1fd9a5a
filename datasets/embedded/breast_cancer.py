"""Breast tumours, malignant or benign, by their cell nuclei: the copy that scikit-learn ships.

Source: W. N. Street, W. H. Wolberg and O. L. Mangasarian, Nuclear feature extraction for breast
tumor diagnosis, Proc. SPIE 1905 (1993) 861-870, doi:10.1117/12.148698.
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

SPLIT_SEED = 1993

CITATION = """@inproceedings{street1993nuclear,
  author = {Street, W. Nick and Wolberg, William H. and Mangasarian, Olvi L.},
  title = {Nuclear Feature Extraction for Breast Tumor Diagnosis},
  booktitle = {Proceedings of SPIE},
  volume = {1905},
  pages = {861--870},
  year = {1993},
  doi = {10.1117/12.148698}
}"""


class BreastCancer(EmbeddedBuilder):
    """569 tumours, 212 of them malignant, by 30 measurements of the nuclei in one picture each.

    `features [30]` float32 as recorded, not standardized: mean, standard error and worst of radius,
    texture, perimeter, area, smoothness, compactness, concavity, concave points, symmetry and
    fractal dimension. Stratified by a fixed seed: 341 train, 114 validation and 114 test tumours.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "b84f40465d3b317a52c479d1aaaf24c5b0e3a98369feb7832f022d419ca90a78"
    CONTENT_SOURCE = "sklearn.datasets.load_breast_cancer"

    def _info(self) -> Any:
        return EmbeddedInfo(
            builder=self,
            description="569 breast tumours, malignant or benign: 30 measurements of nuclei.",
            features=tfds.features.FeaturesDict(
                {
                    "features": tfds.features.Tensor(shape=(30,), dtype=np.float32),
                    "label": tfds.features.ClassLabel(names=["malignant", "benign"]),
                }
            ),
            supervised_keys=("features", "label"),
            homepage="https://doi.org/10.1117/12.148698",
            citation=CITATION,
        )

    def content(self) -> SplitArrays:
        """Return `features [n, 30]` float32 and `label [n]` int64 for every split."""
        from sklearn.datasets import load_breast_cancer

        features, labels = load_breast_cancer(return_X_y=True)
        return {
            split: {
                "features": features[rows].astype(np.float32),
                "label": labels[rows].astype(np.int64),
            }
            for split, rows in stratified_splits(labels, SPLIT_SEED).items()
        }

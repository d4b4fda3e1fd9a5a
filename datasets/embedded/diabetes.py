"""Disease progression of 442 diabetes patients: the table that scikit-learn ships.

Source: B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, Least Angle Regression, Annals of
Statistics 32 (2004) 407-499, doi:10.1214/009053604000000067.
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

SHUFFLE_SEED = 2004

CITATION = """@article{efron2004least,
  author = {Efron, Bradley and Hastie, Trevor and Johnstone, Iain and Tibshirani, Robert},
  title = {Least Angle Regression},
  journal = {Annals of Statistics},
  volume = {32},
  pages = {407--499},
  year = {2004},
  doi = {10.1214/009053604000000067}
}"""


class Diabetes(EmbeddedBuilder):
    """442 rows: 10 baseline measurements and the disease progression one year later.

    `features [10]` float32 are age (years), sex (1 or 2), body-mass index (kg/m^2), mean blood
    pressure (mm Hg) and six blood-serum measurements, as recorded and not standardized;
    `target` float32 is the progression score, 25..346. A fixed-seed shuffle gives 264 train,
    89 validation and 89 test rows.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "375950d788283ebfd10f5c0318d538cdbdfb0c1b1f235bfd3eb1f7f1b1a6c71c"
    CONTENT_SOURCE = "sklearn.datasets.load_diabetes"

    def _info(self) -> Any:
        return EmbeddedInfo(
            builder=self,
            description="442 patients: 10 baseline measurements, disease progression in a year.",
            features=tfds.features.FeaturesDict(
                {
                    "features": tfds.features.Tensor(shape=(10,), dtype=np.float32),
                    "target": tfds.features.Scalar(dtype=np.float32),
                }
            ),
            supervised_keys=("features", "target"),
            homepage="https://doi.org/10.1214/009053604000000067",
            citation=CITATION,
        )

    def content(self) -> SplitArrays:
        """Return `features [n, 10]` and `target [n]`, both float32, for every split."""
        from sklearn.datasets import load_diabetes

        features, target = load_diabetes(return_X_y=True, scaled=False)
        return {
            split: {
                "features": features[rows].astype(np.float32),
                "target": target[rows].astype(np.float32),
            }
            for split, rows in shuffled_splits(len(features), SHUFFLE_SEED).items()
        }

"""Sixteen years of United States employment: least squares that rounding ruins.

Source: J. W. Longley, An Appraisal of Least Squares Programs for the Electronic Computer from the
Point of View of the User, Journal of the American Statistical Association 62 (1967) 819-841,
doi:10.1080/01621459.1967.10500896; certified results: NIST Statistical Reference Datasets, Longley.
"""

from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded.builder import EmbeddedBuilder, EmbeddedInfo, SplitArrays
from datasets.partition import SPLITS

FEATURE_NAMES = (
    "gnp_deflator",
    "gnp",
    "unemployed",
    "armed_forces",
    "population",
    "year",
)
# total employment; then the features in their order
_ROWS = (
    (60323, 83.0, 234289, 2356, 1590, 107608, 1947),
    (61122, 88.5, 259426, 2325, 1456, 108632, 1948),
    (60171, 88.2, 258054, 3682, 1616, 109773, 1949),
    (61187, 89.5, 284599, 3351, 1650, 110929, 1950),
    (63221, 96.2, 328975, 2099, 3099, 112075, 1951),
    (63639, 98.1, 346999, 1932, 3594, 113270, 1952),
    (64989, 99.0, 365385, 1870, 3547, 115094, 1953),
    (63761, 100.0, 363112, 3578, 3350, 116219, 1954),
    (66019, 101.2, 397469, 2904, 3048, 117388, 1955),
    (67857, 104.6, 419180, 2822, 2857, 118734, 1956),
    (68169, 108.4, 442769, 2936, 2798, 120445, 1957),
    (66513, 110.8, 444546, 4681, 2637, 121950, 1958),
    (68655, 112.6, 482704, 3813, 2552, 123366, 1959),
    (69564, 114.2, 502601, 3931, 2514, 125368, 1960),
    (69331, 115.7, 518173, 4806, 2572, 127852, 1961),
    (70551, 116.9, 554894, 4007, 2827, 130081, 1962),
)

CITATION = """@article{longley1967appraisal,
  author = {Longley, James W.},
  title = {An Appraisal of Least Squares Programs for the Electronic Computer from the Point of
    View of the User},
  journal = {Journal of the American Statistical Association},
  volume = {62},
  pages = {819--841},
  year = {1967},
  doi = {10.1080/01621459.1967.10500896}
}"""


class Longley(EmbeddedBuilder):
    """16 rows, the years 1947 to 1962: six figures of an economy, and the employment of the year.

    `features [6]` float64 are `FEATURE_NAMES` in their order, as recorded: the deflator of the
    gross national product (1954: 100), the product (millions of dollars), the unemployed and the
    armed forces (thousands), the population of 14 years and over (thousands) and the year.
    `target` float64 is total employment (thousands). The six rise together, so that the matrix of
    least squares has a condition number of about 5e9. Least squares here is of all rows, which is
    what NIST certifies: train, validation and test are the same 16.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "840bec3728b0794841acfa5949034fe89a649efd6a67a066e58d55ed906df99f"
    CONTENT_SOURCE = "its table"

    def _info(self) -> Any:
        return EmbeddedInfo(
            builder=self,
            description="16 years of an economy's figures, and the employment of each year.",
            features=tfds.features.FeaturesDict(
                {
                    "features": tfds.features.Tensor(
                        shape=(6,), dtype=np.float64, encoding=tfds.features.Encoding.BYTES
                    ),
                    "target": tfds.features.Scalar(dtype=np.float64),
                }
            ),
            supervised_keys=("features", "target"),
            homepage="https://www.itl.nist.gov/div898/strd/lls/data/Longley.shtml",
            citation=CITATION,
        )

    def content(self) -> SplitArrays:
        """Return `features [16, 6]` and `target [16]`, float64, the same for every split."""
        table = np.array(_ROWS, np.float64)
        return {split: {"features": table[:, 1:], "target": table[:, 0]} for split in SPLITS}

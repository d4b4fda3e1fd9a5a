"""Two spirals that coil three times around each other: which one is a point of?

Source: K. J. Lang and M. J. Witbrock, Learning to Tell Two Spirals Apart, Proceedings of the 1988
Connectionist Models Summer School, 52-59; the points are Alexis Wieland's, by the program in the
CMU Neural Network Benchmark Collection, `two-spirals`.
"""

from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded.builder import EmbeddedBuilder, EmbeddedInfo, SplitArrays

CITATION = """@inproceedings{lang1988learning,
  author = {Lang, Kevin J. and Witbrock, Michael J.},
  title = {Learning to Tell Two Spirals Apart},
  booktitle = {Proceedings of the 1988 Connectionist Models Summer School},
  pages = {52--59},
  publisher = {Morgan Kaufmann},
  year = {1988}
}"""
# Decimals that Wieland's program prints; sines differ between machines only far behind them.
_DECIMALS = 5


class Spirals(EmbeddedBuilder):
    """194 points to train on, 192 between them to validate on, 192 to test on.

    Point i of one spiral is (r sin a, r cos a), a = i pi / 16 and r = 6.5 (104 - i) / 104, and of
    the other its mirror image through the origin. The training points are i = 0, 1, ..., 96; no
    one else has held any out, so that the others lie on the same spirals in between: validation
    a quarter of a step on, i = 0.25, ..., 95.25, and test half a step, as far from their
    neighbours as can be. `features [2]` float32 stay as they are; `label` is a class; `target`
    float32, to be chosen by `target_key`, is 1 for the first spiral and 0 for the other, for a
    net with a single output.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "4dbf39b5ce269cc6a4c36b93b3fa7e32bd1aa8f2628cccc5905cfbd1e7faf554"
    CONTENT_SOURCE = "its formula"
    STANDARDIZED = False

    def _info(self) -> Any:
        return EmbeddedInfo(
            builder=self,
            description="Points of two spirals that coil three times around each other.",
            features=tfds.features.FeaturesDict(
                {
                    "features": tfds.features.Tensor(shape=(2,), dtype=np.float32),
                    "label": tfds.features.ClassLabel(names=["mirrored", "first"]),
                    "target": tfds.features.Scalar(dtype=np.float32),
                }
            ),
            supervised_keys=("features", "label"),
            citation=CITATION,
        )

    def content(self) -> SplitArrays:
        """Return `features [n, 2]`, `label [n]` and `target [n]` for every split."""
        places = np.arange(97)
        return {
            "train": _points(places),
            "validation": _points(places[:-1] + 0.25),
            "test": _points(places[:-1] + 0.5),
        }


def _points(places: np.ndarray) -> dict[str, np.ndarray]:
    """Return both spirals' points at `[n]` places, of each place the first spiral's first."""
    angles, radii = places * np.pi / 16, 6.5 * (104 - places) / 104
    first = np.stack([radii * np.sin(angles), radii * np.cos(angles)], axis=1)
    points = np.round(np.stack([first, -first], axis=1).reshape(-1, 2), _DECIMALS)
    labels = np.tile([1, 0], len(places))
    return {
        # Zero has no sign: a rounded -0.0 would be another content.
        "features": (points + 0.0).astype(np.float32),
        "label": labels.astype(np.int64),
        "target": labels.astype(np.float32),
    }

"""Points of the plane around known centres: what a generator leaves out can be seen and counted.

Source: Z. Lin, A. Khetan, G. Fanti and S. Oh, PacGAN: The Power of Two Samples in Generative
Adversarial Networks, Advances in Neural Information Processing Systems 31 (2018), section 4.1: its
ring of eight Gaussians and its grid of twenty-five. There were 100,000 points to learn from.
"""

from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded.builder import EmbeddedBuilder, EmbeddedInfo, SplitArrays

GENERATION_SEED = 2018
SPLIT_SIZES = {"train": 20_000, "validation": 2_500, "test": 2_500}
# Coarse enough to hide that logarithms differ between machines in their last digit.
_DECIMALS = 6

CITATION = """@inproceedings{lin2018pacgan,
  author = {Lin, Zinan and Khetan, Ashish and Fanti, Giulia and Oh, Sewoong},
  title = {{PacGAN}: The Power of Two Samples in Generative Adversarial Networks},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {31},
  year = {2018}
}"""


class _Mixture(EmbeddedBuilder):
    """Equally many points around each of some centres, normal and alike in every direction."""

    CENTRES: ClassVar[np.ndarray]
    DEVIATION: ClassVar[float]
    # In the source's units, which the deviation is given in.
    STANDARDIZED = False
    CONTENT_SOURCE = f"NumPy's PCG64({GENERATION_SEED})"

    def _info(self) -> Any:
        return EmbeddedInfo(
            builder=self,
            description=f"Points around {len(self.CENTRES)} centres, of deviation "
            f"{self.DEVIATION}.",
            features=tfds.features.FeaturesDict(
                {
                    "point": tfds.features.Tensor(shape=(2,), dtype=np.float32),
                    "mode": tfds.features.ClassLabel(
                        names=[f"({x:.2g}, {y:.2g})" for x, y in self.CENTRES.round(2) + 0.0]
                    ),
                }
            ),
            supervised_keys=("point", "mode"),
            homepage="https://arxiv.org/abs/1712.04086",
            citation=CITATION,
        )

    def content(self) -> SplitArrays:
        """Return `point [n, 2]` float32 and `mode [n]` int64 for every split."""
        random = np.random.Generator(np.random.PCG64(GENERATION_SEED))
        return {split: self._drawn(random, size) for split, size in SPLIT_SIZES.items()}

    def _drawn(self, random: np.random.Generator, size: int) -> dict[str, np.ndarray]:
        modes = random.permutation(np.arange(size) % len(self.CENTRES))
        points = self.CENTRES[modes] + self.DEVIATION * random.standard_normal((size, 2))
        return {"point": np.round(points, _DECIMALS).astype(np.float32), "mode": modes}


class Ring(_Mixture):
    """Points around 8 centres on the unit circle: 20,000 train, 2,500 validation, 2,500 test.

    `point [2]` float32 is (cos(2 pi k / 8), sin(2 pi k / 8)) + 0.01 e with e standard normal, and
    `mode` is k, in 0..7, each equally often (of the held-out splits to one point).
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "d2862a4bfe804cf2a09c2ca70dd5a500c9c49c89c2b1d5abb1e4cc55a1ccdcb0"
    CENTRES = np.stack([f(np.arange(8) * np.pi / 4) for f in (np.cos, np.sin)], axis=1)
    DEVIATION = 0.01


class Grid(_Mixture):
    """Points around 25 centres of a square grid: 20,000 train, 2,500 validation, 2,500 test.

    `point [2]` float32 is (2 i - 4, 2 j - 4) + 0.05 e with i, j in 0..4 and e standard normal, and
    `mode` is 5 i + j, each equally often.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "9c2b180db15c5deb8c781ae639f1736484745640408359a264490a93de3d0e8b"
    CENTRES = np.stack(np.meshgrid(*[np.arange(-4.0, 5.0, 2.0)] * 2, indexing="ij"), -1).reshape(
        -1, 2
    )
    DEVIATION = 0.05

"""Damped oscillations whose frequency is to be told: time series with a known best error.

Source of the problem: D. C. Rife and R. R. Boorstyn, Single-Tone Parameter Estimation from
Discrete-Time Observations, IEEE Transactions on Information Theory 20 (1974) 591-598.
"""

from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded.builder import EmbeddedBuilder, EmbeddedInfo, SplitArrays

GENERATION_SEED = 1974
SPLIT_SIZES = {"train": 4_000, "validation": 500, "test": 500}
TIME = 40
FREQUENCIES = (0.2, 1.6)
TARGET_NOISE = 0.05
"""Deviation of what is added to the target: no prediction has a smaller root mean square error."""
# Coarse enough to hide that cosines differ between machines in their last digit.
_DECIMALS = 3

CITATION = """@article{rife1974single,
  author = {Rife, David C. and Boorstyn, Robert R.},
  title = {Single-Tone Parameter Estimation from Discrete-Time Observations},
  journal = {IEEE Transactions on Information Theory},
  volume = {20},
  number = {5},
  pages = {591--598},
  year = {1974},
  doi = {10.1109/TIT.1974.1055282}
}"""


class Oscillators(EmbeddedBuilder):
    """4,000 train, 500 validation and 500 test series of 40 steps, and their frequencies.

    `series [40, 1]` float32 is x_t = exp(-d t) cos(2 pi f t / 10 + p), t = 0..39, read to three
    decimals, for a frequency f uniform in 0.2..1.6 turns per ten steps, a damping d in 0..0.05 per
    step and a phase p in 0..2 pi. `target` float32 is f + e for a normal e of deviation s = 0.05.
    The series hold f and nothing of e, so that the best predictor's mean squared error is
    s^2 = 0.0025, and its mean absolute error s sqrt(2 / pi) = 0.0399.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "60bf23bdd19bba5bdbbb139b7b5adb81a7412890d8cc2705c52b742b3c51e9f6"
    CONTENT_SOURCE = f"NumPy's PCG64({GENERATION_SEED})"

    def _info(self) -> Any:
        return EmbeddedInfo(
            builder=self,
            description="Damped oscillations of 40 steps, and their frequencies with noise.",
            features=tfds.features.FeaturesDict(
                {
                    "series": tfds.features.Tensor(shape=(TIME, 1), dtype=np.float32),
                    "target": tfds.features.Scalar(dtype=np.float32),
                }
            ),
            supervised_keys=("series", "target"),
            homepage="https://doi.org/10.1109/TIT.1974.1055282",
            citation=CITATION,
        )

    def content(self) -> SplitArrays:
        """Return `series [n, 40, 1]` and `target [n]`, both float32, for every split."""
        random = np.random.Generator(np.random.PCG64(GENERATION_SEED))
        return {split: _drawn(random, size) for split, size in SPLIT_SIZES.items()}


def _drawn(random: np.random.Generator, size: int) -> dict[str, np.ndarray]:
    frequency = random.uniform(*FREQUENCIES, (size, 1))
    damping = random.uniform(0, 0.05, (size, 1))
    phase = random.uniform(0, 2 * np.pi, (size, 1))
    noise = random.normal(0, TARGET_NOISE, size)
    steps = np.arange(TIME)
    series = np.exp(-damping * steps) * np.cos(2 * np.pi * frequency * steps / 10 + phase)
    return {
        "series": np.round(series, _DECIMALS).astype(np.float32)[..., None],
        "target": np.round(frequency[:, 0] + noise, _DECIMALS).astype(np.float32),
    }

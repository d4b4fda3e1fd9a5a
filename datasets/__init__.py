"""Datasets: embedded TFDS builders, and one pipeline from a name to arrays.

Names are resolved on first use: importing this package and listing its names costs no import
of TensorFlow, TensorFlow Datasets or scikit-learn.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets.catalogue import dataset_description, list_datasets
    from datasets.dataset import Dataset, Split
    from datasets.errors import DataError, UnknownDatasetError
    from datasets.pipeline import chunks, epoch_order, load

PROJECT = "keras-fundamentals-zoo"
"""Tells this package from another one called `datasets` that may be installed."""

__all__ = [
    "PROJECT",
    "DataError",
    "Dataset",
    "Split",
    "UnknownDatasetError",
    "chunks",
    "dataset_description",
    "epoch_order",
    "list_datasets",
    "load",
]

_HOMES = {
    "DataError": "errors",
    "UnknownDatasetError": "errors",
    "dataset_description": "catalogue",
    "list_datasets": "catalogue",
    "Dataset": "dataset",
    "Split": "dataset",
    "chunks": "pipeline",
    "epoch_order": "pipeline",
    "load": "pipeline",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'datasets' has no attribute {name!r}")
    return getattr(importlib.import_module(f"datasets.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Datasets: embedded TFDS builders, and one pipeline from a name to arrays.

Names are resolved on first use: importing this package and listing its names costs no import
of TensorFlow, TensorFlow Datasets or scikit-learn.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets.catalogue import dataset_description, list_datasets
    from datasets.dataset import Dataset, Split
    from datasets.environments import CartPole, EnvironmentState
    from datasets.errors import DataError, UnknownDatasetError
    from datasets.order import epoch_order, stream_order
    from datasets.pipeline import chunks, load
    from datasets.windows import EVALUATION_STREAMS

PROJECT = "keras-fundamentals-zoo"
"""Tells this package from another one called `datasets` that may be installed."""

__all__ = [
    "EVALUATION_STREAMS",
    "PROJECT",
    "CartPole",
    "DataError",
    "Dataset",
    "EnvironmentState",
    "Split",
    "UnknownDatasetError",
    "chunks",
    "dataset_description",
    "epoch_order",
    "list_datasets",
    "load",
    "stream_order",
]

_HOMES = {
    "DataError": "errors",
    "UnknownDatasetError": "errors",
    "dataset_description": "catalogue",
    "list_datasets": "catalogue",
    "Dataset": "dataset",
    "Split": "dataset",
    "CartPole": "environments",
    "EnvironmentState": "environments",
    "chunks": "pipeline",
    "load": "pipeline",
    "epoch_order": "order",
    "stream_order": "order",
    "EVALUATION_STREAMS": "windows",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'datasets' has no attribute {name!r}")
    return getattr(importlib.import_module(f"datasets.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Datasets: embedded TFDS builders, and one pipeline from a name to arrays.

Names are resolved on first use: importing this package and listing its names costs no import
of TensorFlow, TensorFlow Datasets or scikit-learn.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets.catalogue import (
        EmbeddedDataset,
        EnvironmentRow,
        is_environment,
        list_datasets,
        make_environment,
        register_dataset,
        register_environment,
    )
    from datasets.dataset import Dataset, Split
    from datasets.environments.environment import Environment
    from datasets.errors import DataError, DataOptionError, ShortTextError, UnknownDatasetError
    from datasets.naming.names import dataset_description
    from datasets.order import (
        WORDS,
        bucketed_order,
        epoch_order,
        epoch_words,
        sample_rows,
        stream_order,
    )
    from datasets.own.arrays import from_arrays
    from datasets.own.tables import from_frame
    from datasets.pipeline import load
    from datasets.request import check_request, dataset_task
    from datasets.streaming.chunks import CHUNK_BYTES, chunk_bytes, chunks, read_ahead
    from datasets.streaming.tensors import as_tensor
    from datasets.text.windows import EVALUATION_STREAMS

PROJECT = "keras-fundamentals-zoo"
"""Tells this package from another one called `datasets` that may be installed."""

__all__ = [
    "CHUNK_BYTES",
    "EVALUATION_STREAMS",
    "PROJECT",
    "WORDS",
    "DataError",
    "DataOptionError",
    "Dataset",
    "EmbeddedDataset",
    "Environment",
    "EnvironmentRow",
    "ShortTextError",
    "Split",
    "UnknownDatasetError",
    "as_tensor",
    "bucketed_order",
    "check_request",
    "chunk_bytes",
    "chunks",
    "dataset_description",
    "dataset_task",
    "epoch_order",
    "epoch_words",
    "from_arrays",
    "from_frame",
    "is_environment",
    "list_datasets",
    "load",
    "make_environment",
    "read_ahead",
    "register_dataset",
    "register_environment",
    "sample_rows",
    "stream_order",
]

_HOMES = {
    "DataError": "errors",
    "DataOptionError": "errors",
    "ShortTextError": "errors",
    "UnknownDatasetError": "errors",
    "check_request": "request",
    "dataset_task": "request",
    "EmbeddedDataset": "catalogue",
    "EnvironmentRow": "catalogue",
    "dataset_description": "naming.names",
    "is_environment": "catalogue",
    "list_datasets": "catalogue",
    "make_environment": "catalogue",
    "register_dataset": "catalogue",
    "register_environment": "catalogue",
    "Dataset": "dataset",
    "Split": "dataset",
    "Environment": "environments.environment",
    "as_tensor": "streaming.tensors",
    "CHUNK_BYTES": "streaming.chunks",
    "chunk_bytes": "streaming.chunks",
    "chunks": "streaming.chunks",
    "read_ahead": "streaming.chunks",
    "load": "pipeline",
    "WORDS": "order",
    "bucketed_order": "order",
    "epoch_order": "order",
    "epoch_words": "order",
    "sample_rows": "order",
    "from_arrays": "own.arrays",
    "from_frame": "own.tables",
    "stream_order": "order",
    "EVALUATION_STREAMS": "text.windows",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

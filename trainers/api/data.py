"""What stands for data in Python: a dataset's name, a path, or examples in memory."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import configs
import datasets
from datasets.own.request import OwnRequest
from zoo.process.shell import shown, typed_path

# What a file holds, by how its name ends.
_KINDS = {".csv": "table", ".tsv": "table", ".parquet": "table", ".npz": "arrays"}

_DRAWN = ("validation_fraction", "split_seed", "max_resident_gib", "task", "held_out")
_OF_ARRAYS = _DRAWN
_OF_TABLES = (*_DRAWN, "target", "drop", "weight_column", "group_column")
_EXAMPLES_PER_READ = 1024


def is_given_by_name(data: Any) -> bool:
    """Return whether data are a name or a path, and not examples in memory."""
    return isinstance(data, str | os.PathLike)


def named(
    data: str | os.PathLike[str], validation: Any, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings that a dataset's name, or a path, stands for.

    A word that is a dataset's name means that dataset; `pathlib.Path` is always a path.

    Args:
        data: the name or the path.
        validation: which only examples in memory have beside them.
        settings: what else was given: "dataset" says what a path holds, "target" is of a table.

    Raises:
        ConfigError: a path that is not there, or validation data.
    """
    if validation is not None:
        raise configs.ConfigError(
            "validation goes with examples in memory; of a name or a path it is drawn, or lies "
            "beside them: a folder validation/, or x_validation and y_validation of an .npz file"
        )
    dataset, target = settings.get("dataset"), settings.get("target")
    is_name = isinstance(data, str) and dataset is None and data in datasets.list_datasets()
    path = None if is_name else typed_path(data, "data")
    if path is None or (not path.exists() and isinstance(data, str) and not _like_a_path(data)):
        return {"dataset": data}
    if not path.exists():
        raise configs.ConfigError(
            f"data is {shown(path)}, and nothing is there; give a path that exists, or the name of "
            "a dataset"
        )
    return {"dataset": dataset or _kind(path, target), "data_path": path}


def _kind(path: Path, target: Any) -> str:
    if path.is_dir():
        return "images"
    kind = _KINDS.get(path.suffix.lower(), "text")
    return "table" if kind == "arrays" and target is not None else kind


def _like_a_path(text: str) -> bool:
    return (
        os.sep in text.partition("/")[2]
        or text.startswith((".", "~", os.sep))
        or (Path(text).suffix.lower() in {*_KINDS, ".txt", ".npy", ".zip"})
    )


def in_memory(
    data: Any,
    validation: Any,
    config: configs.Config,
    class_names: Sequence[str] = (),
) -> datasets.Dataset:
    """Return examples in memory as a dataset, the same as of a file that holds them.

    Args:
        data: (x, y) or (x, y, weights) of arrays; batches or examples of them, as a
            `tf.data.Dataset` or a `keras.utils.PyDataset` gives them, which are read once; or a
            data frame of pandas, polars or pyarrow.
        validation: the same, or None where validation examples are drawn from `data`.
        config: how they are divided, what a data frame's columns are, and by its precision how
            many digits of numbers are kept.
        class_names: of classes 0, 1, ...

    Raises:
        ConfigError: something else.
        DataError: examples that cannot be used.
    """
    wanted, float64 = config.dataset, config.precision == "float64"
    if is_frame(data):
        if wanted.target is None:
            raise configs.ConfigError("a data frame needs target=: the column to predict")
        if validation is not None:
            raise configs.ConfigError(
                "validation beside a data frame is drawn from its rows; join the two, and give "
                "group_column=... or split_seed=... to choose"
            )
        return datasets.from_frame(data, float64=float64, **_request(wanted, _OF_TABLES))
    request = OwnRequest("arrays", None, float64=float64, **_request(wanted, _OF_ARRAYS))
    x, y, weights = arrays_of("data", data)
    apart = None
    if validation is not None:
        apart = [part for part in arrays_of("validation", validation) if part is not None]
    return datasets.from_arrays(
        x, y, weights=weights, validation=apart, class_names=class_names, request=request
    )


def is_frame(data: Any) -> bool:
    """Return whether data are a data frame of pandas, polars or pyarrow."""
    module = type(data).__module__.partition(".")[0]
    return module in ("pandas", "polars", "pyarrow") and hasattr(data, "columns")


def _request(config: configs.DatasetConfig, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(config, name) for name in names}


def arrays_of(what: str, data: Any) -> tuple[Any, Any, Any]:
    """Return x, y and weights, the last perhaps None."""
    if isinstance(data, list | tuple) and len(data) in (2, 3):
        x, y, *weights = data
        return x, y, weights[0] if weights else None
    parts = _parts(what, data)
    if parts is None:
        raise configs.ConfigError(
            f"{what} is {type(data).__name__}; give (x, y) arrays, a tf.data.Dataset, a data frame "
            "with target=, a path, or a dataset's name"
        )
    if not parts:
        raise datasets.DataError(f"{what} has no examples; give some")
    if any(not isinstance(part, tuple) or len(part) not in (2, 3) for part in parts):
        raise datasets.DataError(f"{what} gives no pairs of inputs and targets; give (x, y)")
    x, y, *weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return x, y, weights[0] if weights else None


def _parts(what: str, data: Any) -> list[Any] | None:
    """Return batches of arrays, or None where data are none that can be gone through."""
    if hasattr(data, "__getitem__") and hasattr(data, "num_batches"):  # keras.utils.PyDataset
        return [tuple(map(np.asarray, data[number])) for number in range(data.num_batches)]
    if not (hasattr(data, "as_numpy_iterator") and hasattr(data, "element_spec")):
        return None
    if int(data.cardinality()) == -1:
        raise datasets.DataError(f"{what} has no end; give .take(n) of it, or leave .repeat() out")
    if not _batched(data.element_spec):
        data = data.batch(_EXAMPLES_PER_READ)
    return list(data.as_numpy_iterator())


def _batched(spec: Any) -> bool:
    """Return whether inputs and targets have a first axis of one length: that of a batch."""
    if not isinstance(spec, tuple) or any(not hasattr(each, "shape") for each in spec):
        return True  # which is told of where the pairs are looked at
    shapes = [each.shape for each in spec]
    if any(not shape.rank for shape in shapes):
        return False
    return len({shape[0] for shape in shapes}) == 1

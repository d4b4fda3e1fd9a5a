"""What stands for data in Python: a dataset's name, a path, or examples in memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import configs
import datasets
from zoo.process.shell import shown, typed_path

# What a file holds, by how its name ends.
_KINDS = {".csv": "table", ".tsv": "table", ".parquet": "table", ".npz": "arrays"}


def named(data: str | os.PathLike[str], dataset: str | None, target: Any = None) -> dict[str, Any]:
    """Return the settings that a dataset's name, or a path, stands for.

    A word that is a dataset's name means that dataset; `pathlib.Path` is always a path.

    Args:
        data: the name or the path.
        dataset: what the user says that a path holds, or None.
        target: given for a table alone.

    Raises:
        ConfigError: a path that is not there.
    """
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

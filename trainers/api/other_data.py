"""Data of any form as what a run can be measured on."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import configs
from trainers.api.data import arrays_of, is_frame, is_given_by_name, named

if TYPE_CHECKING:
    from trainers.predictions.other_data import OtherData


@contextlib.contextmanager
def other_data(data: Any, target: str | None = None) -> Iterator[OtherData]:
    """Return what a run is to be measured on; what is in memory lies in a file meanwhile.

    Args:
        data: a dataset's name, a path, (x, y), or a data frame.
        target: of a table; None means the run's own.

    Raises:
        ConfigError: data of another form.
    """
    from trainers.predictions.other_data import OtherData

    if is_given_by_name(data):
        found = named(data, None, {"target": target})
        path = found.get("data_path")
        yield OtherData(str(found["dataset"]), path, target=target)
        return
    with tempfile.TemporaryDirectory(prefix="keras-zoo-") as folder:
        if is_frame(data):
            yield OtherData("table", _parquet(data, Path(folder)), target=target)
            return
        x, y, weights = arrays_of("data", data)
        arrays: dict[str, Any] = {"x": np.asarray(x), "y": np.asarray(y)}
        arrays |= {} if weights is None else {"weights": np.asarray(weights)}
        if arrays["y"].dtype.hasobject and all(isinstance(each, str) for each in arrays["y"]):
            arrays["y"] = arrays["y"].astype(str)
        if any(array.dtype.hasobject for array in arrays.values()):
            raise configs.ConfigError(
                "data hold Python's objects; give arrays of numbers, and classes as words or "
                "numbers"
            )
        path = Path(folder, "data.npz")
        np.savez(path, **arrays)
        yield OtherData("arrays", path, target=target)


def _parquet(frame: Any, folder: Path) -> Path:
    path = folder / "data.parquet"
    if hasattr(frame, "to_parquet"):
        frame.to_parquet(path, index=False)
    elif hasattr(frame, "write_parquet"):
        frame.write_parquet(path)
    else:
        import pyarrow.parquet

        pyarrow.parquet.write_table(frame, path)
    return path

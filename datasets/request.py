"""Whether a dataset can be asked for at all, known before anything of it is read."""

import os

from datasets.catalogue import EMBEDDED_DATASETS, ENVIRONMENTS, FILE_DATASETS, list_datasets
from datasets.errors import DataError, DataOptionError
from datasets.prepare import data_directory, require_known
from datasets.text.text_files import require_options, require_path


def check_request(
    name: str,
    data_dir: str | os.PathLike[str] | None = None,
    data_path: str | os.PathLike[str] | None = None,
    pattern: str | None = None,
    encoding: str | None = None,
) -> None:
    """Raise an error for a dataset that `datasets.load` would refuse whatever lies on disk.

    TensorFlow Datasets is imported only to look for a name that is not our own.

    Raises:
        UnknownDatasetError: nobody has the name.
        DataError: `data_path` is missing or no path, or given to a dataset that does not take it.
        DataOptionError: `pattern` or `encoding` is, or cannot be meant.
    """
    if data_path is not None and name not in FILE_DATASETS:
        raise DataError(
            f"data_path is {str(data_path)!r} with dataset {name!r}, allowed only with dataset "
            f"{' or '.join(map(repr, FILE_DATASETS))}; leave it out, or choose that dataset"
        )
    if name in FILE_DATASETS:
        require_options(pattern, encoding)
        require_path(name, data_path)
    elif pattern is not None or encoding is not None:
        given = f"pattern is {pattern!r}" if encoding is None else f"encoding is {encoding!r}"
        raise DataOptionError(
            f"{given} with dataset {name!r}, allowed only with dataset "
            f"{' or '.join(map(repr, FILE_DATASETS))}; leave it out, or choose that dataset"
        )
    if name not in list_datasets():
        require_known(name, data_directory(data_dir))


def dataset_task(name: str) -> str | None:
    """Return the task of a dataset of our own; None for one that only its records tell."""
    if name in EMBEDDED_DATASETS:
        return EMBEDDED_DATASETS[name].task
    if name in FILE_DATASETS:
        return "next_character"
    return "control" if name in ENVIRONMENTS else None

"""Whether a dataset can be asked for at all, known before anything of it is read."""

import os
from typing import Any

from datasets.catalogue import (
    DRAWN_DATASETS,
    EMBEDDED_DATASETS,
    FILE_DATASETS,
    environment_class,
    is_environment,
    list_datasets,
)
from datasets.errors import DataError, DataOptionError
from datasets.own.request import picture_size
from datasets.prepare import data_directory, require_known
from datasets.text.text_files import require_options, require_path

# Settings that read pictures and features of TensorFlow Datasets too.
OF_TFDS = ("task", "image_size", "resize", "channels", "input_key", "target_key")
# Of them those that choose among the features of an embedded dataset of a supervised task; the
# task is then that of the feature.
_SUPERVISED = ("classification", "regression")
_OF_EMBEDDED = ("input_key", "target_key")
HELD_OUT = ("drawn", "last")
# What a setting is when nobody has given it.
USUAL = {"task": "auto", "resize": "fit", "held_out": "drawn"}


def check_request(
    name: str,
    data_dir: str | os.PathLike[str] | None = None,
    data_path: str | os.PathLike[str] | None = None,
    **options: Any,
) -> None:
    """Raise an error for a dataset that `datasets.load` would refuse whatever lies on disk.

    TensorFlow Datasets is imported only to look for a name that is not our own.

    Args:
        name: of the dataset.
        data_dir: as `datasets.load` takes it.
        data_path: as `datasets.load` takes it.
        **options: what `datasets.load` takes of some datasets alone, as "pattern" or "target".

    Raises:
        UnknownDatasetError: nobody has the name.
        DataError: `data_path` is missing or no path, or given to a dataset that does not take it.
        DataOptionError: an option is, or cannot be meant.
    """
    if data_path is not None and name not in FILE_DATASETS:
        raise DataError(
            f"data_path is {str(data_path)!r} with dataset {name!r}, allowed only with dataset "
            f"{' or '.join(map(repr, FILE_DATASETS))}; leave it out, or choose that dataset"
        )
    acted_in = is_environment(name)
    own = acted_in or name in list_datasets()
    if options.get("held_out", "drawn") not in HELD_OUT:
        raise DataOptionError(
            f"held_out is {options['held_out']!r}, allowed is {' or '.join(map(repr, HELD_OUT))}"
        )
    taken: tuple[str, ...] = () if own else (*OF_TFDS, "held_out")
    rows: dict[str, Any] = {**FILE_DATASETS, **DRAWN_DATASETS}
    taken = rows[name].options if name in rows else taken
    if name in EMBEDDED_DATASETS and EMBEDDED_DATASETS[name].task in _SUPERVISED:
        taken = (*_OF_EMBEDDED, "held_out", *["task"] * bool(options.get("target_key")))
    for option, value in options.items():
        if value != USUAL.get(option) and option not in taken:
            allowed = [each for each, row in rows.items() if option in row.options]
            allowed = [f"dataset {each!r}" for each in allowed]
            allowed += ["a table that is embedded"] * (option in _OF_EMBEDDED)
            allowed += ["embedded classes or numbers"] * (option == "held_out")
            allowed += ["names of TensorFlow Datasets"] * (option in (*OF_TFDS, "held_out"))
            raise DataOptionError(
                f"{option} is {value!r} with dataset {name!r}, allowed only with "
                f"{' or '.join(allowed)}; leave it out, or choose that"
            )
    picture_size(options.get("image_size"), options.get("resize", "fit"))
    if name in FILE_DATASETS:
        if name == "text":
            require_options(options.get("pattern"), options.get("encoding"))
        require_path(name, data_path)
    if acted_in:
        environment_class(name)
    elif not own:
        require_known(name, data_directory(data_dir))


def dataset_task(name: str, target_key: str | None = None) -> str | None:
    """Return the task of a dataset of our own; None where only its content tells.

    Args:
        name: of the dataset.
        target_key: which of its features is predicted, None for the usual one.
    """
    if name in EMBEDDED_DATASETS and target_key is None:
        return EMBEDDED_DATASETS[name].task
    if name in FILE_DATASETS:
        return FILE_DATASETS[name].task
    if name in DRAWN_DATASETS:
        return DRAWN_DATASETS[name].task
    return "control" if is_environment(name) else None

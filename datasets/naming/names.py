"""The names that datasets go by, and what is said of each."""

from typing import Any

from datasets.catalogue import (
    DRAWN_DATASETS,
    EMBEDDED_DATASETS,
    ENVIRONMENTS,
    FILE_DATASETS,
    is_environment,
)
from datasets.naming.unknown import TFDS_CATALOGUE, base_dataset_name, tfds_names, unknown_dataset


def dataset_description(name: str) -> str:
    """Return one line about a dataset; for a TensorFlow Datasets name, where it is described.

    Raises:
        UnknownDatasetError: neither the table nor TensorFlow Datasets has the name.
    """
    tables: list[dict[str, Any]] = [FILE_DATASETS, ENVIRONMENTS, DRAWN_DATASETS, EMBEDDED_DATASETS]
    for table in tables:
        if name in table:
            return table[name].description
    if is_environment(name):
        return f"reset seeds of Gymnasium's {name}: 100 episodes to validate on, 100 to test"
    base_name = base_dataset_name(name)
    if base_name not in tfds_names():
        raise unknown_dataset(name)
    return f"described at {TFDS_CATALOGUE}/{base_name}"

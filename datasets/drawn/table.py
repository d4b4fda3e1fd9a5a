"""The table of data that are drawn: adding some is one file beside this one and one row here."""

import importlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class DrawnDataset:
    """One row: data that are drawn by a rule and a seed as they are loaded.

    Args:
        reader: dotted path of a function of a `datasets.drawn.request.DrawRequest` that returns the
            fields of a `datasets.Dataset` but its name.
        task: of the data.
        description: one line.
        options: which settings of `datasets.load` it takes, beside those of every dataset.
    """

    reader: str
    task: str
    description: str
    options: tuple[str, ...]

    def reader_function(self) -> Any:
        """Import and return the function."""
        module_name, function_name = self.reader.rsplit(".", 1)
        return getattr(importlib.import_module(module_name), function_name)


DRAWN_DATASETS: dict[str, DrawnDataset] = {
    "adding": DrawnDataset(
        "datasets.drawn.adding.read",
        "regression",
        "two marked numbers of a sequence of 100 steps or more, to be added at its end",
        ("sequence_steps", "train_sequences"),
    ),
    "temporal_order": DrawnDataset(
        "datasets.drawn.temporal_order.read",
        "classification",
        "the order of two or three symbols among 100 or more others, in 4 or 8 classes",
        ("sequence_steps", "train_sequences", "relevant_symbols"),
    ),
}
"""What is neither stored nor prepared."""

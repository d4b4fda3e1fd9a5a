"""What is asked of data of the user's own: where they lie, and how they are read and divided."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from datasets.errors import DataOptionError

LARGEST_SIDE = 4096


@dataclass(frozen=True)
class OwnRequest:
    """A dataset of the user's own, as `datasets.load` was asked for it.

    Each reader looks at its own fields; `datasets.request` refuses the others.

    Args:
        name: the dataset's, for messages: "images", "table", "arrays".
        data_path: the file or folder.
        validation_fraction: in (0, 1): the share that stands in for a missing validation split, and
            again for a missing test split.
        split_seed: 0 or more, decides which examples those are.
        max_resident_gib: arrays of a larger total, in GiB, are mapped temporary files.
        encoding: of a text file that is not UTF-8; None means that it is recognized.
        task: "auto", or what the target is predicted as.
        image_size: "HxW" that pictures are brought to; None means that all have one size.
        resize: how.
        channels: of a picture; None means 1 if all are grey, else 3.
        target: of a table: the column to predict, or several, parted by commas.
        drop: columns that are left out, parted by commas; "unusable" are the columns that no model
            can use, and the rows without a target.
        weight_column: holds every row's weight in the loss.
        group_column: rows of equal values stay in one split.
        held_out: "drawn", or "last": missing splits are the last examples, in their order.
        float64: whether numbers of tables and arrays keep all their digits, and not float32's
            alone.
    """

    name: str
    data_path: str | os.PathLike[str] | None
    validation_fraction: float = 0.1
    split_seed: int = 0
    max_resident_gib: float = 2.0
    encoding: str | None = None
    task: Literal["auto", "classification", "regression"] = "auto"
    image_size: str | None = None
    resize: Literal["fit", "crop", "stretch"] = "fit"
    channels: Literal[1, 3] | None = None
    target: str | None = None
    drop: str | None = None
    weight_column: str | None = None
    group_column: str | None = None
    held_out: Literal["drawn", "last"] = "drawn"
    float64: bool = False

    @property
    def numbers(self) -> np.dtype:
        """The type of what is stored of numbers."""
        return np.dtype(np.float64 if self.float64 else np.float32)


def picture_size(text: str | None, resize: str = "fit") -> tuple[int, int] | None:
    """Return the rows and columns of a size as in "28x28", None for None.

    Raises:
        DataOptionError: it is no size, or how to resize is said and not to which.
    """
    if text is None and resize != "fit":
        raise DataOptionError(
            f"resize is {resize!r} and image_size is not given, so that nothing is resized; pass "
            "--image-size as well"
        )
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,9})[xX]([0-9]{1,9})", text.strip())
    size = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= min(size) <= max(size) <= LARGEST_SIDE:
        raise DataOptionError(
            f"image_size is {text!r}; allowed are rows x columns, 1 to {LARGEST_SIDE} of each, as "
            "in 28x28"
        )
    return size

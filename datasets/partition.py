"""Which records make the train, validation and test splits."""

from dataclasses import dataclass
from typing import Any

from datasets.errors import DataError


@dataclass(frozen=True)
class Part:
    """A slice of one of a builder's own splits.

    Attributes:
        source: the builder's split that holds the records.
        instruction: the slice in TFDS's language, as in "train[:54000]".
        size: the number of examples the slice must yield.
    """

    source: str
    instruction: str
    size: int


def partition(name: str, split_infos: Any, validation_fraction: float) -> dict[str, Part]:
    """Map "train", "validation" and "test" to records.

    A builder's own validation and test splits are used; each one it lacks is carved from the
    end of its train split, `validation_fraction` of the records (at least one), test last.

    Raises:
        DataError: the fraction is not in (0, 1), or there is nothing to take records from.
    """
    sizes = {split: int(split_infos[split].num_examples or 0) for split in split_infos}
    if "train" not in sizes:
        raise DataError(
            f"dataset {name!r} has the splits {sorted(sizes)}, expected one named 'train'; "
            "choose another dataset"
        )
    missing = [split for split in ("validation", "test") if split not in sizes]
    held_out = held_out_size(sizes["train"], validation_fraction)
    carved = held_out if missing else 0
    kept = sizes["train"] - carved * len(missing)
    parts = {"train": Part("train", f"train[:{kept}]", kept)}
    for split in ("validation", "test"):
        if split in missing:
            start = kept + carved * missing.index(split)
            parts[split] = Part("train", f"train[{start}:{start + carved}]", carved)
        else:
            parts[split] = Part(split, split, sizes[split])
    for split, part in parts.items():
        if part.size < 1 or sizes[part.source] < 1:
            raise DataError(
                f"dataset {name!r}: split {split!r} is empty, expected at least 1 example (the "
                f"builder's splits hold {sizes}); lower validation_fraction "
                f"({validation_fraction:g}) or prepare the dataset again"
            )
    return parts


def held_out_size(total: int, validation_fraction: float) -> int:
    """Return how much of `total` stands in for one missing split: 1 or more.

    Raises:
        DataError: the fraction is not in (0, 1).
    """
    if not 0 < validation_fraction < 1:
        raise DataError(
            f"validation_fraction is {validation_fraction}, allowed is above 0 and below 1"
        )
    return max(1, round(total * validation_fraction))

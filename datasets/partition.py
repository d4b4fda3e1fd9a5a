"""Which records make the train, validation and test splits: drawn, or the last of the files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from datasets.errors import DataError

CARVING_RULE = 2
"""Version of the rule by which missing splits are carved; 1 took the last records of the files."""

SPLITS = ("train", "validation", "test")
SHOWN_CLASSES = 5


@dataclass(frozen=True)
class Source:
    """One of a builder's own splits, and how many of its records go to which split.

    Attributes:
        name: the builder's name for it, as in "train".
        sizes: split -> number of records; of several splits train is the first.
        places: `[n]` each record's place, 0 to n - 1, in the files that the builder read. With
            it the splits are those files' parts, train first, each in that order. None: they
            are drawn.
    """

    name: str
    sizes: dict[str, int]
    places: np.ndarray | None = field(default=None, compare=False, repr=False)

    @property
    def size(self) -> int:
        """The number of records that reading it must yield."""
        return sum(self.sizes.values())

    @property
    def carved(self) -> bool:
        """Whether its records are divided among several splits."""
        return len(self.sizes) > 1


def partition(name: str, split_infos: Any, validation_fraction: float) -> list[Source]:
    """Return the builder's splits that are read, with what each of them makes.

    A builder's own validation and test splits are used; each one it lacks is carved from its
    train split, `validation_fraction` of the records (at least one). `Division` says which.

    Raises:
        DataError: the fraction is not in (0, 1), or there is nothing to take records from.
    """
    sizes = {split: int(split_infos[split].num_examples or 0) for split in split_infos}
    if "train" not in sizes:
        raise DataError(
            f"dataset {name!r} has the splits {sorted(sizes)}, expected one named 'train'; "
            "choose another dataset"
        )
    missing = [split for split in SPLITS if split not in sizes]
    held_out = held_out_size(sizes["train"], validation_fraction)
    kept = sizes["train"] - held_out * len(missing)
    sources = [Source("train", {"train": kept, **dict.fromkeys(missing, held_out)})]
    sources += [Source(split, {split: sizes[split]}) for split in SPLITS[1:] if split in sizes]
    for split, size in ((split, size) for made in sources for split, size in made.sizes.items()):
        if size < 1:
            raise DataError(
                f"dataset {name!r}: split {split!r} is empty, expected at least 1 example (the "
                f"builder's splits hold {sizes}); lower validation_fraction "
                f"({validation_fraction:g}) or prepare the dataset again"
            )
    return sources


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


class Division:
    """Where each record of a source goes: a function of their classes, their number and a seed.

    Where the source knows its records' places, they alone decide.

    Args:
        source: of n records.
        classes: `[n]` class numbers, 0 or more, or None where records have none; not needed for a
            source that makes one split.
        seed: 0 or more; another one divides otherwise.
    """

    def __init__(self, source: Source, classes: np.ndarray | None, seed: int) -> None:
        self._names = list(source.sizes)
        self._numbers, self._rows = None, None
        if source.places is not None:
            ends = np.cumsum(list(source.sizes.values()))
            self._numbers = np.searchsorted(ends, source.places, side="right")
            self._rows = source.places - (ends - list(source.sizes.values()))[self._numbers]
        elif source.carved:
            classes = np.zeros(source.size, np.int64) if classes is None else classes
            self._numbers = stratified(classes, list(source.sizes.values()), seed)
        self._read, self._filled = 0, dict.fromkeys(self._names, 0)

    def next(self, count: int) -> Iterator[tuple[str, Any, Any]]:
        """Yield for the next `count` records each split, which of them are its, and its rows.

        Records keep their order within a split, or take their places; which of them are meant is
        an index of the batch.
        """
        batch = slice(self._read, self._read + count)
        numbers = None if self._numbers is None else self._numbers[batch]
        self._read += count
        for number, name in enumerate(self._names):
            first = self._filled[name]
            if numbers is None:
                self._filled[name] += count
                yield name, slice(None), slice(first, first + count)
            else:
                chosen = np.flatnonzero(numbers == number)
                self._filled[name] += len(chosen)
                rows = slice(first, first + len(chosen))
                yield name, chosen, rows if self._rows is None else self._rows[batch][chosen]


def stratified(classes: np.ndarray, sizes: Sequence[int], seed: int) -> np.ndarray:
    """Return which split each record goes to, `[n]` int8 indices of `sizes`.

    Within a class records are shuffled. Of each class a split gets its share, `size * n_k / n`,
    rounded by largest remainders so that sizes are exact. A class with as many records as there
    are splits is in all of them as long as that takes from no class more than the square root of
    its share, which is what a plain shuffle would do by chance; of rarer classes train keeps one
    record if it can. A class whose share is 1 or more is in every split.

    Args:
        classes: `[n]` class numbers, 0 or more.
        sizes: of train, then of the splits carved from it; 1 or more each, n together.
        seed: 0 or more.
    """
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([CARVING_RULE, seed])))
    order = random.permutation(len(classes))
    order = order[np.argsort(classes[order], kind="stable")]
    counts = np.bincount(classes)
    luck = random.permutation(len(counts))
    starts, taken = np.cumsum(counts) - counts, np.zeros_like(counts)
    numbers = np.zeros(len(classes), np.int8)
    for number, size in enumerate(sizes[1:], start=1):
        shares = _shares(counts, counts - taken, size, (len(sizes), len(sizes) - number), luck)
        before = np.cumsum(shares) - shares
        numbers[order[np.repeat(starts + taken - before, shares) + np.arange(size)]] = number
        taken += shares
    return numbers


def _shares(
    counts: np.ndarray, left: np.ndarray, size: int, splits: tuple[int, int], luck: np.ndarray
) -> np.ndarray:
    """Return how many records of each class one split gets, `size` in all.

    Args:
        counts: `[classes]` records of each class, and
        left: those that no split has yet.
        size: of the split.
        splits: how many there are, and how many come after this one, train among them.
        luck: `[classes]` a permutation that decides between equals.
    """
    everywhere = counts >= splits[0]
    ideal = size * left / left.sum()
    most = np.maximum(0, left - np.where(everywhere, splits[1], 1))
    if most.sum() < size:
        least, most = most, left  # more classes than the other splits have room for
    else:
        least = np.minimum(np.maximum(0, ideal - np.sqrt(ideal)).astype(np.int64), most)
        absent = np.flatnonzero(everywhere & (least == 0) & (most > 0))
        absent = absent[np.lexsort((luck[absent], -counts[absent]))]
        least[absent[: size - least.sum()]] = 1
    shares = np.clip(ideal.astype(np.int64), least, most)
    while gap := int(size - shares.sum()):
        toward = 1 if gap > 0 else -1
        free = np.flatnonzero(shares < most if gap > 0 else shares > least)
        free = free[np.lexsort((luck[free], toward * (shares - ideal)[free]))]
        shares[free[: abs(gap)]] += toward
    return shares


def absent_classes(targets: Mapping[str, np.ndarray], class_names: tuple[str, ...]) -> list[str]:
    """Return a line for the classes without an example, and for each split that lacks others."""
    counts = {
        split: np.bincount(numbers, minlength=len(class_names))
        for split, numbers in targets.items()
    }
    present = np.sum(list(counts.values()), axis=0) > 0
    nowhere = [class_names[number] for number in np.flatnonzero(~present)]
    lines = [_absent("no split has an", nowhere, len(class_names))] if nowhere else []
    for split, found in counts.items():
        absent = [class_names[number] for number in np.flatnonzero(present & (found == 0))]
        if absent:
            lines.append(_absent(f"split {split!r} has no", absent, int(present.sum())))
    return lines


def _absent(which: str, absent: Sequence[str], classes: int) -> str:
    shown = ", ".join(absent[:SHOWN_CLASSES])
    more = f" and {len(absent) - SHOWN_CLASSES} more" if absent[SHOWN_CLASSES:] else ""
    return f"{which} example of {len(absent)} of {classes} classes: {shown}{more}"

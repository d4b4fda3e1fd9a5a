"""What each column of a table is for, and which of its rows are used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.errors import DataError, DataOptionError
from datasets.own.tabular.blocks import Frame, listed
from datasets.own.tabular.targets import TableTargets

UNUSABLE = "unusable"
# So many groups are shown by name in a message.
_FEW_WORDS = 8


@dataclass(frozen=True)
class Roles:
    """What each column of a table is for: names of columns."""

    targets: tuple[str, ...]
    features: tuple[str, ...]
    weight: str | None
    group: str | None
    drops_unusable: bool

    @classmethod
    def of(
        cls,
        frame: Frame,
        target: str | None,
        drop: str | None,
        weight: str | None,
        group: str | None,
    ) -> Roles:
        """Return the roles that a request gives the columns.

        Args:
            frame: the table.
            target: columns, parted by commas, and
            drop: those to leave out, and "unusable".
            weight: a column, and
            group: a column.

        Raises:
            DataError: there is no such column, or no column is left to learn from.
            DataOptionError: no target, or a column has two roles.
        """
        if not target:
            raise DataOptionError(
                f"dataset 'table' needs target, the column to predict; pass --target with "
                f"one of {listed(frame.names)}"
            )
        targets = _names(frame, target, "target column")
        dropped = _names(frame, drop or "", "column to drop", UNUSABLE)
        given = dict.fromkeys(targets, "target")
        for name, role in [
            *((each, "drop") for each in dropped if each != UNUSABLE),
            *((each, role) for each, role in ((weight, "weight_column"), (group, "group_column"))),
        ]:
            if name is None:
                continue
            frame.column(name, f"column for {role}")
            if name in given:
                raise DataOptionError(
                    f"column {name!r} is given as {given[name]} and as {role}; give it once"
                )
            given[name] = role
        features = tuple(name for name in frame.names if name not in given)
        if not features:
            raise DataError(
                f"{frame.source} has no column to learn from beside {listed(list(given))}; give a "
                "table with more columns"
            )
        return cls(targets, features, weight, group, UNUSABLE in dropped)


def _names(frame: Frame, text: str, role: str, *others: str) -> tuple[str, ...]:
    """Return the columns that a comma-separated list names; a name may itself have commas."""
    if text in frame.columns:
        return (text,)
    names = [part.strip() for part in text.split(",") if part.strip()]
    for name in names:
        if name not in others:
            frame.column(name, role)
    return tuple(dict.fromkeys(names))


def kept_rows(
    frame: Frame, roles: Roles, targets: TableTargets
) -> tuple[np.ndarray, np.ndarray | None, list[str]]:
    """Return the rows that are used, ascending, every row's weight, and what is left out.

    Raises:
        DataError: targets are missing, weights are none, or no row is left.
    """
    kept, notes, weights = targets.present, [], None
    without = np.flatnonzero(~kept)
    if len(without):
        told = f"{len(without):,} of {len(kept):,} rows have no {' or no '.join(roles.targets)}"
        if not roles.drops_unusable:
            raise DataError(
                f"{frame.source}: {told}, the first is row {without[0] + 1}; fill them in, or pass "
                f"--drop {UNUSABLE} to leave these rows out"
            )
        notes.append(f"{told} and are left out")
    if roles.weight is not None:
        weights = weights_of(frame, roles.weight, kept)
        unweighted = int(np.count_nonzero(weights[kept] == 0))
        if unweighted:
            notes.append(f"{unweighted:,} rows of weight 0 are left out")
        kept = kept & (weights > 0)
    rows = np.flatnonzero(kept)
    if not len(rows):
        raise DataError(f"{frame.source} has no row with a target and a weight above 0; fill it in")
    return rows, weights, notes


def weights_of(frame: Frame, name: str, used: np.ndarray | None = None) -> np.ndarray:
    """Return every row's weight, `[n]` float32.

    Args:
        frame: the table.
        name: of the column that holds them.
        used: `[n]` which rows need one; None means all.

    Raises:
        DataError: they are no numbers, or a row's is missing, infinite or below 0.
    """
    column = frame.column(name)
    if column.kind != "number":
        raise DataError(
            f"{frame.source}: weight column {name!r} holds no numbers, expected some of 0 or more; "
            "name another column"
        )
    weights = column.values().astype(np.float32)
    is_wrong = ~((weights >= 0) & (weights < np.inf))
    wrong = np.flatnonzero(is_wrong if used is None else is_wrong & used)
    if len(wrong):
        raise DataError(
            f"{frame.source}: weight column {name!r} is {weights[wrong[0]]} in row {wrong[0] + 1}, "
            "allowed is 0 or more; mend it"
        )
    return weights


def groups_of(frame: Frame, name: str | None, kept: np.ndarray) -> np.ndarray | None:
    """Return what is equal for the rows `kept` of one group, or None without such a column.

    Raises:
        DataError: a row has no group.
    """
    if name is None:
        return None
    column = frame.column(name)
    if column.kind == "words":
        places = np.concatenate(column.blocks)
        missing = places == (list(column.words).index("") if "" in column.words else -1)
        few = len(column.words) <= _FEW_WORDS
        values = np.array(column.words)[places] if few else places
    else:
        values = column.values()
        missing = np.isnan(values)
    if missing[kept].any():
        row = int(kept[missing[kept]][0])
        raise DataError(
            f"{frame.source}: group column {name!r} is empty in row {row + 1}; fill it in"
        )
    return values[kept]

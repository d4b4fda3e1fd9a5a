"""Arrays as they are given: inputs, targets, and what belongs to each example beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from datasets.errors import DataError


@dataclass(frozen=True, eq=False)
class Part:
    """One X with its y, whole or of one split, as given and not yet looked at.

    Args:
        inputs: `[n, ...]` numbers.
        targets: `[n]` or `[n, targets]` numbers, or `[n]` strings.
        weights: `[n]` what an example counts, 0 or more, or None.
        lengths: `[n]` how many of its steps are no padding, or None.
        groups: `[n]` numbers or strings, the same for examples that stay in one split, or None.
        where: of what the arrays are, for messages, as in "digits.npz: ".
        names: what the arrays are called there, by their names here.
    """

    inputs: np.ndarray
    targets: np.ndarray
    weights: np.ndarray | None = None
    lengths: np.ndarray | None = None
    groups: np.ndarray | None = None
    where: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for role in ("inputs", "targets", "weights", "lengths", "groups"):
            array = getattr(self, role)
            if array is None:
                continue
            if array.dtype.kind not in "buifUS" or (role == "inputs" and array.dtype.kind in "US"):
                allowed = "numbers" if role == "inputs" else "numbers or strings"
                raise self.error(role, f"is of type {array.dtype}, allowed are {allowed}")
            if array.ndim == 0:
                raise self.error(role, "is a single value; give one for each example")
            if role in ("weights", "lengths", "groups") and array.ndim != 1:
                raise self.error(role, f"has shape {array.shape}, expected one value per example")
            if len(array) != len(self.inputs):
                raise self.error(
                    role,
                    f"has {len(array)} examples, {self.named('inputs')} {len(self.inputs)}; "
                    "give as many",
                )
        if not len(self.inputs):
            raise self.error("inputs", "has no examples; give at least 3, one for each split")

    def named(self, role: str) -> str:
        """Return what an array is called where it comes from."""
        return self.names.get(role, role)

    def error(self, role: str, message: str) -> DataError:
        """Return the error about one of the arrays, or, as in "[7] is 0", about a value in it."""
        space = "" if message.startswith("[") else " "
        return DataError(f"{self.where}{self.named(role)}{space}{message}")

    def counted(self) -> np.ndarray:
        """Return the rows, ascending, that have a weight above 0: the others count for nothing.

        Raises:
            DataError: a weight is below 0 or no number, or all are 0.
        """
        if self.weights is None:
            return np.arange(len(self.inputs))
        if self.weights.dtype.kind in "US":
            raise self.error("weights", "are strings, allowed are numbers of 0 or more")
        wrong = np.flatnonzero(~(np.isfinite(self.weights) & (self.weights >= 0)))
        if len(wrong):
            raise self.error(
                "weights", f"[{wrong[0]}] is {self.weights[wrong[0]]}, allowed is 0 or more"
            )
        rows = np.flatnonzero(self.weights > 0)
        if not len(rows):
            raise self.error("weights", "are all 0; give some example a weight above 0")
        return rows

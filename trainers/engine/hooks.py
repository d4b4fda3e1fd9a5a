"""What a problem does beside training: plain callables; when they are called is the engine's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    import keras

RUN = "."
"""Where what is of a whole run is shown, or of its best weights: beside all splits."""


class Shows(Protocol):
    """Where a hook shows what it has made; see `trainers.runs.tensorboard.event_files`.

    `where` is the split whose examples are seen, or `RUN`.
    """

    def text(self, name: str, markdown: str, step: int, where: str = "train") -> None:
        """Show a text."""

    def images(self, name: str, images: np.ndarray, step: int, where: str = "train") -> None:
        """Show pictures `[images, rows, columns, channels]`, float in [0, 1] or uint8."""

    def precision_recall(self, counts: Mapping[str, np.ndarray], step: int, where: str) -> None:
        """Show curves by name, each of counts `[4, thresholds]`.

        Those are, for thresholds from 0 to 1 at even distances, true positives, false positives,
        true negatives and false negatives.
        """


class Moment(NamedTuple):
    """What a hook is told: where the run writes and shows, and when it is.

    Args:
        folder: the run's.
        shows: what is shown there.
        step: updates done.
        model: with the weights that are looked at.
        validation: which validation it is, from 1 on.
    """

    folder: Path
    shows: Shows
    step: int
    model: keras.Model
    validation: int = 1

    @property
    def is_seldom(self) -> bool:
        """Whether it is the first validation, the second, the fourth, the eighth and so on.

        What costs more than a glance is shown then: TensorBoard keeps ten pictures of a name.
        """
        return self.validation & (self.validation - 1) == 0


@dataclass(frozen=True)
class Hooks:
    """What a problem does beside training; the engine decides when.

    read: once before a saved run is measured, with its folder, in which nothing may be written.
    begin: once before the first update, with the run folder, or None if nothing may be written.
    on_validation: after every validation, with that moment's averaged weights in the model.
    at_end: once, with the best weights in the model.

    A hook of the last two that fails ends no run: a warning names it by its function's name.
    """

    read: Sequence[Callable[[Path], None]] = ()
    begin: Sequence[Callable[[Path | None], None]] = ()
    on_validation: Sequence[Callable[[Moment], None]] = ()
    at_end: Sequence[Callable[[Moment], None]] = ()

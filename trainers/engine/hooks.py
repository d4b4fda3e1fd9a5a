"""What a problem does beside training: plain callables; when they are called is the engine's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np


class Shows(Protocol):
    """Where a hook shows what it has made; see `trainers.runs.tensorboard`."""

    def text(self, name: str, markdown: str, step: int) -> None:
        """Show a text."""

    def images(self, name: str, images: np.ndarray, step: int) -> None:
        """Show pictures `[images, rows, columns, channels]`, float in [0, 1] or uint8."""


class Moment(NamedTuple):
    """What a hook is told: where the run writes and shows, and after how many updates it is."""

    folder: Path
    shows: Shows
    step: int


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

"""What every tracker is told of a run, and where its own name for the run is kept.

The id lies in the run's folder, trackers.json, so that a run that goes on goes on there, too. A
tracker that fails, as a server that does not answer, ends no run: it is one warning.
"""

from __future__ import annotations

import abc
import importlib.util
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import configs
from trainers.engine.callbacks import Callback, CallbackMoment
from trainers.objectives.metrics import is_detail
from trainers.output.files import replace_file
from trainers.runs.guard import Guard

_IDS = "trackers.json"
_TRAIN, _VALIDATION, _TEST = "", "val_", "test_"
ARTIFACTS = ("config.yaml", "summary.json", "report.html", "model.keras")
"""What of a run's folder is kept with a tracker at the end, where it is there."""


def require(package: str, tracker: str) -> None:
    """Raise `ConfigError` if a tracker's package is missing; it is not imported."""
    if importlib.util.find_spec(package) is None:
        raise configs.ConfigError(
            f"{tracker} needs the package {package}, which is not installed; "
            "`pip install keras-fundamentals-zoo[track]` brings it, or leave the tracker out"
        )


class Tracker(Callback, abc.ABC):
    """A callback that tells a tracker the settings, all figures, and what a run leaves behind.

    Figures are called as in Keras: `loss`, `val_loss`, and at the end `test_loss`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._guarded = Guard()
        self._open = False

    @abc.abstractmethod
    def begin(self, moment: CallbackMoment, known: str | None) -> str:
        """Begin or go on with the tracker's run, and return its id.

        Args:
            moment: of the run.
            known: its id, if it was begun before.
        """

    @abc.abstractmethod
    def figures(self, values: Mapping[str, float], step: int) -> None:
        """Tell figures of an update."""

    @abc.abstractmethod
    def end(self, values: Mapping[str, float], step: int, files: list[Path]) -> None:
        """Tell the test figures, keep the files, and end the tracker's run."""

    def on_begin(self, moment: CallbackMoment) -> None:
        """Begin, or go on with the tracker's run of before."""
        self._guarded(f"{self.name}", partial(self._begin, moment))

    def on_logged(self, moment: CallbackMoment) -> None:
        """Tell the training figures."""
        self._tell(moment, _TRAIN)

    def on_validated(self, moment: CallbackMoment) -> None:
        """Tell the validation figures."""
        self._tell(moment, _VALIDATION)

    def on_end(self, moment: CallbackMoment) -> None:
        """Tell the test figures and keep the files."""
        if not self._open:
            return
        found = [moment.folder / name for name in ARTIFACTS if (moment.folder / name).is_file()]
        values = _named(moment.figures, _TEST)
        self._guarded(self.name, partial(self.end, values, moment.step, found))
        self._open = False

    def _begin(self, moment: CallbackMoment) -> None:
        ids = _ids(moment.folder)
        own = self.begin(moment, ids.get(self.name))
        self._open = True
        if ids.get(self.name) != own:
            text = json.dumps({**ids, self.name: own}, indent=2) + "\n"
            replace_file(moment.folder / _IDS, text.encode())

    def _tell(self, moment: CallbackMoment, prefix: str) -> None:
        if self._open:
            values = _named(moment.figures, prefix)
            self._guarded(self.name, partial(self.figures, values, moment.step))


def _named(figures: Mapping[str, float], prefix: str) -> dict[str, float]:
    return {f"{prefix}{name}": value for name, value in figures.items() if not is_detail(name)}


def _ids(folder: Path) -> dict[str, str]:
    """Return the trackers' ids of a run; none where the file is not there or is damaged."""
    try:
        values = json.loads((folder / _IDS).read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in values.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def settings_of(moment: CallbackMoment) -> dict[str, Any]:
    """Return a run's settings by dotted key; those that stand at nothing are left out."""
    flat = configs.flattened(configs.to_dict(moment.config))
    return {key: value for key, value in flat.items() if value is not None and value != []}

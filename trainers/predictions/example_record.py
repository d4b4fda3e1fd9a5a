"""What a run's best weights made of each test example: `test_examples.npz`.

It is what intervals, the worst mistakes and comparisons of runs are made of, so that none of them
needs the data or TensorFlow again. Arrays and one JSON text; nothing in it is executed.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainers.errors import CheckpointError
from trainers.output.files import replaced
from zoo.process.shell import shown

FILE = "test_examples.npz"
_FORMAT = 1


@dataclass(frozen=True)
class ExampleRecord:
    """Figures and answers of test examples.

    Args:
        about: "fingerprint" and "dataset" of the data, "splits" (sizes by name), "kind" of answers
            ("classes", "numbers" or "none"), "names" of the classes or targets, "step" of the
            weights, "best_by", and "higher": the figures of which more is better.
        rows: `[examples]`, which of the test split's.
        weights: `[examples]`.
        figures: by name `[examples]`.
        targets: `[examples]` classes, or `[examples, targets]` in their own units; else None.
        answers: of classes `[examples]`, the likeliest; of numbers `[examples, targets]`.
        confidence: `[examples]`, the probability of that class; None where scores are none.
        worst: `[at most 24]`, places among the examples, of the mistakes the worst first.
        pictures: `[worst, rows, columns, 1 or 3]` uint8, or None.
        labels: `[examples]`, what the source calls an example: a file, a row's number; or None.
    """

    about: dict[str, Any]
    rows: np.ndarray
    weights: np.ndarray
    figures: dict[str, np.ndarray]
    targets: np.ndarray | None = None
    answers: np.ndarray | None = None
    confidence: np.ndarray | None = None
    worst: np.ndarray | None = None
    pictures: np.ndarray | None = None
    labels: np.ndarray | None = None

    def label(self, place: int) -> str:
        """Return what an example is called."""
        if self.labels is None:
            return f"test example {self.rows[place]:,}"
        told = self.labels[place]
        return f"row {told:,}" if self.labels.dtype.kind in "iu" else str(told)

    def write(self, folder: Path) -> None:
        """Write the file, whole or not at all."""
        arrays: dict[str, np.ndarray] = {"rows": self.rows, "weights": self.weights}
        arrays |= {f"figures/{name}": values for name, values in self.figures.items()}
        for name in _OPTIONAL:
            value = getattr(self, name)
            if value is not None:
                arrays[name] = value
        about = json.dumps({"format": _FORMAT, **self.about}, ensure_ascii=False)
        with replaced(folder / FILE) as temporary:
            np.savez_compressed(temporary, about=np.array(about), **arrays)  # type: ignore[arg-type]

    @classmethod
    def read(cls, folder: Path) -> ExampleRecord | None:
        """Return what a folder's file holds, None where there is none.

        Raises:
            CheckpointError: it is damaged, or of another release.
        """
        path = folder / FILE
        if not path.is_file():
            return None
        try:
            # Opened here: of what is no archive NumPy would leave the file open.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
                arrays = {name: held[name] for name in held.files}
            about = json.loads(str(arrays.pop("about")))
            if about["format"] != _FORMAT:
                raise CheckpointError(
                    f"{shown(path)} is of format {about['format']}, and this release reads "
                    f"{_FORMAT}; `python -m trainers.report {shown(folder)} --measure` writes it "
                    "anew"
                )
            figures = {
                name.partition("/")[2]: values
                for name, values in arrays.items()
                if name.startswith("figures/")
            }
            rest = {name: arrays.get(name) for name in _OPTIONAL}
            found = cls(about, arrays["rows"], arrays["weights"], figures, **rest)
            _require_whole(found)
            return found
        except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise CheckpointError(
                f"{shown(path)} is damaged; `python -m trainers.report {shown(folder)} --measure` "
                "writes it anew"
            ) from error


_OPTIONAL = ("targets", "answers", "confidence", "worst", "pictures", "labels")


def _require_whole(found: ExampleRecord) -> None:
    count = len(found.rows)
    each = [found.weights, *found.figures.values(), found.targets, found.answers]
    each += [found.confidence, found.labels]
    if any(array is not None and len(array) != count for array in each):
        raise ValueError("arrays of unlike lengths")
    worst = found.worst if found.worst is not None else np.zeros(0, int)
    if len(worst) and not 0 <= worst.min() <= worst.max() < count:
        raise ValueError("a place outside the examples")

"""What all contenders of a row start from: weights, examples, order, the optimizer's numbers.

Ours writes it, as it has the weights and decides the order; the others read it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Prepared:
    """A row, ready to be trained.

    Args:
        kind: as in `Case`.
        options: of the model, all of them.
        optimizer: "name", "learning_rate" and what else the rule has.
        weights: trainable ones, in the model's order.
        inputs, targets, example_weights: of all examples.
        order: int32 `[turns, updates, batch]`.
        steps: int32 `[turns, updates]`, how long the sequences of an update are; 0 where
            they are whole, or the data no sequences.
        follows: float32 `[turns, updates, batch]`, 1 where a window goes on from the last update's.
    """

    kind: str
    options: dict[str, Any]
    optimizer: dict[str, Any]
    weights: list[np.ndarray]
    inputs: np.ndarray
    targets: np.ndarray
    example_weights: np.ndarray
    order: np.ndarray
    steps: np.ndarray
    follows: np.ndarray

    def save(self, folder: Path) -> None:
        """Write everything into a folder."""
        about = {"kind": self.kind, "options": self.options, "optimizer": self.optimizer}
        (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {f"weights_{i:03d}": each for i, each in enumerate(self.weights)}
        np.savez(folder / "arrays.npz", allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path) -> Prepared:
        """Read what `save` has written."""
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        with np.load(folder / "arrays.npz", allow_pickle=False) as file:
            arrays = {name: file[name] for name in _ARRAYS}
            weights = [file[name] for name in sorted(file.files) if name.startswith("weights_")]
        return cls(**about, weights=weights, **arrays)


_ARRAYS = ("inputs", "targets", "example_weights", "order", "steps", "follows")

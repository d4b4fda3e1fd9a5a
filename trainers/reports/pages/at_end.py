"""What a run keeps for its report while its best weights are in the model."""

from __future__ import annotations

from pathlib import Path

from trainers.assembly.assemble import Assembly
from trainers.predictions.measured_examples import measured_examples


def record_examples(parts: Assembly, folder: Path, step: int) -> None:
    """Write what the weights that a run's step holds make of its test examples.

    Args:
        parts: of the run.
        folder: of the run.
        step: updates after which the weights were saved.
    """
    record = measured_examples(parts, step)
    if record is not None:
        record.write(folder)

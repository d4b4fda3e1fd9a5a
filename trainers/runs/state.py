"""What an exact resume needs, as named arrays: every variable of the step, and the open sums.

Names are positions ("model/0003"): Keras's own paths contain counters that depend on what else
the process has built. The configuration, checked first, fixes what stands at each position.
"""

from __future__ import annotations

import numpy as np

from trainers.engine import finite
from trainers.engine.step import Step
from trainers.engine.totals import Totals
from trainers.errors import CheckpointError


def capture(step: Step, totals: Totals, at_step: int) -> dict[str, np.ndarray]:
    """Copy the state out of TensorFlow.

    Raises:
        DivergedError: a weight is not finite; such a state is never saved as good.
    """
    arrays = {key: np.asarray(variable.numpy()) for key, variable in _named(step).items()}
    finite.require_finite((arrays[key] for key in arrays if key.startswith("model/")), at_step)
    arrays["interval/sums"] = np.asarray(totals.sums, np.float64)
    arrays["interval/weight"] = np.asarray(totals.weight, np.float64)
    return arrays


def restore(step: Step, totals: Totals, arrays: dict[str, np.ndarray]) -> None:
    """Put a captured state back.

    Raises:
        CheckpointError: the arrays are not those of this model and optimizer; nothing is changed.
    """
    named = _named(step)
    saved = {key for key in arrays if not key.startswith("interval/")}
    if saved != set(named):
        raise CheckpointError(
            f"the checkpoint holds {len(saved)} variables, this model and optimizer have "
            f"{len(named)}: it belongs to another model or optimizer"
        )
    for key, variable in named.items():
        if tuple(variable.shape) != arrays[key].shape:
            raise CheckpointError(
                f"variable {variable.path} has shape {tuple(variable.shape)}, in the checkpoint "
                f"{arrays[key].shape}: it belongs to another model"
            )
    if arrays["interval/sums"].shape != (len(step.names),):
        raise CheckpointError(
            f"the checkpoint holds sums of {len(arrays['interval/sums'])} figures, this run has "
            f"{len(step.names)} ({', '.join(step.names)}); give the metrics that it began with"
        )
    for key, variable in named.items():
        variable.assign(arrays[key])
    totals.sums = arrays["interval/sums"]
    totals.weight = float(arrays["interval/weight"])


def _named(step: Step) -> dict:
    return {
        f"{group}/{index:04d}": variable
        for group, variables in step.variables.items()
        for index, variable in enumerate(variables)
    }

"""What must stay a finite number: the loss, the validation's figure, the weights.

The run and `--dry-run` ask the same; where there is no checkpoint, none is spoken of.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from trainers.engine.loop import Call
from trainers.engine.step import Step
from trainers.errors import DivergedError

_REMEDY = "lower --learning-rate or set --clip-norm"


def require_loss(call: Call, *, saved: bool = True) -> None:
    """Raise `DivergedError` if the loss of an update was not finite, naming the update."""
    if call.bad_step is not None:
        raise DivergedError(f"the loss is not finite at step {call.bad_step}{_then(saved)}")


def require_figure(figures: dict[str, float], name: str, step: int, *, saved: bool = True) -> None:
    """Raise `DivergedError` if the validation's figure that weights are chosen by is not finite."""
    if not math.isfinite(figures[name]):
        raise DivergedError(
            f"the validation's {name} is not finite after step {step}{_then(saved)}"
        )


def require_weights(step: Step, at_step: int, *, saved: bool = True) -> None:
    """Raise `DivergedError` if a variable of the model is not finite, after `at_step` updates."""
    require_finite((variable.numpy() for variable in step.variables["model"]), at_step, saved=saved)


def require_finite(weights: Iterable[np.ndarray], at_step: int, *, saved: bool = True) -> None:
    """Raise `DivergedError` if one of a model's weights, copied after `at_step`, is not finite."""
    for array in weights:
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DivergedError(
                f"a weight is no longer finite at step {at_step}{_then(saved)}, and start again"
            )


def _then(saved: bool) -> str:
    return f"; the last good checkpoint is kept: {_REMEDY}" if saved else f": {_REMEDY}"

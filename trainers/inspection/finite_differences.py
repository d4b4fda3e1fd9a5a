"""Gradients by central finite differences, to check those of automatic differentiation.

Source: Press et al., Numerical Recipes, 3rd edition, 2007, section 5.7 (the step and its error).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

import zoo.layers.activations

if TYPE_CHECKING:
    from trainers.objectives.losses import LossFunction

TOLERANCE = 1e-5
# About the cube root of float64's rounding, where the errors of step and rounding balance.
STEP = 1e-5
# Rounding alone makes differences of about 1e-10: gradients below this are compared to it.
FLOOR = 1e-4


@dataclass(frozen=True)
class Comparison:
    """One variable's gradient of one loss, differentiated and measured.

    Args:
        loss: the loss's name.
        variable: the variable's path in the model.
        worst: largest relative error of the coordinates checked; NaN where there is none.
        coordinates: number of coordinates checked.
        kinks: number of coordinates left out, where the loss has a kink within the step.
    """

    loss: str
    variable: str
    worst: float
    coordinates: int
    kinks: int

    @property
    def passed(self) -> bool:
        """Whether something was checked and none of it was wrong."""
        return self.worst <= TOLERANCE


def compare(
    model: keras.Model,
    losses: Mapping[str, LossFunction],
    inputs: Any,
    targets: Any,
    *,
    coordinates: int = 40,
    seed: int = 0,
    training: bool = False,
) -> list[Comparison]:
    """Compare the tape's gradient of each mean loss to central differences.

    With the loss L as a function of one coordinate w, the difference n is
    (L(w + h) - L(w - h)) / 2h at h = 1e-5, and its relative error against the tape's a

        |n - a| / max(|n|, |a|, 1e-4 max(1, |L|))

    L may have a kink within h of w (relu, pooling, hinge), where n is no derivative. A coordinate
    is left out if n changes by half the tolerance when h is halved (a kink beside w), or if the
    two one-sided differences disagree and their disagreement does not shrink with h, as curvature
    does (a kink at w). A wrong gradient of a smooth loss shows neither sign.

    Args:
        model: built in float64, without randomness in this mode; its weights are put back.
        losses: by name, each (targets, outputs) to one value per prediction.
        inputs: `[batch, ...]`.
        targets: `[batch, ...]`.
        coordinates: how many of each variable to check, drawn by `seed`; all where it has fewer.
        training: the mode, as in `model(inputs, training=...)`.
    """

    @tf.function(autograph=False)
    def values() -> tf.Tensor:
        outputs = model(inputs, training=training)
        return tf.stack([tf.reduce_mean(loss(targets, outputs)) for loss in losses.values()])

    with tf.GradientTape(persistent=True) as tape:
        present = tf.unstack(values())
    # One row of arrays per loss: the gradient of every variable, zeros where none arrives.
    gradients = [
        [
            np.zeros(v.shape) if g is None else np.asarray(tf.convert_to_tensor(g))
            for v, g in zip(
                model.trainable_variables,
                tape.gradient(value, model.trainable_variables),
                strict=True,
            )
        ]
        for value in present
    ]
    random = np.random.default_rng(seed)
    result = []
    for index, variable in enumerate(model.trainable_variables):
        size = int(np.prod(variable.shape))
        chosen = random.choice(size, min(coordinates, size), replace=False)
        measured = np.array([_measure(values, variable, int(each)) for each in chosen])
        for row, name in enumerate(losses):
            analytic = gradients[row][index].reshape(-1)[chosen]
            errors, kinks = _errors(measured[:, :, row], analytic)
            worst = float(np.max(errors[~kinks])) if not kinks.all() else float("nan")
            result.append(
                Comparison(name, variable.path, worst, int((~kinks).sum()), int(kinks.sum()))
            )
    return result


def _measure(values: Any, variable: keras.Variable, coordinate: int) -> np.ndarray:
    """Return every loss at w - h, w - h/2, w, w + h/2, w + h: `[5, losses]`."""
    original = np.array(variable.value)
    found = []
    for offset in (-STEP, -STEP / 2, 0.0, STEP / 2, STEP):
        moved = original.copy()
        moved.reshape(-1)[coordinate] += offset
        variable.assign(moved)
        found.append(np.asarray(values()))
    variable.assign(original)
    return np.stack(found)


def _errors(measured: np.ndarray, analytic: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the relative errors `[coordinates]` and where a kink makes them meaningless.

    Args:
        measured: one loss at the five points, `[coordinates, 5]`.
        analytic: the tape's gradient, `[coordinates]`.
    """
    far_left, left, here, right, far_right = measured.T
    numeric = (far_right - far_left) / (2 * STEP)
    halved = (right - left) / STEP
    scale = np.maximum(np.abs(numeric), np.abs(analytic))
    scale = np.maximum(scale, FLOOR * np.maximum(1.0, np.abs(here)))
    # Forward minus backward difference: curvature times the step, or a kink's jump in slope.
    jump = np.abs(far_right - 2 * here + far_left) / STEP
    halved_jump = np.abs(right - 2 * here + left) / (STEP / 2)
    beside = np.abs(numeric - halved) > TOLERANCE / 2 * scale
    at = (jump > FLOOR * scale) & (halved_jump > 0.75 * jump)
    return np.abs(numeric - analytic) / scale, beside | at


def straight_through(model: keras.Model) -> bool:
    """Return whether a gradient passes through the step activation.

    Its gradient of 1 is chosen, and not its derivative, which is 0 wherever there is one.
    """
    return any(
        function is zoo.layers.activations.step
        for layer in _layers(model.layers)
        for name in ("activation", "recurrent_activation")
        for function in [getattr(layer, name, None)]
    )


def _layers(layers: Sequence[Any]) -> Iterator[Any]:
    for layer in layers:
        yield layer
        yield from _layers(getattr(layer, "layers", ()))
        yield from _layers([x for x in (getattr(layer, n, None) for n in ("layer", "cell")) if x])

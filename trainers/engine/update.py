"""One update, whatever is learned: find the gradient, move the weights along it."""

from __future__ import annotations

import tensorflow as tf

from trainers.engine.batch import Batch
from trainers.engine.step import Step


def update(step: Step, data: Batch, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Do one update on the examples of `data` at `indices`, int32 `[batch]`, of static length.

    On several replicas each calls this for the whole batch, finds the gradient of its own share,
    and moves its copy of the weights by the sum of all.

    Returns:
        Weighted sums of the step's `names`, float64 `[names]`, and the weight, float64 `[]`.
    """
    gradients, sums, weight = step.gradients(data, indices)
    step.weights.apply(gradients, data, indices)
    return sums, weight

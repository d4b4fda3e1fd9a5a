"""Empirical risk: what supervised learning minimizes, and what is measured beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import keras

import configs
from trainers.objectives.losses import loss_function
from trainers.objectives.metrics import metric_function, metric_name
from trainers.objectives.penalty import L2Penalty

if TYPE_CHECKING:
    from trainers.objectives.losses import Loss, LossFunction
    from trainers.objectives.metrics import Metric


@dataclass(frozen=True)
class EmpiricalRisk:
    """(1 / sum_i w_i) sum_i w_i loss(y_i, f(x_i)) + R(f) over the examples of a batch.

    Vapnik, "Principles of risk minimization for learning theory", NeurIPS 1991, equation 3.

    Args:
        loss: (targets, outputs) to one value per prediction.
        metric: the same, for people.
        metric_name: how the metric is called in logs.
        penalty: R, which is in no reported loss.
        more: metrics that the user has given beside, by name.
    """

    loss: LossFunction
    metric: Metric
    metric_name: str
    penalty: L2Penalty
    more: Mapping[str, Metric] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        config: configs.LossConfig,
        model: keras.Model,
        predicts: str,
        output_activation: str = "linear",
        deviations: Sequence[float] | None = None,
        *,
        given: Loss | None = None,
        more: Mapping[str, Metric] | None = None,
    ) -> EmpiricalRisk:
        """Return the risk of a configuration whose loss is resolved.

        Args:
            config: the loss and the penalty's strength.
            model: whose outputs `[batch, ..., outputs]` are judged, and whose kernels penalized.
            predicts: "classes" or "numbers".
            output_activation: of the model.
            deviations: of numbers that were standardized, so that the metric is in their own
                units; the loss is of the standardized ones.
            given: a loss of the user's own, in the place of the configured one.
            more: metrics of the user's own.
        """
        outputs = int(model.output_shape[-1])
        return cls(
            loss_function(config, predicts, outputs, output_activation, given),
            metric_function(predicts, deviations),
            metric_name(predicts),
            L2Penalty(model.trainable_variables, config.l2),
            more or {},
        )

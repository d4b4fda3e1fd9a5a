"""What is minimized, and how weights move: the settings of the loss and of the update rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from configs.fields import option


@dataclass(frozen=True)
class LossConfig:
    """The empirical risk that is minimized."""

    name: str = option("auto", "what to minimize", "Loss")
    huber_delta: float = option(
        1.0, "where Huber's loss turns from square to line", "Loss", above=0
    )
    l2: float = option(
        0.0, "penalty 1/2 l2 |w|^2 on kernels in training; not in logged losses", "Loss", minimum=0
    )
    class_weights: str | None = option(
        None,
        'balanced, or a weight for each class, as in "{cat: 1, dog: 2.5}"; in training alone',
        "Loss",
        metavar="WEIGHTS",
        none="all alike",
    )
    rejection_penalty: float = option(
        4.0,
        "penalty j of none of the classes, in rejecting_cross_entropy",
        "Loss",
        minimum=0,
    )


@dataclass(frozen=True)
class OptimizerConfig:
    """The update rule, its step size, and its own options."""

    name: str = option("adam", "the update rule", "Optimizer")
    learning_rate: float | None = option(
        None, "step size", "Optimizer", none="the optimizer's own", above=0
    )
    schedule: Literal["constant", "cosine", "linear", "exponential", "inverse_sqrt", "epochs"] = (
        option(
            "constant",
            "of the learning rate over the run; cosine and linear end at 0, exponential at 1 %; "
            "update t of inverse_sqrt has its 1/sqrt(t); epochs: as --epoch-rates says",
            "Optimizer",
        )
    )
    epoch_rates: str | None = option(
        None,
        'learning rates and for how many epochs each, as in "5e-4x2,2e-4x3,1e-5"; the last one '
        "holds to the end",
        "Optimizer",
        metavar="RATES",
        none="the learning rate",
    )
    warmup_steps: int = option(
        0,
        "updates in which the learning rate rises linearly to its full value, which the last has",
        "Optimizer",
        minimum=0,
    )
    weight_decay: float | None = option(
        None,
        "share of the kernels of dense, convolution and recurrent layers, and of nothing else, "
        "times the learning rate, taken off per update",
        "Optimizer",
        none="off",
        minimum=0,
    )
    ema_momentum: float | None = option(
        None,
        "validate and export a running average of the weights",
        "Optimizer",
        none="off",
        minimum=0,
        maximum=0.99999,
    )
    clip_norm: float | None = option(
        None,
        "scale the gradient down to this global norm, after accumulation",
        "Optimizer",
        none="off",
        above=0,
    )
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stretched(self) -> bool:
        """Whether the schedule depends on how long the run is."""
        return self.schedule in ("cosine", "linear", "exponential")

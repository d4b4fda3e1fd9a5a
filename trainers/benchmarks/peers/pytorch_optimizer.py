"""PyTorch's fused optimizers, with the equations that Keras's have."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn


class Optimizer:
    """A fused optimizer of PyTorch's, whose Adam adds epsilon where Keras's does.

    PyTorch's divides by sqrt(v / (1 - beta_2^t)) + epsilon and Keras's, as the paper's section 2
    ends, by (sqrt(v) + epsilon) / sqrt(1 - beta_2^t).
    """

    def __init__(self, model: nn.Module, settings: dict[str, Any]) -> None:
        parameters = [each for each in model.parameters() if each.requires_grad]
        rate, self._updates = settings["learning_rate"], 0
        self._rule: torch.optim.Optimizer
        if settings["name"] == "sgd":
            self._rule, self._epsilon = torch.optim.SGD(parameters, rate, fused=True), None
        else:
            self._beta_2, self._epsilon = settings["beta_2"], settings["epsilon"]
            betas = (settings["beta_1"], self._beta_2)
            self._rule = torch.optim.Adam(parameters, rate, betas, fused=True)

    def zero_grad(self) -> None:
        """Forget the last gradient."""
        self._rule.zero_grad(set_to_none=True)

    def step(self) -> None:
        """Move the parameters along their gradient."""
        self._updates += 1
        if self._epsilon is not None:
            correction = math.sqrt(1 - self._beta_2**self._updates)
            self._rule.param_groups[0]["eps"] = self._epsilon / correction
        self._rule.step()

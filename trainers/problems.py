"""The learning problems: one row per task of a model, read without importing TensorFlow.

A row names the module that makes the problem's step; adding a problem is one such module and one
row here. The loop, checkpoints and summaries know none of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import configs
import zoo
from zoo import ModelOption

SUPERVISED = "trainers.supervised"


@dataclass(frozen=True)
class Problem:
    """One row.

    Args:
        module: has `make(config, dataset, model, run)`, see `trainers.assembly`.
        dataset_task: the task of the datasets that it learns from.
        headline: the test figure that stands for a run, e.g. in the README's table.
        options: settings of the problem, given as `--problem.NAME`.
    """

    module: str
    dataset_task: str
    headline: str
    options: dict[str, ModelOption] = field(default_factory=dict)

    @property
    def supervised(self) -> bool:
        """Whether it minimizes a loss between outputs and targets, example by example."""
        return self.module == SUPERVISED


PROBLEMS = {
    "classification": Problem(SUPERVISED, "classification", "accuracy"),
    "regression": Problem(SUPERVISED, "regression", "mean_absolute_error"),
    "next_symbol": Problem(SUPERVISED, "next_symbol", "excess_ratio"),
    "next_character": Problem("trainers.text", "next_character", "bits_per_character"),
}


def of_model(name: str) -> Problem:
    """Return the problem that a registered model learns."""
    return PROBLEMS[zoo.model_card(name).task]


def check(config: configs.Config) -> None:
    """Raise an error for the first problem option that is outside its bounds."""
    options = of_model(config.model.name).options
    for name, value in config.problem.options.items():
        options[name].check(value, config.model.name)

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
        distributes: whether its step shares a batch among replicas.
        options: settings of the problem, given as `--problem.NAME`.
        calls_python: whether an update calls Python from inside the graph, which XLA cannot.
    """

    module: str
    dataset_task: str
    headline: str
    options: dict[str, ModelOption] = field(default_factory=dict)
    calls_python: bool = False
    distributes: bool = False

    @property
    def supervised(self) -> bool:
        """Whether it minimizes a loss between outputs and targets, example by example."""
        return self.module == SUPERVISED


_CONTROL = (
    ModelOption(
        "algorithm",
        "Literal['actor_critic', 'reinforce']",
        "actor_critic",
        ("actor_critic", "reinforce"),
    ),
    ModelOption("horizon_steps", "int", 32, interval="[1, inf)"),
    ModelOption("discount", "float", 0.99, interval="[0, 1]"),
    ModelOption("gae_lambda", "float", 0.95, interval="[0, 1]"),
    ModelOption("value_coefficient", "float", 0.5, interval="[0, inf)"),
    ModelOption("entropy_bonus", "float", 0.0, interval="[0, inf)"),
    ModelOption("normalize_advantages", "bool", True),
)

_GENERATION = (
    # None: the generator's.
    ModelOption("discriminator_learning_rate", "float | None", None, interval="(0, inf)"),
    ModelOption("label_smoothing", "float", 0.0, interval="[0, 0.5)"),
    ModelOption("judge_steps", "int", 600, interval="[1, inf)"),
)

_RECONSTRUCTION = (ModelOption("beta", "float", 1.0, interval="[0, inf)"),)

PROBLEMS = {
    "classification": Problem(SUPERVISED, "classification", "accuracy", distributes=True),
    "regression": Problem(SUPERVISED, "regression", "mean_absolute_error", distributes=True),
    "next_symbol": Problem(SUPERVISED, "next_symbol", "excess_ratio", distributes=True),
    "next_character": Problem(
        "trainers.text", "next_character", "bits_per_character", distributes=True
    ),
    "generation": Problem(
        "trainers.adversarial",
        "classification",
        "frechet_distance",
        {option.name: option for option in _GENERATION},
    ),
    "control": Problem(
        "trainers.policy_gradient",
        "control",
        "mean_return",
        {option.name: option for option in _CONTROL},
        calls_python=True,
    ),
    "reconstruction": Problem(
        "trainers.reconstruction",
        "classification",
        "mean_squared_error",
        {option.name: option for option in _RECONSTRUCTION},
        distributes=True,
    ),
}


def of_model(name: str) -> Problem:
    """Return the problem that a registered model learns."""
    return PROBLEMS[zoo.model_card(name).task]


def check(config: configs.Config) -> None:
    """Raise an error for the first problem option that is outside its bounds."""
    options = of_model(config.model.name).options
    for name, value in config.problem.options.items():
        options[name].check(value, config.model.name)

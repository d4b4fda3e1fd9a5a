"""The learning problems: one row per task of a model, read without importing TensorFlow.

A row names the module that makes the problem's step; adding a problem is one such module and one
row here. The loop, checkpoints and logs know none of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import configs
import zoo
from trainers.objectives.losses import fitting, resolve
from zoo import Option

SUPERVISED = "trainers.problems.supervised.problem"


@dataclass(frozen=True)
class Problem:
    """One row.

    Args:
        module: has `make(plan, dataset, model, make_optimizer)`, see `trainers.problems.parts`.
        dataset_task: the task of the datasets that it learns from.
        headline: the test figure that stands for a run, e.g. in the README's table.
        predicts: "classes" or "numbers" where it minimizes a loss of outputs and targets.
        own_losses: the losses that it computes itself, the usual one first.
        higher_is_better: its figures that are.
        options: settings of the problem, given as `--problem.NAME`.
        distributes: whether its step shares a batch among replicas.
        calls_python: whether an update calls Python from inside the graph, which XLA cannot.
    """

    module: str
    dataset_task: str
    headline: str
    predicts: str | None = None
    own_losses: tuple[str, ...] = ()
    higher_is_better: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    distributes: bool = False
    calls_python: bool = False

    @property
    def supervised(self) -> bool:
        """Whether it minimizes a loss between outputs and targets, example by example."""
        return self.predicts is not None

    @property
    def losses(self) -> list[str]:
        """The names that `--loss` takes beside "auto", the usual one first."""
        if self.predicts is None:
            return list(self.own_losses)
        usual = "cross_entropy" if self.predicts == "classes" else "mse"
        return [usual, *(name for name in fitting(self.predicts) if name != usual)]

    def loss(self, name: str, task: str, output_activation: str = "linear") -> str:
        """Return the loss that `name` means, see `trainers.objectives.losses.resolve`."""
        return resolve(name, task, self.losses, output_activation, from_table=self.supervised)


_CONTROL = (
    Option(
        "algorithm",
        "Literal['actor_critic', 'reinforce']",
        "actor_critic",
        ("actor_critic", "reinforce"),
        help="what an action is worth: a bootstrapped or a whole return",
    ),
    Option(
        "horizon_steps", "int", 32, interval="[1, inf)", help="steps that are played per update"
    ),
    Option("discount", "float", 0.99, interval="[0, 1]", help="of rewards, per step"),
    Option("gae_lambda", "float", 0.95, interval="[0, 1]", help="of generalized advantages"),
    Option("value_coefficient", "float", 0.5, interval="[0, inf)", help="of the value's loss"),
    Option("entropy_bonus", "float", 0.0, interval="[0, inf)", help="of the policy, per nat"),
    Option("normalize_advantages", "bool", True, help="to mean 0 and deviation 1"),
)

_GENERATION = (
    Option(
        "discriminator_learning_rate",
        "float | None",
        None,
        interval="(0, inf)",
        help="its step size; null: the generator's",
    ),
    Option(
        "label_smoothing", "float", 0.0, interval="[0, 0.5)", help="taken off real images' targets"
    ),
    Option(
        "classifier_steps",
        "int",
        600,
        interval="[1, inf)",
        help="updates of the classifier in whose features samples are compared",
    ),
)

_RECONSTRUCTION = (
    Option("beta", "float", 1.0, interval="[0, inf)", help="weight of the codes' divergence"),
)

PROBLEMS = {
    "classification": Problem(
        SUPERVISED,
        "classification",
        "accuracy",
        predicts="classes",
        higher_is_better=("accuracy",),
        distributes=True,
    ),
    "regression": Problem(
        SUPERVISED, "regression", "mean_absolute_error", predicts="numbers", distributes=True
    ),
    "next_symbol": Problem(
        SUPERVISED,
        "next_symbol",
        "excess_ratio",
        predicts="classes",
        higher_is_better=("accuracy",),
        distributes=True,
    ),
    "next_character": Problem(
        "trainers.problems.text.problem",
        "next_character",
        "bits_per_character",
        own_losses=("cross_entropy",),
        higher_is_better=("accuracy",),
        distributes=True,
    ),
    "generation": Problem(
        "trainers.problems.adversarial.problem",
        "classification",
        "frechet_distance",
        higher_is_better=("classes_present",),
        options=_GENERATION,
    ),
    "control": Problem(
        "trainers.problems.reinforcement.problem",
        "control",
        "mean_return",
        higher_is_better=("mean_return",),
        options=_CONTROL,
        calls_python=True,
    ),
    "reconstruction": Problem(
        "trainers.problems.reconstruction.problem",
        "classification",
        "mean_squared_error",
        own_losses=("cross_entropy", "mse"),
        options=_RECONSTRUCTION,
        distributes=True,
    ),
}


def register_problem(task: str, row: Problem) -> None:
    """Add a learning problem of the user's own, for models that are registered with `task`.

    Raises:
        ConfigError: the task has one.
    """
    if task in PROBLEMS:
        raise configs.ConfigError(f"the task {task!r} has a learning problem; choose another name")
    PROBLEMS[task] = row


def find(task: str) -> Problem:
    """Return the problem of a task; raise `ConfigError` with the nearest match if there is none."""
    if task not in PROBLEMS:
        raise configs.ConfigError(
            f"no learning problem is registered for the task {task!r}"
            f"{configs.instead(task, PROBLEMS)}"
        )
    return PROBLEMS[task]


def of_model(name: str) -> Problem:
    """Return the problem that a registered model learns."""
    return find(zoo.model_card(name).task)

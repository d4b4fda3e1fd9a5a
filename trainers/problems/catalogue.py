"""The learning problems: one row per task of a model, read without importing TensorFlow.

A row names the module that makes the problem's step; adding a problem is one such module and one
row here. The loop, checkpoints and logs know none of them.
"""

from __future__ import annotations

import configs
import zoo
from trainers.problems.row import Problem
from zoo import Option

SUPERVISED = "trainers.problems.supervised.problem"


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
    Option(
        "whole_episodes",
        "bool",
        False,
        help="an update plays one episode, if it ends in these steps, and sums over its actions",
    ),
    Option("discount", "float", 0.99, interval="[0, 1]", help="of rewards, per step"),
    Option("gae_lambda", "float", 0.95, interval="[0, 1]", help="of generalized advantages"),
    Option("value_coefficient", "float", 0.5, interval="[0, inf)", help="of the value's loss"),
    Option("entropy_bonus", "float", 0.0, interval="[0, inf)", help="of the policy, per nat"),
    Option("normalize_advantages", "bool", True, help="to mean 0 and deviation 1"),
    Option(
        "evaluated_actions",
        "Literal['likeliest', 'drawn']",
        "likeliest",
        ("likeliest", "drawn"),
        help="of the episodes that measure a policy; drawn: as it acts in training",
    ),
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
        varies_pictures=True,
        answers="targets",
    ),
    "regression": Problem(
        SUPERVISED,
        "regression",
        "mean_absolute_error",
        predicts="numbers",
        distributes=True,
        varies_pictures=True,
        answers="targets",
    ),
    "next_symbol": Problem(
        SUPERVISED,
        "next_symbol",
        "excess_ratio",
        predicts="classes",
        higher_is_better=("accuracy",),
        distributes=True,
        answers="targets",
    ),
    "next_character": Problem(
        "trainers.problems.text.problem",
        "next_character",
        "bits_per_character",
        own_losses=("cross_entropy",),
        higher_is_better=("accuracy",),
        distributes=True,
        answers="targets",
    ),
    "generation": Problem(
        "trainers.problems.adversarial.problem",
        "classification",
        "frechet_distance",
        higher_is_better=("classes_present", "modes_covered"),
        beside=(
            ("frechet_distance", "frechet_of_halves", "of two halves of the real images"),
            ("good_share", "good_share_of_real", "of the real points"),
        ),
        options=_GENERATION,
    ),
    "control": Problem(
        "trainers.problems.reinforcement.problem",
        "control",
        "mean_return",
        higher_is_better=("mean_return",),
        beside=(("mean_return", "random_return", "of random actions"),),
        options=_CONTROL,
        calls_python=True,
        answers="actions",
    ),
    "reconstruction": Problem(
        "trainers.problems.reconstruction.problem",
        "classification",
        "mean_squared_error",
        own_losses=("cross_entropy", "mse"),
        higher_is_better=("bound_nats",),
        beside=(("neighbour_accuracy", "pixel_neighbour_accuracy", "of the raw pixels"),),
        options=_RECONSTRUCTION,
        distributes=True,
        varies_pictures=True,
        answers="images",
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
    """Return the problem that a registered model learns first of all."""
    return find(zoo.model_card(name).task)


def dataset_tasks(name: str) -> list[str]:
    """Return the tasks of the datasets that a registered model learns from."""
    return [find(task).dataset_task for task in zoo.model_card(name).tasks]

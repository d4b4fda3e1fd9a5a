"""Make a policy's learning from a configuration: its environments, its step, its evaluation."""

from __future__ import annotations

from functools import partial

import keras

import configs
import datasets
from trainers.engine.hooks import Hooks
from trainers.engine.length import batch_size_of
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.parts import MakeOptimizer, ProblemParts
from trainers.problems.plan import Plan
from trainers.problems.reinforcement.evaluation import Episodes
from trainers.problems.reinforcement.pictures import picture_hook
from trainers.problems.reinforcement.step import PolicyStep, Settings


def make(
    plan: Plan, dataset: datasets.Dataset, model: keras.Model, make_optimizer: MakeOptimizer
) -> ProblemParts:
    """Make the step that plays as many environments in parallel as a batch has rows.

    Raises:
        ConfigError: another precision than float32.
    """
    config = plan.config
    if config.precision != "float32":
        raise configs.ConfigError(
            f"precision is {config.precision!r}, but a policy's small layers gain nothing from "
            "16 bits; allowed for this model: float32"
        )
    count = batch_size_of(config, dataset.splits["train"].size)
    environment = partial(datasets.make_environment, dataset.name)
    settings = Settings(**config.problem.options)
    weights = OptimizedWeights(
        make_optimizer(), model.trainable_variables, clip_norm=config.optimizer.clip_norm
    )
    step = PolicyStep(
        model,
        weights,
        settings,
        (environment(count), environment(count)),
        seed=config.seed,
    )
    mode = "eager" if config.compile == "eager" else "graph"
    seed = int(dataset.splits["test"].inputs[0])
    pictures = Hooks(at_end=[picture_hook(model, environment, seed)])
    luck = config.seed if settings.evaluated_actions == "drawn" else None
    episodes = Episodes(step, environment, mode, luck=luck)
    return ProblemParts(step, episodes, pictures, examples=episodes.each)

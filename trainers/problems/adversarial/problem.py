"""Make adversarial learning from a configuration: its step, its evaluation, its pictures."""

from __future__ import annotations

import keras

import configs
import datasets
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.adversarial import quality
from trainers.problems.adversarial.evaluation import SampleEvaluation
from trainers.problems.adversarial.feature_classifier import ClassifierKeeper
from trainers.problems.adversarial.modes import Modes
from trainers.problems.adversarial.pictures import picture_hooks
from trainers.problems.adversarial.point_evaluation import PointEvaluation
from trainers.problems.adversarial.point_pictures import point_hooks
from trainers.problems.adversarial.sampling import ExampleSampler
from trainers.problems.adversarial.step import AdversarialStep
from trainers.problems.parts import MakeOptimizer, ProblemParts
from trainers.problems.plan import Plan

# The figures that choose a run's best weights: as a loss, as a metric.
_OF_POINTS = ("divergence", "modes_covered")
_OF_IMAGES = ("frechet_distance", "classes_present")


def make(
    plan: Plan, dataset: datasets.Dataset, model: keras.Model, make_optimizer: MakeOptimizer
) -> ProblemParts:
    """Make the step, the evaluation of samples and the pictures of a resolved configuration.

    Raises:
        ConfigError: a setting of images where the data are points.
        datasets.DataError: a split has too few examples to compare samples with.
    """
    for name, split in dataset.splits.items():
        if split.size < quality.FEWEST:
            raise datasets.DataError(
                f"split {name!r} of {dataset.name!r} has {split.size} examples, and samples are "
                f"compared with at least {quality.FEWEST}; give more, or a larger "
                "--validation-fraction"
            )
    config, options = plan.config, plan.config.problem.options
    rate = options["discriminator_learning_rate"] or config.optimizer.learning_rate

    def weights(network: str, optimizer: keras.optimizers.Optimizer) -> OptimizedWeights:
        variables = model.get_layer(network).trainable_variables
        return OptimizedWeights(optimizer, variables, clip_norm=config.optimizer.clip_norm)

    points = len(dataset.input_shape) == 1
    if points:
        _refuse_classifier(plan)
    step = AdversarialStep(
        model,
        weights("generator", make_optimizer()),
        # Only the generator is validated and exported, so only it is averaged.
        weights("discriminator", make_optimizer(learning_rate=rate, ema_momentum=None)),
        seed=config.seed,
        label_smoothing=options["label_smoothing"],
        monitors=_OF_POINTS if points else _OF_IMAGES,
    )
    sampler = ExampleSampler(step.generator)
    if points:
        modes = Modes.of(dataset)
        hooks = point_hooks(sampler, modes, dataset)
        return ProblemParts(step, PointEvaluation(step, sampler, modes), hooks)
    keeper = ClassifierKeeper(dataset, options["classifier_steps"])
    return ProblemParts(
        step,
        SampleEvaluation(step, sampler, keeper, dataset.num_classes),
        picture_hooks(sampler, keeper, dataset),
    )


def _refuse_classifier(plan: Plan) -> None:
    (row,) = (row for row in plan.problem.options if row.name == "classifier_steps")
    steps = plan.config.problem.options[row.name]
    if steps != row.default:
        raise configs.ConfigError(
            f"--problem.classifier-steps is {steps}, and points are compared as they are, without "
            "a classifier; leave it out, or choose a dataset of images"
        )

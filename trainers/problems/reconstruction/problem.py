"""Make an autoencoder's learning from a configuration: its step, evaluation and pictures."""

from __future__ import annotations

import keras
import numpy as np

import configs
import datasets
from trainers.augmentation.augmentation import augmentation
from trainers.engine.evaluation import Evaluation
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.examples import one_by_one
from trainers.problems.parts import MakeOptimizer, ProblemParts
from trainers.problems.plan import Plan
from trainers.problems.reconstruction.codec import Codec
from trainers.problems.reconstruction.evaluation import CodeEvaluation
from trainers.problems.reconstruction.losses import make_distance
from trainers.problems.reconstruction.pictures import picture_hooks
from trainers.problems.reconstruction.step import ReconstructionStep

_CHECKED_EXAMPLES = 1024


def make(
    plan: Plan, dataset: datasets.Dataset, model: keras.Model, make_optimizer: MakeOptimizer
) -> ProblemParts:
    """Make the step, the evaluation of codes and the pictures of a resolved configuration.

    Raises:
        ConfigError: beta without a divergence that it could weigh.
        DataError: values that are no pixels in [0, 1].
    """
    config = plan.config
    beta = config.problem.options["beta"]
    weights = OptimizedWeights(
        make_optimizer(), model.trainable_variables, clip_norm=config.optimizer.clip_norm
    )
    step = ReconstructionStep(
        model,
        weights,
        make_distance(config.loss.name),
        beta=beta,
        in_nats=config.loss.name == "cross_entropy",
        vary=augmentation(config, dataset),
    )
    if not step.variational and beta != 1.0:
        raise configs.ConfigError(
            f"--problem.beta is {beta}, but kind 'denoising' has no divergence to weigh; leave it "
            "out, or use --model.kind variational"
        )
    _check_pixels(dataset)
    evaluation = Evaluation(step, "eager" if config.compile == "eager" else "graph")
    codec = Codec(step)
    return ProblemParts(
        step,
        CodeEvaluation(evaluation, codec, dataset),
        picture_hooks(codec, dataset),
        examples=one_by_one(step),
    )


def _check_pixels(dataset: datasets.Dataset) -> None:
    train = dataset.splits["train"]
    some = train.inputs[datasets.sample_rows(train.size, _CHECKED_EXAMPLES)]
    # Written so that a NaN passes here: the loop reports it, with its step.
    if np.any(some < 0) or np.any(some > 1):
        raise datasets.DataError(
            f"an autoencoder draws pixels in [0, 1], dataset {dataset.name!r} has values from "
            f"{np.min(some):g} to {np.max(some):g}; use a dataset of images, e.g. --dataset digits"
        )

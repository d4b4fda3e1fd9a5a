"""Make supervised learning from a configuration: its risk, its update rule, its step."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

import configs
import datasets
import zoo
from trainers.augmentation.augmentation import augmentation
from trainers.distribution import replicas
from trainers.engine import compiling
from trainers.engine.length import batch_size_of
from trainers.objectives.given import require_per_prediction
from trainers.objectives.risk import EmpiricalRisk
from trainers.optimizers.second_order import methods
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.parts import MakeOptimizer, ProblemParts
from trainers.problems.plan import Plan
from trainers.problems.supervised.step import SupervisedStep

# Where sequences have a mean length under this share of the longest, `auto` means buckets: with
# more, sorting saves less than a tenth of the time and randomness is worth more.
_SHORT_SHARE = 0.8


def make(
    plan: Plan, dataset: datasets.Dataset, model: keras.Model, make_optimizer: MakeOptimizer
) -> ProblemParts:
    """Make the step of a resolved configuration."""
    config, predicts = plan.config, plan.problem.predicts or "classes"
    activation = config.model.options.get("output_activation", "linear")
    outputs = dataset.preparation.get("outputs", {})
    more = {
        name: given.metric(name, predicts, dataset.num_classes, outputs)
        for name, given in plan.metrics.items()
    }
    risk = EmpiricalRisk.of(
        config.loss,
        model,
        predicts,
        activation,
        outputs.get("deviation"),
        given=plan.loss,
        more=more,
    )
    if plan.loss or more:
        some = np.asarray(dataset.splits["train"].targets[:2])
        require_per_prediction([risk.loss, *more.values()], some, model.output_shape)
    optimizer = make_optimizer()
    preconditioner = None
    if plan.optimizer.second_order:
        preconditioner = methods.preconditioner(config, model, optimizer, risk)
    weights = OptimizedWeights(
        optimizer,
        model.trainable_variables,
        clip_norm=config.optimizer.clip_norm,
        preconditioner=preconditioner,
    )
    by_length = _by_length(plan, dataset.splits["train"])
    step = SupervisedStep(
        model,
        weights,
        risk,
        micro_batch_size=config.micro_batch_size,
        compile_gradients=_compiles_gradients(config, model, dataset),
        vary=augmentation(config, dataset),
        by_length=by_length,
    )
    return ProblemParts(step, accumulates=True, by_length=by_length)


def _by_length(plan: Plan, train: datasets.Split) -> bool:
    """Return whether batches hold sequences of like length and are computed up to their longest."""
    wanted = plan.config.bucket_by_length
    causal = plan.model is None and zoo.model_card(plan.config.model.name).causal
    if wanted is False or not causal or train.lengths is None:
        return False
    time = train.inputs.shape[1]
    return wanted is True or bool(train.lengths.mean() < _SHORT_SHARE * time)


def _compiles_gradients(
    config: configs.Config, model: keras.Model, dataset: datasets.Dataset
) -> bool:
    """Return whether XLA takes the part of an update that exchanges nothing between replicas."""
    if not tf.distribute.has_strategy():
        return False
    # Batch normalization exchanges its moments in the middle of the forward pass.
    if compiling.batch_normalized(model):
        return False
    size = batch_size_of(config, dataset.splits["train"].size)
    here = min(replicas.largest_share(size), config.micro_batch_size)
    return compiling.choose(config.compile, model, here) == "xla"

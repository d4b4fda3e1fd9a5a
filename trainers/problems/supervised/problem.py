"""Make supervised learning from a configuration: its risk, its update rule, its step."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

import configs
import datasets
import zoo
from trainers.augmentation.augmentation import augmentation
from trainers.distribution import replicas
from trainers.engine import compiling
from trainers.engine.hooks import Hooks
from trainers.engine.length import batch_size_of
from trainers.objectives.given import require_per_prediction
from trainers.objectives.risk import EmpiricalRisk
from trainers.optimizers.second_order import methods
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.parts import MakeOptimizer, ProblemParts
from trainers.problems.plan import Plan
from trainers.problems.supervised.examples import example_figures
from trainers.problems.supervised.pictures import picture_hooks
from trainers.problems.supervised.right_in_a_row import RightInARow, most_probable, near
from trainers.problems.supervised.step import SupervisedStep

# Sequences are short where their mean length is under this share of the longest; with more, leaving
# padding out saves less than a tenth of the time.
_SHORT_SHARE = 0.8


def make(
    plan: Plan, dataset: datasets.Dataset, model: keras.Model, make_optimizer: MakeOptimizer
) -> ProblemParts:
    """Make the step of a resolved configuration."""
    config, predicts = plan.config, plan.problem.predicts or "classes"
    outputs = dataset.preparation.get("outputs", {})
    more = {
        name: given.metric(name, predicts, dataset.num_classes, outputs)
        for name, given in plan.metrics.items()
    }
    risk = EmpiricalRisk.of(
        config.loss,
        model,
        predicts,
        config.model.output_activation,
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
    train = dataset.splits["train"]
    cut, buckets = _by_length(plan, train)
    right = _right(config, predicts, outputs.get("deviation"), train.size)
    step = SupervisedStep(
        model,
        weights,
        risk,
        micro_batch_size=config.micro_batch_size,
        compile_gradients=_compiles_gradients(config, model, dataset),
        vary=augmentation(config, dataset),
        cut=cut,
        divisor=float(train.weights.sum() / train.size) if buckets else None,
        right=right,
    )
    return ProblemParts(
        step,
        hooks=picture_hooks(step, predicts, config, dataset) if config.report else Hooks(),
        accumulates=True,
        cut=cut,
        buckets=buckets,
        until=right,
        examples=example_figures(step),
    )


def _right(
    config: configs.Config,
    predicts: str,
    deviations: Sequence[float] | None,
    train_size: int,
) -> RightInARow | None:
    """Return what ends the training when the last examples were right, if anything does."""
    number, within = config.stop_when_right, config.right_within
    if number is None:
        return None
    size = batch_size_of(config, train_size)
    if replicas.count() > 1 or size > config.micro_batch_size:
        raise configs.ConfigError(
            f"--stop-when-right {number} counts examples in their order, which replicas and "
            "micro-batches part; train on one device, and give --micro-batch-size at least "
            f"{size}"
        )
    if within is None:
        return RightInARow(number, most_probable, config.right_loss_below)
    right = near(
        within, config.model.output_activation, classes=predicts == "classes", deviations=deviations
    )
    return RightInARow(number, right, config.right_loss_below)


def _by_length(plan: Plan, train: datasets.Split) -> tuple[bool, bool]:
    """Return whether padding is cut off batches, and whether these hold sequences of like length.

    Both are for a model alone that does not read padding.
    """
    if plan.model is not None or not zoo.model_card(plan.config.model.name).causal:
        return False, False
    if train.lengths is None:
        return False, False
    wanted = plan.config.bucket_by_length
    short = bool(train.lengths.mean() < _SHORT_SHARE * train.inputs.shape[1])
    buckets = wanted is True or (wanted == "auto" and short)
    return buckets or short, buckets


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

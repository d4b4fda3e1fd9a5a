"""Put a run's parts together: dataset, model, optimizer, loss, step."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import configs
import datasets
import zoo
from trainers.assembly.freezing import freeze
from trainers.assembly.given_model import usable_model
from trainers.assembly.model_memory import room_for_weights
from trainers.assembly.resolve import require_sharing
from trainers.augmentation.augmentation import augmentation
from trainers.augmentation.pictures import with_pictures
from trainers.distribution import replicas
from trainers.engine import compiling
from trainers.engine.evaluation import Evaluation
from trainers.engine.hooks import Hooks
from trainers.engine.length import (
    batch_size_of,
    require_profiled,
    steps_per_epoch,
    total_steps,
)
from trainers.engine.step import Evaluates, Step, Until
from trainers.objectives.losses import is_in_nats
from trainers.optimizers.catalogue import build_optimizer
from trainers.problems.examples import LooksAtExamples
from trainers.problems.plan import Plan
from trainers.problems.row import Problem
from trainers.problems.supervised.step import SupervisedStep
from zoo.layers import weight_normalization
from zoo.process import keras_settings

# Enough for means and variances of units, few enough for one forward pass.
_INITIAL_EXAMPLES = 512


@dataclass(frozen=True)
class Assembly:
    """What a configuration becomes.

    output_activation: what the model applies to its scores; "linear" is nothing.
    examples: measures examples one by one; None where a figure is of many together.
    """

    dataset: datasets.Dataset
    problem: Problem
    step: Step
    evaluation: Evaluates
    hooks: Hooks
    batch_size: int
    mode: str
    buckets: bool
    until: Until | None = None
    output_activation: str = "linear"
    examples: LooksAtExamples | None = None

    @property
    def is_over(self) -> bool:
        """Whether what may end the training before its length has ended it."""
        return self.until is not None and self.until.is_reached

    @property
    def supervised(self) -> SupervisedStep:
        """The step, where a caller needs its loss of outputs and targets.

        Raises:
            ConfigError: the model learns another problem.
        """
        if not isinstance(self.step, SupervisedStep):
            raise configs.ConfigError(
                f"model {self.step.model.name!r} is not supervised, so it has no loss of outputs "
                "and targets; choose a supervised model, `python -m zoo` lists them"
            )
        return self.step


def assemble(plan: Plan, dataset: datasets.Dataset) -> Assembly:
    """Build everything that a plan names, seeded by its configuration's `seed`.

    Raises:
        ConfigError: the model cannot be trained so, not on so many replicas, or not in the memory
            that there is.
    """
    config = plan.config
    if not is_in_nats(config.loss.name, config.model.output_activation):
        dataset = dataclasses.replace(dataset, oracle_loss={})
    keras.utils.set_random_seed(config.seed)
    keras_settings.settle()  # a caller's own may have changed since they were set
    keras.config.set_dtype_policy(config.precision)
    model = _built(config, dataset) if plan.model is None else usable_model(plan.model, dataset)
    train = dataset.splits["train"]
    if config.freeze is not None:
        freeze(model, config.freeze)
    batch_size = batch_size_of(config, train.size)
    epoch = steps_per_epoch(train.size, batch_size, dataset.contiguous)
    require_profiled(config, total_steps(config, epoch))

    def make_optimizer(**changes: Any) -> keras.optimizers.Optimizer:
        settings = dataclasses.replace(config.optimizer, **changes)
        return build_optimizer(settings, config.precision, total_steps(config, epoch), epoch)

    if replicas.count() > 1:
        require_sharing(config, plan.problem, plan.optimizer, replicas.count())
        _check_shares(config, model, batch_size)
        if plan.model is not None:
            raise configs.ConfigError(
                "a model that was built before its replicas trains on one device; register its "
                "builder with zoo.register_model, or leave replicas and strategy out"
            )
    made = importlib.import_module(plan.problem.module).make(plan, dataset, model, make_optimizer)
    if batch_size > config.micro_batch_size and not made.accumulates:
        raise configs.ConfigError(
            f"model {config.model.name!r} does not accumulate gradients: batch size {batch_size} "
            f"is larger than micro batch size {config.micro_batch_size}; use equal ones"
        )
    if config.bucket_by_length is True and not made.buckets:
        raise configs.ConfigError(
            f"--bucket-by-length true changes nothing: model {config.model.name!r} on dataset "
            f"{dataset.name!r} {_without_buckets(dataset)}; leave it out"
        )
    mode = _mode(plan, model, min(batch_size, config.micro_batch_size))
    evaluation = made.evaluation or Evaluation(made.step, mode, by_length=made.cut)
    hooks = with_pictures(made.hooks, augmentation(config, dataset), config, dataset)
    return Assembly(
        dataset,
        plan.problem,
        made.step,
        evaluation,
        hooks,
        batch_size,
        mode,
        made.buckets,
        made.until,
        config.model.output_activation,
        made.examples,
    )


def _built(config: configs.Config, dataset: datasets.Dataset) -> keras.Model:
    sizes = [dataset.num_classes, *dataset.input_shape, *config.model.options.values()]
    widest = max(size for size in keras.tree.flatten(sizes) if isinstance(size, int))
    with room_for_weights(config.model.name, widest), _input_type(config.precision):
        model = zoo.create_model(
            config.model.name,
            num_classes=dataset.num_classes,
            input_shape=dataset.input_shape,
            **config.model.options,
        )
    if any(_initializes_from_data(layer) for layer in model.layers):
        train = dataset.splits["train"]
        some = datasets.sample_rows(train.size, _INITIAL_EXAMPLES)
        weight_normalization.initialize(model, np.asarray(train.inputs[some]))
    return model


@contextlib.contextmanager
def _input_type(precision: str) -> Iterator[None]:
    """Let inputs be float64 where layers are: Keras's inputs have the type of `floatx`."""
    usual = keras.config.floatx()
    if precision == "float64":
        keras.config.set_floatx("float64")
    try:
        yield
    finally:
        keras.config.set_floatx(usual)


def _without_buckets(dataset: datasets.Dataset) -> str:
    if dataset.splits["train"].lengths is None:
        return "has no sequences of unlike lengths"
    return "is not known to leave what stands behind a sequence unread"


def _mode(plan: Plan, model: keras.Model, examples: int) -> str:
    # Curvature products are long chains of operations, in which XLA gains less than it compiles.
    without_xla = plan.optimizer.second_order or plan.problem.calls_python
    wanted = plan.config.compile
    mode = compiling.choose(
        "graph" if without_xla and wanted == "auto" else wanted, model, examples
    )
    # XLA cannot compile a strategy's exchange between devices; the step takes it inside.
    return "graph" if tf.distribute.has_strategy() and mode == "xla" else mode


def _check_shares(config: configs.Config, model: keras.Model, batch_size: int) -> None:
    parted = replicas.largest_share(batch_size) > config.micro_batch_size
    if parted and compiling.batch_normalized(model):
        raise configs.ConfigError(
            "batch normalization over replicas needs whole shares, but a share of batch size "
            f"{batch_size} is larger than --micro-batch-size {config.micro_batch_size}; raise it"
        )


def _initializes_from_data(layer: keras.Layer) -> bool:
    """Return whether Salimans & Kingma 2016, section 3, applies: not to recurrent layers."""
    return isinstance(layer, weight_normalization.WeightNormalization) and not isinstance(
        layer.layer, keras.layers.LSTM
    )

"""Put a run's parts together: dataset, model, optimizer, loss, step."""

from __future__ import annotations

import dataclasses
import importlib
from dataclasses import dataclass
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

import configs
import datasets
import zoo
from trainers import compile_mode, losses, optimizers, problems, replicas
from trainers.evaluation import Evaluation
from trainers.feed import steps_per_epoch
from trainers.hooks import Hooks
from trainers.schedule import batch_size_of, total_steps
from trainers.steps import Evaluates, Step
from trainers.supervised import SupervisedStep
from zoo import weight_normalization

# Enough for means and variances of units, few enough for one forward pass.
_INITIAL_EXAMPLES = 512


@dataclass(frozen=True)
class Assembly:
    """What a configuration becomes."""

    dataset: datasets.Dataset
    step: Step
    evaluation: Evaluates
    hooks: Hooks
    batch_size: int
    mode: str

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


def load_dataset(config: configs.Config, *, scratch: bool = False) -> datasets.Dataset:
    """Load the configured dataset, having checked that the model can learn it.

    Args:
        scratch: prepare embedded data in a temporary folder, leaving nothing behind.
    """
    data = datasets.load(
        config.dataset.name,
        data_dir=config.dataset.data_dir,
        validation_fraction=config.dataset.validation_fraction,
        max_resident_gib=config.dataset.max_resident_gib,
        scratch=scratch,
        data_path=config.dataset.data_path,
        window_steps=config.dataset.window_steps,
    )
    wanted = problems.of_model(config.model.name).dataset_task
    if data.task != wanted:
        fitting = [n for n in zoo.list_models() if problems.of_model(n).dataset_task == data.task]
        raise configs.ConfigError(
            f"model {config.model.name!r} is for {wanted}, dataset {data.name!r} for {data.task}; "
            f"models for it: {', '.join(fitting)}"
        )
    size = data.splits["train"].size
    if config.batch_size != "full" and config.batch_size > size:
        raise datasets.DataError(
            f"batch size {config.batch_size} is larger than the training set of {data.name!r} "
            f"({size} examples); use --batch-size {size} or less, or --batch-size full"
        )
    return data


def resolve(config: configs.Config) -> configs.Config:
    """Replace every "auto" and None that has one meaning now, so that it keeps that meaning."""
    name = config.model.name
    problem, row = problems.of_model(name), optimizers.find(config.optimizer.name)
    if not problem.supervised:
        _check_unsupervised(config, row.second_order)
    options = {
        **{key: option.default for key, option in zoo.model_options(name).items()},
        **config.model.options,
    }
    task = zoo.model_card(name).task
    loss = losses.resolve(config.loss.name, task, options.get("output_activation", "linear"))
    return dataclasses.replace(
        config,
        model=dataclasses.replace(config.model, options=options),
        loss=dataclasses.replace(config.loss, name=cast(Any, loss)),
        problem=configs.ProblemConfig(
            {key: option.default for key, option in problem.options.items()}
            | dict(config.problem.options)
        ),
        optimizer=dataclasses.replace(
            config.optimizer,
            learning_rate=config.optimizer.learning_rate or row.learning_rate,
            options={**row.options, **config.optimizer.options},
        ),
    )


def _check_unsupervised(config: configs.Config, second_order: bool) -> None:
    name = config.model.name
    if second_order:
        raise configs.ConfigError(
            f"optimizer {config.optimizer.name!r} needs the loss of a supervised model, "
            f"{name!r} is none; use a first-order one, e.g. --optimizer adam"
        )
    if config.diagnostics:
        raise configs.ConfigError(
            f"diagnostics need the loss of a supervised model, {name!r} is none; "
            "leave --diagnostics out"
        )
    if problems.of_model(name).calls_python and config.compile == "xla":
        raise configs.ConfigError(
            f"--compile xla cannot train {name!r}, whose updates call Python inside the graph; "
            "use --compile auto or graph"
        )
    if config.loss.l2:
        raise configs.ConfigError(
            f"the L2 penalty is for supervised models, {name!r} is none; use --weight-decay"
        )


def assemble(config: configs.Config, dataset: datasets.Dataset) -> Assembly:
    """Build everything that a resolved configuration names, seeded by `config.seed`."""
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    model = zoo.create_model(
        config.model.name,
        num_classes=dataset.num_classes,
        input_shape=dataset.input_shape,
        **config.model.options,
    )
    train = dataset.splits["train"]
    if any(_initializes_from_data(layer) for layer in model.layers):
        weight_normalization.initialize(model, np.asarray(train.inputs[:_INITIAL_EXAMPLES]))
    batch_size = batch_size_of(config, train.size)
    length = total_steps(config, steps_per_epoch(train.size, batch_size, dataset.contiguous))

    def make_optimizer(**changes: Any) -> keras.optimizers.Optimizer:
        settings = dataclasses.replace(config.optimizer, **changes)
        return optimizers.make(settings, config.precision, length)

    problem = problems.of_model(config.model.name)
    if replicas.count() > 1:
        _check_replicas(config, model, batch_size)
    made = importlib.import_module(problem.module).make(config, dataset, model, make_optimizer)
    if batch_size > config.micro_batch_size and not made.accumulates:
        raise configs.ConfigError(
            f"model {config.model.name!r} does not accumulate gradients: batch size {batch_size} "
            f"is larger than micro batch size {config.micro_batch_size}; use equal ones"
        )
    # Curvature products are long chains of operations, in which XLA gains less than it compiles.
    is_second_order = optimizers.find(config.optimizer.name).second_order
    without_xla = is_second_order or problem.calls_python
    wanted = "graph" if without_xla and config.compile == "auto" else config.compile
    mode = compile_mode.choose(wanted, model, min(batch_size, config.micro_batch_size))
    if tf.distribute.has_strategy() and mode == "xla":
        # XLA cannot compile a strategy's exchange between devices; the step takes it inside.
        mode = "graph"
    evaluation = made.evaluation or Evaluation(made.step, mode)
    return Assembly(dataset, made.step, evaluation, made.hooks, batch_size, mode)


def _check_replicas(config: configs.Config, model: keras.Model, batch_size: int) -> None:
    """Refuse what would not compute the same on several replicas as on one."""
    name = config.model.name
    if not problems.of_model(name).distributes:
        raise configs.ConfigError(
            f"model {name!r} trains on one device; leave --strategy and --replicas out"
        )
    if optimizers.find(config.optimizer.name).second_order:
        raise configs.ConfigError(
            f"optimizer {config.optimizer.name!r} trains on one device; use a first-order one, or "
            "leave --strategy and --replicas out"
        )
    if config.compile == "eager":
        raise configs.ConfigError(
            f"--compile eager with {replicas.count()} replicas; use --compile auto or graph"
        )
    parted = replicas.largest_share(batch_size) > config.micro_batch_size
    if parted and compile_mode.batch_normalized(model):
        raise configs.ConfigError(
            "batch normalization over replicas needs whole shares, but a share of batch size "
            f"{batch_size} is larger than --micro-batch-size {config.micro_batch_size}; raise it"
        )


def _initializes_from_data(layer: keras.Layer) -> bool:
    """Return whether Salimans & Kingma 2016, section 3, applies: not to recurrent layers."""
    return isinstance(layer, weight_normalization.WeightNormalization) and not isinstance(
        layer.layer, keras.layers.LSTM
    )

"""Put a run's parts together: dataset, model, optimizer, loss, step."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, cast

import keras
import numpy as np

import configs
import datasets
import zoo
from trainers import compile_mode, losses, metrics, optimizers, second_order
from trainers.schedule import total_steps
from trainers.steps import SupervisedStep
from zoo import weight_normalization

# Enough for means and variances of units, few enough for one forward pass.
_INITIAL_EXAMPLES = 512


@dataclass(frozen=True)
class Assembly:
    """What a configuration becomes."""

    dataset: datasets.Dataset
    step: SupervisedStep
    batch_size: int
    mode: str


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
    )
    task = zoo.model_card(config.model.name).task
    if data.task != task:
        fitting = [name for name in zoo.list_models() if zoo.model_card(name).task == data.task]
        raise configs.ConfigError(
            f"model {config.model.name!r} is for {task}, dataset {data.name!r} for {data.task}; "
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
    task = zoo.model_card(config.model.name).task
    row = optimizers.find(config.optimizer.name)
    options = {
        **{name: option.default for name, option in zoo.model_options(config.model.name).items()},
        **config.model.options,
    }
    loss = losses.resolve(config.loss.name, task, options.get("output_activation", "linear"))
    return dataclasses.replace(
        config,
        model=dataclasses.replace(config.model, options=options),
        loss=dataclasses.replace(config.loss, name=cast(Any, loss)),
        optimizer=dataclasses.replace(
            config.optimizer,
            learning_rate=config.optimizer.learning_rate or row.learning_rate,
            options={**row.options, **config.optimizer.options},
        ),
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
    train_size = train.size
    if any(_initializes_from_data(layer) for layer in model.layers):
        weight_normalization.initialize(model, np.asarray(train.inputs[:_INITIAL_EXAMPLES]))
    batch_size = train_size if config.batch_size == "full" else config.batch_size
    activation = config.model.options.get("output_activation", "linear")
    metric_name = metrics.name_of(dataset.task)
    length = total_steps(config, -(-train_size // batch_size))
    optimizer = optimizers.make(config.optimizer, config.precision, length)
    loss = losses.make(config.loss, dataset.task, dataset.num_classes, activation)
    is_second_order = optimizers.find(config.optimizer.name).second_order
    step = SupervisedStep(
        model,
        optimizer,
        loss,
        metrics.make(dataset.task),
        metric_name=metric_name,
        micro_batch_size=config.micro_batch_size,
        clip_norm=config.optimizer.clip_norm,
        l2=config.loss.l2,
        preconditioner=second_order.make(config, model, optimizer, loss)
        if is_second_order
        else None,
    )
    # Curvature products are long chains of operations, in which XLA gains less than it compiles.
    wanted = "graph" if is_second_order and config.compile == "auto" else config.compile
    mode = compile_mode.choose(wanted, model, min(batch_size, config.micro_batch_size))
    return Assembly(dataset, step, batch_size, mode)


def _initializes_from_data(layer: keras.Layer) -> bool:
    """Return whether Salimans & Kingma 2016, section 3, applies: not to recurrent layers."""
    return isinstance(layer, weight_normalization.WeightNormalization) and not isinstance(
        layer.layer, keras.layers.LSTM
    )

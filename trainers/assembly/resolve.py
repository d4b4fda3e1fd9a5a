"""From a configuration to a plan: what "auto" means, and whether it can run at all.

Everything that can be refused before any data are loaded is refused here, without TensorFlow.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import configs
import datasets
import zoo
from trainers.assembly import class_weights
from trainers.distribution.requested import require_consistent
from trainers.optimizers import catalogue as optimizers
from trainers.optimizers import epoch_rates
from trainers.optimizers.catalogue import Optimizer
from trainers.optimizers.second_order.support import require_supported
from trainers.problems import catalogue as problems
from trainers.problems.plan import Plan
from trainers.problems.row import Problem
from zoo import Option
from zoo.process.shell import shown


def resolve(config: configs.Config, typed: Collection[str] | None = None) -> Plan:
    """Look up what a configuration names, fill in its defaults, and check that they fit.

    Args:
        config: as `configs.recipe` or the command line gives it.
        typed: the dotted keys that the user gave; all others are a recipe's, which may be fitted
            to the data. None means that every value is meant.

    Raises:
        ConfigError, zoo.ModelError, datasets.DataError: it cannot run.
    """
    name, card = config.model.name, zoo.model_card(config.model.name)
    task = _task(card.tasks, config.dataset)
    problem, row = problems.find(task), optimizers.find(config.optimizer.name)
    owner = f"model {name!r}"
    model = dataclasses.replace(
        config.model, options=_filled(card.options.values(), config.model.options, owner)
    )
    rate = _learning_rate(config.optimizer, row, typed)
    config = dataclasses.replace(
        config,
        model=model,
        loss=dataclasses.replace(
            config.loss, name=problem.loss(config.loss.name, task, model.output_activation)
        ),
        problem=configs.ProblemConfig(_filled(problem.options, config.problem.options, owner)),
        optimizer=dataclasses.replace(
            config.optimizer,
            learning_rate=rate,
            options=_filled(
                row.options, config.optimizer.options, f"optimizer {config.optimizer.name!r}"
            ),
        ),
        batch_size="full" if row.whole_dataset else config.batch_size,
    )
    require_consistent(config)
    class_weights.read(config, problem)
    if not problem.supervised:
        _check_unsupervised(config, problem, row)
    elif row.second_order:
        require_supported(config, problem.losses)
    if config.freeze is not None and not problem.losses:
        raise configs.ConfigError(
            f"model {name!r} has no single loss of which some weights could be left out; leave "
            "--freeze out, or use a model with one, e.g. --model cnn"
        )
    _check_augmentation(config, problem, row, typed)
    _check_end(config, problem)
    if config.precision == "float64" and not problem.supervised:
        raise configs.ConfigError(
            f"precision is 'float64', which is for models that predict classes or numbers, and "
            f"{name!r} does not; leave --precision out"
        )
    if (config.replicas or 1) > 1:
        require_sharing(config, problem, row, config.replicas or 1)
    return Plan(config, problem, row, None if typed is None else frozenset(typed))


def _learning_rate(
    given: configs.OptimizerConfig, row: Optimizer, typed: Collection[str] | None
) -> float:
    """Return the full rate; where rates are listed by epoch, the first of them."""
    rates = epoch_rates.read(given)
    if not rates:
        return given.learning_rate or row.learning_rate
    if "optimizer.learning_rate" in (typed or ()) and given.learning_rate != rates[0].rate:
        raise configs.ConfigError(
            f"learning_rate is {given.learning_rate}, and the first of epoch_rates "
            f"{rates[0].rate}; leave --learning-rate out, the rates are as they are listed"
        )
    return rates[0].rate


def _task(tasks: Sequence[str], data: configs.DatasetConfig) -> str:
    """Return which of a model's tasks it has on a dataset; the first where it has none there."""
    wanted: str | None = data.task
    if wanted == "auto":
        wanted = datasets.dataset_task(data.name, data.target_key)
    return next((task for task in tasks if problems.find(task).dataset_task == wanted), tasks[0])


def fitted_to_task(plan: Plan, task: str) -> Plan:
    """Return the plan for the task that data have turned out to have, where the model learns it.

    Args:
        plan: resolved before the data were read.
        task: of the data.
    """
    config, card = plan.config, zoo.model_card(plan.config.model.name)
    fitting = [each for each in card.tasks if problems.find(each).dataset_task == task]
    if task == plan.problem.dataset_task or not fitting:
        return plan
    loss = config.loss
    if not plan.is_typed("loss.name"):
        loss = dataclasses.replace(loss, name="auto")
    # Written into config.yaml, so that what resumes the run knows it before the data.
    data = dataclasses.replace(config.dataset, task=task)  # type: ignore[arg-type]
    fitted = resolve(dataclasses.replace(config, loss=loss, dataset=data), plan.typed)
    return dataclasses.replace(plan, config=fitted.config, problem=fitted.problem)


def data_options(data: configs.DatasetConfig) -> dict[str, Any]:
    """Return the settings of a dataset that only some datasets take, as `datasets.load` does."""
    names = (
        "pattern encoding task image_size resize channels target drop weight_column group_column "
        "held_out input_key target_key sequence_steps train_sequences relevant_symbols"
    )
    return {name: getattr(data, name) for name in names.split()}


def _filled(options: Collection[Option], given: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Return every option's value, given or default, as configurations hold it."""
    names = [option.name for option in options]
    for name in given:
        if name not in names:
            raise configs.ConfigError(
                f"{owner} has no option {name!r}{configs.instead(name, names)}"
            )
    return {
        option.name: configs.plain(option.check(given.get(option.name, option.default), owner))
        for option in options
    }


def _check_unsupervised(config: configs.Config, problem: Problem, row: Optimizer) -> None:
    name = config.model.name
    if row.second_order:
        raise configs.ConfigError(
            f"optimizer {config.optimizer.name!r} needs the loss of a supervised model, "
            f"{name!r} is none; use a first-order one, e.g. --optimizer adam"
        )
    if config.diagnostics:
        raise configs.ConfigError(
            f"diagnostics need the loss of a supervised model, {name!r} is none; "
            "leave --diagnostics out"
        )
    if problem.calls_python and config.compile == "xla":
        raise configs.ConfigError(
            f"--compile xla cannot train {name!r}, whose updates call Python inside the graph; "
            "use --compile auto or graph"
        )
    if config.loss.l2:
        raise configs.ConfigError(
            f"the L2 penalty is for supervised models, {name!r} is none; use --weight-decay"
        )


def _check_augmentation(
    config: configs.Config, problem: Problem, row: Optimizer, typed: Collection[str] | None
) -> None:
    names = config.augmentation.varied
    # The file of a whole configuration gives every key.
    usual = config.augmentation.elastic_sigma == configs.AugmentationConfig().elastic_sigma
    if "augmentation.elastic_sigma" in (typed or ()) and not usual and "elastic" not in names:
        raise configs.ConfigError(
            "--elastic-sigma changes nothing without elastic distortion; give --elastic too, "
            "e.g. --elastic 34"
        )
    if names and not problem.varies_pictures:
        raise configs.ConfigError(
            f"model {config.model.name!r} is not trained on varied pictures; leave "
            f"--{names[0]} out, or choose another model, e.g. --model cnn"
        )
    if names and row.second_order:
        raise configs.ConfigError(
            f"optimizer {config.optimizer.name!r} looks at a batch several times, as it is; leave "
            f"--{names[0]} out, or use a first-order one, e.g. --optimizer adam"
        )


def _check_end(config: configs.Config, problem: Problem) -> None:
    """Raise `ConfigError` for an end by right examples that is none, or that nobody can tell."""
    number = config.stop_when_right
    more = {"right_within": config.right_within, "right_loss_below": config.right_loss_below}
    for name, value in more.items():
        if number is None and value is not None:
            flag = "--" + name.replace("_", "-")
            raise configs.ConfigError(
                f"{flag} {value:g} changes nothing without --stop-when-right; add it, as in "
                f"--stop-when-right 2000, or leave {flag} out"
            )
    if number is None:
        return
    if not problem.supervised:
        raise configs.ConfigError(
            f"--stop-when-right {number} needs outputs that are right or wrong, and model "
            f"{config.model.name!r} is not supervised; leave it out"
        )
    if problem.predicts == "numbers" and config.right_within is None:
        raise configs.ConfigError(
            f"--stop-when-right {number} needs to know how near a number must be to be right; "
            "add --right-within, as in --right-within 0.04"
        )


def require_sharing(config: configs.Config, problem: Problem, row: Optimizer, count: int) -> None:
    """Raise `ConfigError` for what cannot share its batches among `count` replicas."""
    if not problem.distributes:
        raise configs.ConfigError(
            f"model {config.model.name!r} trains on one device; leave --strategy and --replicas out"
        )
    if row.second_order:
        raise configs.ConfigError(
            f"optimizer {config.optimizer.name!r} trains on one device; use a first-order one, or "
            "leave --strategy and --replicas out"
        )
    if config.compile == "eager":
        raise configs.ConfigError(
            f"--compile eager with {count} replicas; use --compile auto or graph"
        )


def require_known_data(plan: Plan, *, saved: bool = False) -> None:
    """Raise an error for data that cannot be, or that the model cannot learn, as far as is known.

    Args:
        plan: what is to be done.
        saved: whether a run has done it before, so that data that are not there were moved.

    Raises:
        datasets.UnknownDatasetError, datasets.DataError, ConfigError: before anything is read.
    """
    data = plan.config.dataset
    if saved:
        _require_data_in_place(data)
    datasets.check_request(data.name, data.data_dir, data.data_path, **data_options(data))
    task = datasets.dataset_task(data.name, data.target_key)
    if task is not None:
        require_task(plan.config.model.name, plan.problem, data.name, task)


def _require_data_in_place(data: configs.DatasetConfig) -> None:
    """Raise `DataError`, with the flag that tells of another place, if a run's data are gone."""
    now = "pass {} with where it is now"
    if data.data_path is not None and not Path(data.data_path).exists():
        raise datasets.DataError(
            f"{shown(data.data_path)}, the data of this run, are not there; "
            f"{now.format('--data-path')}"
        )
    if data.data_path is not None or datasets.dataset_task(data.name) is not None:
        return  # what is embedded is prepared wherever it is missing
    if data.data_dir is not None and not Path(data.data_dir).is_dir():
        raise datasets.DataError(
            f"{shown(data.data_dir)}, the data folder of this run, is not there; "
            f"{now.format('--data-dir')}"
        )
    try:
        datasets.check_request(data.name, data.data_dir)
    except datasets.UnknownDatasetError as error:
        folder = shown(data.data_dir) if data.data_dir else "TensorFlow Datasets' usual folder"
        raise datasets.DataError(
            f"dataset {data.name!r} of this run is not in {folder}; {now.format('--data-dir')}"
        ) from error


def require_task(model: str, problem: Problem, dataset: str, task: str) -> None:
    """Raise `ConfigError` if a model does not learn from datasets of a task."""
    if task == problem.dataset_task:
        return
    fitting = [name for name in zoo.list_models() if task in problems.dataset_tasks(name)]
    raise configs.ConfigError(
        f"model {model!r} is for {problem.dataset_task}, dataset {dataset!r} for {task}; "
        f"models for it: {', '.join(fitting)}"
    )

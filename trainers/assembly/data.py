"""Load a plan's data, and fit to them what the recipe could not know."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import configs
import datasets
import zoo
from trainers.assembly import class_weights
from trainers.assembly.fitting import fitted_to_data, fitted_to_text
from trainers.assembly.resolve import data_options, fitted_to_task, require_task
from trainers.assembly.shaping import narrow_numbers, shaped, widened
from trainers.problems import catalogue as problems
from trainers.problems.plan import Plan

_SEQUENCE = "time features"  # among the input axes of a model


class Loaded(NamedTuple):
    """Data, and the plan as it is carried out on them.

    notes: one line for each setting of the recipe that was changed to fit, and for what the data
        lack.
    """

    dataset: datasets.Dataset
    plan: Plan
    notes: list[str]


def load_data(plan: Plan, *, scratch: bool = False) -> Loaded:
    """Load the configured dataset, having checked that the model can learn it.

    Args:
        plan: what was typed in it is never changed.
        scratch: prepare embedded data in a temporary folder, leaving nothing behind.

    Raises:
        ConfigError: the model is for other data, or what was typed would change nothing.
        datasets.DataError: no such data, or they do not go with what was typed.
    """
    notes: list[str] = []
    try:
        data = _load(plan, scratch)
    except datasets.ShortTextError as error:
        config, notes = fitted_to_text(plan, error)
        plan = dataclasses.replace(plan, config=config)
        data = _load(plan, scratch)
    plan = fitted_to_task(plan, data.task)
    _require_effect(plan, data)
    require_task(plan.config.model.name, plan.problem, data.name, data.task)
    _require_reader(plan, data)
    _require_range(plan, data)
    if not plan.shaped:
        data = shaped(plan.config.dataset, data)
    if plan.config.precision == "float64":
        notes += narrow_numbers(data)
        data = widened(data, plan.config.dataset.max_resident_gib)
    config, more = fitted_to_data(plan, data)
    more += class_weights.told(config, plan.problem, data)
    return Loaded(data, dataclasses.replace(plan, config=config), [*notes, *data.notes, *more])


def _require_reader(plan: Plan, data: datasets.Dataset) -> None:
    """Raise `ConfigError` if data are sequences, maybe padded, and the model reads none."""
    if plan.model is not None or data.preparation.get("inputs", {}).get("kind") != "sequences":
        return
    models = {name: zoo.model_card(name) for name in zoo.list_models()}
    reads = [name for name, card in models.items() if _SEQUENCE in card.input_axes]
    if plan.config.model.name not in reads:
        fitting = [name for name in reads if data.task in problems.dataset_tasks(name)]
        raise configs.ConfigError(
            f"model {plan.config.model.name!r} does not read sequences, which dataset "
            f"{data.name!r} holds; use --model {' or '.join(fitting)}, or give X as numbers, "
            "[n, features], or as pictures, uint8 or [n, rows, columns, channels]"
        )


def _require_range(plan: Plan, data: datasets.Dataset) -> None:
    """Raise `ConfigError` if sigmoid outputs could not reach the numbers that are to be told."""
    activation = plan.config.model.output_activation
    if plan.problem.predicts != "numbers" or activation != "sigmoid":
        return
    targets = [split.targets for split in data.splits.values()]
    low, high = min(each.min() for each in targets), max(each.max() for each in targets)
    if not 0 <= low <= high <= 1:
        raise configs.ConfigError(
            f"output_activation is 'sigmoid', whose outputs are between 0 and 1, and what is "
            f"learned of {data.name!r} goes from {low:.4g} to {high:.4g}; use "
            "--model.output-activation linear"
        )


def _require_effect(plan: Plan, data: datasets.Dataset) -> None:
    """Raise `ConfigError` if what was typed of the splits decides nothing: other seeds, same data.

    A run that is measured over several of them would show no spread, and not say why.
    """
    if plan.typed is None:
        return
    own, last = "are its own", plan.config.dataset.held_out == "last"
    idle = {"split_seed": own, "validation_fraction": own, "held_out": own}
    fewer = plan.config.dataset.train_size is not None
    if data.fingerprint.startswith("carved"):
        idle = {"split_seed": "are its last examples, or its own"} if last else {}
    elif fewer:
        del idle["held_out"]  # the first ones, or a draw
    if data.fingerprint.startswith("drawn") or (fewer and not last):
        idle.pop("split_seed", None)  # it draws them
    if data.contiguous and data.task == "next_character":
        idle = {"split_seed": "are parts of the text in its order"}
    for name, reason in idle.items():
        value = getattr(plan.config.dataset, name)
        # The file of a whole configuration gives every key.
        usual = getattr(configs.DatasetConfig(), name)
        if f"dataset.{name}" in plan.typed and value != usual:
            flag = "--" + name.replace("_", "-")
            raise configs.ConfigError(
                f"{flag} {value} changes nothing: the validation and "
                f"test splits of {data.name!r} {reason}; leave {flag} out"
            )


def _load(plan: Plan, scratch: bool) -> datasets.Dataset:
    if plan.dataset is not None:
        return plan.dataset
    wanted = plan.config.dataset
    exact: dict[str, Any] = {"float64": True} if plan.config.precision == "float64" else {}
    return datasets.load(
        wanted.name,
        data_dir=wanted.data_dir,
        validation_fraction=wanted.validation_fraction,
        max_resident_gib=wanted.max_resident_gib,
        scratch=scratch,
        data_path=wanted.data_path,
        window_steps=wanted.window_steps,
        split_seed=wanted.split_seed,
        **exact,
        **data_options(wanted),
    )

"""Fit a recipe's settings to data or a length that it was not written for.

What the user typed is meant, and refused where it cannot be; what only the recipe says is changed
to the nearest that can, and each change told in one line.
"""

from __future__ import annotations

import dataclasses

import configs
import datasets
from trainers.engine.length import batch_size_of, steps_per_epoch, total_steps
from trainers.problems.plan import Plan

# A recipe's warmup that does not fit into the run becomes 1/10 of it.
_WARMUP_SHARE = 10


def fitted_to_text(plan: Plan, error: datasets.ShortTextError) -> tuple[configs.Config, list[str]]:
    """Return the configuration with windows that the shortest split of a text can fill.

    Raises:
        ShortTextError: `error` itself, where the windows' length was typed or none would do.
    """
    wanted, steps = plan.config.dataset, error.characters - 1
    if plan.is_typed("dataset.window_steps") or steps < 1:
        raise error
    config = dataclasses.replace(
        plan.config, dataset=dataclasses.replace(wanted, window_steps=steps)
    )
    return config, [
        f"a split of {wanted.name!r} has {error.characters} characters: windows of {steps} "
        f"characters instead of the recipe's {wanted.window_steps}"
    ]


def fitted_to_data(plan: Plan, data: datasets.Dataset) -> tuple[configs.Config, list[str]]:
    """Return the configuration with a batch and a warmup that the data and the length allow.

    Raises:
        DataError: a batch size that was typed is larger than the training set.
        ConfigError: a warmup that was typed leaves no update for the rest.
    """
    config, notes = plan.config, []
    size = data.splits["train"].size
    if config.batch_size != "full" and config.batch_size > size:
        if plan.is_typed("batch_size"):
            raise datasets.DataError(
                f"batch size {config.batch_size} is larger than the training set of {data.name!r} "
                f"({size} examples); use --batch-size {size} or less, or --batch-size full"
            )
        notes.append(
            f"the training set of {data.name!r} has {size} examples: batches of {size} instead of "
            f"the recipe's {config.batch_size}"
        )
        config = dataclasses.replace(config, batch_size=size)
    steps = steps_per_epoch(size, batch_size_of(config, size), data.contiguous)
    length, warmup = total_steps(config, steps), config.optimizer.warmup_steps
    if warmup >= length:
        if plan.is_typed("optimizer.warmup_steps"):
            raise configs.ConfigError(
                f"optimizer.warmup_steps is {warmup}, the whole run {length} steps; "
                "give --warmup-steps a smaller number"
            )
        fewer = length // _WARMUP_SHARE
        notes.append(
            f"the run has {length} updates: a warmup of {fewer} instead of the recipe's {warmup}"
        )
        optimizer = dataclasses.replace(config.optimizer, warmup_steps=fewer)
        config = dataclasses.replace(config, optimizer=optimizer)
    return config, notes

"""What of a recipe still means the same under another model or optimizer, and what does not.

- A model's options, and those of its learning problem, are its own: under another model all fall
  away.
- An optimizer's options survive where the other one has the very same option.
- What is said of the optimizer from outside (schedule, warmup, clipping, averaging, decay) means
  the same for every first-order rule; a second-order method solves for its direction and searches
  along it, so that only averaging is left.
- The step size is never the same: the other rule's own is taken. A rule that takes the whole
  training set has no batch size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainers.optimizers.catalogue import OPTIMIZERS, Optimizer

_OF_ANY_RULE = ("ema_momentum",)
_OF_FIRST_ORDER = ("schedule", "epoch_rates", "warmup_steps", "weight_decay", "clip_norm")


def carried_over(
    recipe: Mapping[str, Any], given: Mapping[str, Any], teller: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """Return flat values of a recipe that hold under the names the user gave, and what to say.

    Args:
        recipe: by dotted key.
        given: what the user typed, by dotted key: of "model.name" and "optimizer.name" the value
            counts; of what else was typed nobody needs to hear that the recipe's value is gone.
        teller: what begins the lines, where the names were not typed as flags.
    """
    kept, notes = dict(recipe), []
    model, other = recipe.get("model.name"), given.get("model.name")
    if other and model is not None and model != other:
        gone = _taken_out(kept, ("model.", "problem."))
        notes += _told(gone, given, f"model {model!r}", f"{teller or '--'}model {other}")
        kept["model.name"] = other
    rule, other = recipe.get("optimizer.name"), given.get("optimizer.name")
    if other and rule is not None and rule != other:
        survives = _survivors(OPTIMIZERS.get(str(rule)), OPTIMIZERS.get(str(other)))
        gone = _taken_out(kept, ("optimizer.",), survives)
        if str(other) in OPTIMIZERS and OPTIMIZERS[str(other)].whole_dataset:
            gone |= _taken_out(kept, ("batch_size",))
        notes += _told(gone, given, f"optimizer {rule!r}", f"{teller or '--'}optimizer {other}")
        kept["optimizer.name"] = other
    return kept, notes


def _survivors(rule: Optimizer | None, other: Optimizer | None) -> tuple[str, ...]:
    if rule is None or other is None:
        return ()
    same = [option.name for option in other.options if rule.option(option.name) is option]
    first_order = not (rule.second_order or other.second_order)
    return (*same, *_OF_ANY_RULE, *(_OF_FIRST_ORDER if first_order else ()))


def _taken_out(
    values: dict[str, Any], sections: tuple[str, ...], survives: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Take out of `values` what does not survive, and return it."""
    gone = [
        key
        for key in values
        if key.startswith(sections)
        and not key.endswith(".name")
        and key.partition(".")[2] not in survives
    ]
    return {key: values.pop(key) for key in gone}


def _told(gone: Mapping[str, Any], given: Mapping[str, Any], meant: str, flag: str) -> list[str]:
    """Return the line that tells of what was left out, if there is any."""
    told = [f"{key.rpartition('.')[2]} {gone[key]}" for key in gone if key not in given]
    return [f"{flag}: the recipe's {', '.join(told)} of {meant} left out"] if told else []

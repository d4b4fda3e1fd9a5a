"""What of a recipe still means the same under another model or optimizer, and what does not.

- A model's options, and those of its learning problem, are its own: under another model all fall
  away.
- An optimizer's options survive where the other one has the very same option.
- What is said of the optimizer from outside (schedule, warmup, clipping, averaging, decay) means
  the same for every first-order rule; a second-order method solves for its direction and searches
  along it, so that only averaging is left.
- The step size is never the same: the other rule's own is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainers.optimizers.catalogue import OPTIMIZERS, Optimizer

_OF_ANY_RULE = ("ema_momentum",)
_OF_FIRST_ORDER = ("schedule", "warmup_steps", "weight_decay", "clip_norm")


def carried_over(
    recipe: Mapping[str, Any], named: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Return flat values of a recipe that hold under the names the user gave, and what to say.

    Args:
        recipe: by dotted key.
        named: "model.name" and "optimizer.name", where they were given.
    """
    kept, notes = dict(recipe), []
    model, other = recipe.get("model.name"), named.get("model.name")
    if other and model is not None and model != other:
        notes += _dropped(kept, ("model.", "problem."), (), f"model {model!r}", f"--model {other}")
        kept["model.name"] = other
    rule, other = recipe.get("optimizer.name"), named.get("optimizer.name")
    if other and rule is not None and rule != other:
        survives = _survivors(OPTIMIZERS.get(str(rule)), OPTIMIZERS.get(str(other)))
        notes += _dropped(
            kept, ("optimizer.",), survives, f"optimizer {rule!r}", f"--optimizer {other}"
        )
        kept["optimizer.name"] = other
    return kept, notes


def _survivors(rule: Optimizer | None, other: Optimizer | None) -> tuple[str, ...]:
    if rule is None or other is None:
        return ()
    same = [option.name for option in other.options if rule.option(option.name) is option]
    first_order = not (rule.second_order or other.second_order)
    return (*same, *_OF_ANY_RULE, *(_OF_FIRST_ORDER if first_order else ()))


def _dropped(
    values: dict[str, Any],
    sections: tuple[str, ...],
    survives: tuple[str, ...],
    meant: str,
    given: str,
) -> list[str]:
    """Take out what does not survive; return the line that tells of it, if there is any."""
    gone = [
        key
        for key in values
        if key.startswith(sections)
        and not key.endswith(".name")
        and key.partition(".")[2] not in survives
    ]
    told = [f"{key.partition('.')[2]} {values.pop(key)}" for key in gone]
    return [f"{given}: the recipe's {', '.join(told)} of {meant} left out"] if told else []

"""A model's card: what it is, where it comes from, and what was measured.

The measured figures lie in `zoo/measured.json`, which is written by a measuring command and never
by hand. It maps a model's name to

    {"options": object,         the model's options in the recipe that was measured
     "parameters": int,         weights of that model, trainable and other, counted one by one
     "flops_per_example": int,  its forward pass, see `zoo.catalogue.flops`
     "default_parameters": int, both again with the builder's defaults, on the same data
     "default_flops_per_example": int,
     "metric": str,             such as "accuracy"
     "value": float,            the metric's value
     "command": str,            the exact command that gave it
     "hardware": str,           the machine it ran on
     "seconds": float}          the command's wall-clock time

A key that is missing, or a missing file, leaves the card's field None.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo.catalogue.options import Option
from zoo.catalogue.registry import find_entry
from zoo.errors import ModelError

MEASURED_PATH = Path(__file__).parents[1] / "measured.json"
_RESTORE = "restore the project's own, as with `git checkout -- zoo/measured.json`"


@dataclass(frozen=True)
class ModelCard:
    """What is known of a model; measured fields are None until they are measured.

    Args:
        name: the registry name.
        summary: one line.
        task: what the model learns, in `snake_case`.
        tasks: that, and what it learns too where the data are of that kind.
        paper: the source.
        default_dataset: the data set it is shown on.
        input_axes: the input shapes it takes, as axis names without the batch.
        causal: whether padding behind a sequence changes nothing that counts.
        options: its options by name, with the builder's defaults.
        recipe_options: what its recipe makes of them.
        parameters: number of weights under the recipe.
        flops_per_example: floating-point operations of one example's forward pass there.
        default_parameters: number of weights with the builder's defaults, on the same data.
        default_flops_per_example: operations with the builder's defaults.
        metric_name: what `metric_value` measures.
        metric_value: the metric's value after `measured_with`.
        measured_with: the command that gave the measured fields.
        hardware: the machine it ran on.
        seconds: its wall-clock time.
    """

    name: str
    summary: str
    task: str
    tasks: tuple[str, ...]
    paper: str
    default_dataset: str | None
    input_axes: tuple[str, ...]
    causal: bool
    options: Mapping[str, Option]
    recipe_options: Mapping[str, Any] | None = None
    parameters: int | None = None
    flops_per_example: int | None = None
    default_parameters: int | None = None
    default_flops_per_example: int | None = None
    metric_name: str | None = None
    metric_value: float | None = None
    measured_with: str | None = None
    hardware: str | None = None
    seconds: float | None = None


def read_measured(path: Path | None = None) -> dict[str, dict[str, Any]]:
    """Read the measured figures; no file gives an empty dictionary.

    Args:
        path: another file than `zoo/measured.json`.

    Raises:
        ModelError: the file does not hold a JSON object of objects.
    """
    path = path or MEASURED_PATH
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ModelError(f"{path} is not JSON ({error}); {_RESTORE}") from error
    if not isinstance(figures, dict) or not all(isinstance(v, dict) for v in figures.values()):
        raise ModelError(f"{path} is not a JSON object of objects; {_RESTORE}")
    return figures


def model_card(name: str) -> ModelCard:
    """Return a model's card, without building the model.

    Raises:
        UnknownModelError: no model has this name.
        ModelError: the file of measured figures cannot be read.
    """
    entry = find_entry(name)
    measured = read_measured().get(name, {})
    return ModelCard(
        name=entry.name,
        summary=entry.summary,
        task=entry.task,
        tasks=(entry.task, *entry.other_tasks),
        paper=entry.paper,
        default_dataset=entry.default_dataset,
        input_axes=entry.input_axes,
        causal=entry.causal,
        options=dict(entry.options),
        recipe_options=measured.get("options"),
        parameters=measured.get("parameters"),
        flops_per_example=measured.get("flops_per_example"),
        default_parameters=measured.get("default_parameters"),
        default_flops_per_example=measured.get("default_flops_per_example"),
        metric_name=measured.get("metric"),
        metric_value=measured.get("value"),
        measured_with=measured.get("command"),
        hardware=measured.get("hardware"),
        seconds=measured.get("seconds"),
    )

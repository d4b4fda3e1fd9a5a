"""Trained weights made of a run: their arrays, and the card that tells what they are worth."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import operator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import configs
import datasets
import zoo
from trainers.assembly.assemble import Assembly
from trainers.assembly.resolve import resolve
from trainers.benchmarks.latency import latency_ms
from trainers.output.files import replace_file
from trainers.predictions.details import ClassDetails, details
from trainers.pretrained.opened import opened_either
from trainers.pretrained.weights import saved_config_of
from trainers.reports.intervals import of_parts, wilson
from trainers.reports.weights_limits import limits
from trainers.runs import provenance
from trainers.runs.opened import opened
from trainers.runs.summary import figures
from zoo.catalogue.flops import flops_per_example
from zoo.weights.arrays import described
from zoo.weights.cards import Figure, WeightsCard
from zoo.weights.names import ARRAYS, CARD, FOLDER
from zoo.weights.variable_names import named_weights

LARGEST_BYTES = 2 * 2**20
_PARTS = 20
# Of a run on this machine, and of no use elsewhere.
_PLACES = ("data_dir", "data_path")


def write(name: str, run_dir: Path, recipe: str, command: str) -> WeightsCard:
    """Write a finished run's best weights and their card into the zoo, and return the card.

    Args:
        name: of the weights, as in "cnn:mnist".
        run_dir: the run's folder.
        recipe: the file that was run, from the project's root.
        command: that runs it.

    Raises:
        ConfigError: the weights are larger than weights in the zoo may be.
    """
    from safetensors.numpy import save

    deployed = zoo.load_model(run_dir / "model.keras")
    weights = named_weights(zoo.trained_model(deployed))
    arrays = {
        path: np.ascontiguousarray(variable.numpy().astype(np.float32))
        for path, variable in weights.items()
    }
    content = save(arrays)
    if len(content) > LARGEST_BYTES:
        raise configs.ConfigError(
            f"weights {name!r} take {len(content):,} bytes, and at most {LARGEST_BYTES:,} belong "
            "in the repository; train a smaller model"
        )
    config = saved_config_of(run_dir)
    run = opened(run_dir, resolve(config))
    summary = json.loads((run_dir / "summary.json").read_text(encoding="utf-8"))
    data, model = run.parts.dataset, run.parts.step.model
    card = WeightsCard(
        name=name,
        model=config.model.name,
        task=zoo.model_card(config.model.name).task,
        options=dict(run.plan.config.model.options),
        num_classes=data.num_classes,
        input_shape=tuple(data.input_shape),
        preparation=zoo.described(deployed),
        dataset=f"{data.name}:{data.version}",
        fingerprint=data.fingerprint,
        splits=_splits(data, config),
        seed=config.seed,
        recipe=recipe,
        command=command,
        config=_without_places(configs.to_dict(run.plan.config)),
        steps=summary["steps"],
        best_step=run.step,
        test=Figure("", 0.0, None, None, ""),
        figures={},
        classes={},
        confusion={},
        limits=(),
        parameters=sum(array.size for array in arrays.values()),
        flops_per_example=flops_per_example(model),
        latency_ms=float(f"{latency_ms(run_dir / 'model.keras'):.3g}"),
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        hardware=provenance.hardware_line(),
        versions=provenance.versions(),
        sha256=hashlib.sha256(content).hexdigest(),
        variables={path: described(array) for path, array in arrays.items()},
    )
    card = _with_figures(card, run.parts)
    stem = FOLDER / name.replace(":", "-")
    # The card last: until it is there, the new arrays are not what the old one says, and refused.
    replace_file(stem.with_suffix(ARRAYS), content)
    replace_file(stem.with_suffix(CARD), card.as_json().encode())
    return card


def measured(card: WeightsCard, data_dir: str | None = None) -> WeightsCard:
    """Return a card with what the weights in the zoo, read as a user reads them, are worth now.

    Args:
        card: of the weights.
        data_dir: where prepared TFDS data lie.
    """
    config = saved_config_of(card, {"dataset.data_dir": data_dir} if data_dir else {})
    return _with_figures(card, opened_either(card, resolve(config)).parts)


def _with_figures(card: WeightsCard, parts: Assembly) -> WeightsCard:
    test = parts.dataset.splits["test"]
    found = figures(parts)["test"]
    more = details(parts, test)
    of_classes = more if isinstance(more, ClassDetails) else None
    told = of_classes.as_json() if of_classes else {}
    return dataclasses.replace(
        card,
        test=_headline(parts, test, found),
        figures=found,
        classes=told.get("classes", {}),
        confusion=told.get("confusion", {}),
        limits=limits(card, of_classes),
    )


def _headline(parts: Assembly, test: datasets.Split, found: Mapping[str, float]) -> Figure:
    name = parts.problem.headline
    if name == "excess_ratio":
        name = "loss"  # whose parts have the same oracle as the whole only on average
    value = found[name]
    if name == "accuracy":
        low, high = wilson(value, test.size)
        return Figure(name, value, low, high, f"Wilson's, of {test.size:,} examples")
    if name == "frechet_distance":
        # It falls with the number of samples: a part's is another figure.
        return Figure(name, value, None, None, "none: a distance of distributions is no mean")
    values = [
        parts.evaluation.measure(part)[name]
        for part in _parts(test, contiguous=parts.dataset.contiguous)
    ]
    low, high = of_parts(values, value)
    return Figure(name, value, low, high, f"Student's t over {_PARTS} parts of the test split")


def _parts(split: datasets.Split, *, contiguous: bool) -> list[datasets.Split]:
    """Return equal parts of a split, of a text in its order; a few examples may be left out."""
    size = split.size // _PARTS
    rows = [
        slice(part * size, (part + 1) * size)
        if contiguous
        else slice(part, part + size * _PARTS, _PARTS)
        for part in range(_PARTS)
    ]
    return [split.mapped(operator.itemgetter(each)) for each in rows]


def _splits(data: datasets.Dataset, config: configs.Config) -> dict[str, Any]:
    sizes: dict[str, Any] = {name: split.size for name, split in data.splits.items()}
    carved = data.fingerprint.startswith("carved")
    drawn = f"validation from train, by split seed {config.dataset.split_seed}"
    if config.dataset.held_out == "last":
        drawn = "validation is the last of train, in the order of the source's files"
    return {**sizes, "drawn": drawn if carved else "the dataset's own"}


def _without_places(values: dict[str, Any]) -> dict[str, Any]:
    data = {key: value for key, value in values["dataset"].items() if key not in _PLACES}
    return {**values, "dataset": data}

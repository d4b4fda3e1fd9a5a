"""A run measured on data that are not its own, read raw and prepared as its own were."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import datasets
from datasets.catalogue import EMBEDDED_DATASETS, FILE_DATASETS
from datasets.naming.unknown import base_dataset_name
from datasets.raw.examples import RawExamples
from datasets.raw.labelled import Labelled, absent, class_numbers, read_labelled
from datasets.raw.passages import whole_text
from datasets.raw.reading import TAKES
from trainers.assembly.resolve import require_task
from trainers.assembly.shaping import binary
from trainers.objectives.own_units import in_own_units
from trainers.predictions.predictor import Predictor, load, model_file
from trainers.pretrained.opened import opened_either
from trainers.problems.plan import Plan
from trainers.runs import checkpoints
from trainers.runs.opened import OpenedRun
from zoo import WeightsCard

_EXAMPLES_PER_CALL = 512
# Of a training split that stands for the run's: more updates than any warmup.
_UPDATES = 1000


@dataclass(frozen=True)
class OtherData:
    """What a run is measured on instead of its own data.

    Args:
        name: of a dataset, as `--dataset` takes it.
        data_path: where data of the user's own lie.
        data_dir: where prepared TFDS data lie.
        target: of a table; None means the run's own.
        encoding: of text that is neither UTF-8 nor marked.
    """

    name: str
    data_path: Path | None = None
    data_dir: Path | None = None
    target: str | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class Measured:
    """A run that holds a split of other data.

    Args:
        run: opened; its dataset is the other one.
        split: what is measured.
        notes: what the user should know of the data, one line each.
        name: of the split; "all" of data that are not divided.
    """

    run: OpenedRun
    split: datasets.Split
    notes: tuple[str, ...]
    name: str


def opened_on(
    run_dir: Path | WeightsCard,
    plan: Plan,
    other: OtherData,
    split: str = "test",
    checkpoint: str = "best",
) -> Measured:
    """Open a run to measure it on other data; its own need not be there.

    Args:
        run_dir: of a finished run, or trained weights.
        plan: of its saved configuration, resolved.
        other: the data.
        split: of data that are divided; others are measured as a whole.
        checkpoint: "best" or "newest".

    Raises:
        ConfigError: the run is not finished, or its model answers no single inputs.
        CheckpointError: no checkpoint or no model can be used.
        datasets.DataError: the data cannot be used, or have a class that the model lacks.
    """
    predictor, own = load(model_file(run_dir)), plan.config.dataset
    notes: tuple[str, ...] = ()
    name = "all" if other.name in FILE_DATASETS else split
    if other.name in FILE_DATASETS and other.data_path is None:
        raise datasets.DataError(
            f"dataset {other.name!r} needs data_path; pass --data-path with the file or folder"
        )
    if other.name == "text":
        if predictor.inputs["kind"] != "symbols":
            raise datasets.DataError(
                f"dataset 'text' is of another kind than the run's data: its model takes "
                f"{TAKES[predictor.inputs['kind']]}"
            )
        data = whole_text(
            other.data_path or "",
            predictor.inputs["symbols"],
            own.window_steps,
            pattern=own.pattern,
            encoding=other.encoding or own.encoding,
            max_resident_gib=own.max_resident_gib,
        )
    elif other.name in FILE_DATASETS:
        found = read_labelled(
            other.name,
            other.data_path or Path(),
            {"inputs": predictor.inputs, "outputs": predictor.outputs},
            split,
            target=other.target or own.target,
            weight_column=own.weight_column,
            encoding=other.encoding,
        )
        name = found.split
        data, notes = _prepared(found, predictor), (*found.examples.notes, *found.notes)
    else:
        data, notes = _of_dataset(other, plan, predictor, split)
        row = EMBEDDED_DATASETS.get(other.name)
        if row is not None and row.part_of == base_dataset_name(own.name):
            seen = f"{other.name} is part of {own.name}'s training examples, which the model saw"
            notes = (*notes, seen)
    stand_in = _dataset(run_dir, plan, other.name, data, predictor)
    changed = dataclasses.replace(plan, dataset=stand_in, shaped=True)
    run = opened_either(run_dir, changed, checkpoint)
    return Measured(run, data, notes, name)


def _prepared(found: Labelled, predictor: Predictor) -> datasets.Split:
    inputs = _inputs(found.examples, predictor)
    targets = found.targets
    if predictor.outputs["kind"] == "numbers":
        targets = _standardized(targets, predictor.outputs)
    return datasets.Split(inputs, targets, found.weights)


def _inputs(examples: RawExamples, predictor: Predictor) -> np.ndarray:
    """Return what the model's own preparation makes of raw inputs: to the bit what it reads."""
    entrance = predictor.entrance()
    parts = [entrance.predict(batch) for batch in examples.batches(_EXAMPLES_PER_CALL)]
    if predictor.inputs["kind"] == "sequences":
        time = max(part.shape[1] for part in parts)
        parts = [
            np.pad(part, ((0, 0), (0, time - part.shape[1]), (0, 0)), constant_values=np.nan)
            for part in parts
        ]
    return np.concatenate(parts)


def _standardized(values: np.ndarray, outputs: dict[str, Any]) -> np.ndarray:
    if outputs.get("mean") is not None:
        values = (values - np.asarray(outputs["mean"])) / np.asarray(outputs["deviation"])
    return values.astype(np.float32)


def _of_dataset(
    other: OtherData, plan: Plan, predictor: Predictor, split: str
) -> tuple[datasets.Split, tuple[str, ...]]:
    """Return a split of a dataset that has a name, its classes by the model's numbers."""
    own, inputs, outputs = plan.config.dataset, predictor.inputs, predictor.outputs
    options: dict[str, Any] = {}
    if inputs["kind"] == "images" and other.name not in datasets.list_datasets():
        *size, channels = inputs["shape"]
        options = {"channels": channels} if own.channels else {}
        if inputs["resize"]:
            options |= {"image_size": "x".join(map(str, size)), "resize": inputs["resize"]}
    if other.name == own.name and own.held_out != "drawn":
        options |= {"held_out": own.held_out}
    data = datasets.load(
        other.name,
        data_dir=other.data_dir,
        split_seed=own.split_seed,
        validation_fraction=own.validation_fraction,
        window_steps=own.window_steps,
        **options,
    )
    require_task(plan.config.model.name, plan.problem, other.name, data.task)
    found, theirs = data.splits[split], data.preparation.get("inputs", {})
    alike = theirs.get("kind") == inputs["kind"]
    if not alike or theirs.get("shape") != inputs.get("shape"):
        raise datasets.DataError(
            f"dataset {other.name!r} has {theirs.get('kind')} of shape {theirs.get('shape')}, and "
            f"the run's model takes {inputs['kind']} of shape {inputs.get('shape')}; choose "
            "another one"
        )
    where = f"dataset {other.name!r}"
    if inputs["kind"] == "symbols":
        return _renumbered(found, data.class_names, predictor, where), ()
    arrays = np.asarray(found.inputs)
    if inputs["kind"] == "numbers":
        raw = arrays
        if theirs.get("mean") is not None:
            shape = tuple(theirs["shape"])
            mean, deviation = (
                np.reshape(np.asarray(theirs[name], np.float64), shape)
                for name in ("mean", "deviation")
            )
            raw = (arrays * deviation + mean).astype(np.float32)
        arrays = _inputs(RawExamples([""] * len(raw), lambda rows: raw[rows]), predictor)
    if inputs.get("threshold") is not None:
        arrays = binary(arrays, inputs["threshold"])
    notes: list[str] = []
    if outputs["kind"] == "classes":
        labels = [data.class_names[number] for number in found.targets]
        targets = class_numbers(labels, predictor.names, where)
        notes = absent(targets, predictor.names, where)
    else:
        targets = _standardized(in_own_units(found.targets, data.preparation), outputs)
    return datasets.Split(arrays, targets, found.weights), tuple(notes)


def _renumbered(
    found: datasets.Split, symbols: tuple[str, ...], predictor: Predictor, where: str
) -> datasets.Split:
    names = predictor.inputs["symbols"]
    unknown = predictor.inputs["unknown"]
    labels = [symbol if symbol in names or unknown is None else unknown for symbol in symbols]
    numbers = class_numbers(labels, names, where)
    return dataclasses.replace(found, inputs=numbers[found.inputs], targets=numbers[found.targets])


def _dataset(
    run_dir: Path | WeightsCard, plan: Plan, name: str, data: datasets.Split, predictor: Predictor
) -> datasets.Dataset:
    """Return a dataset for the run's parts to be built for, whose test split is the other data.

    Its training split is one example many times, in the room of one: nothing is trained.
    """
    config, names = plan.config, tuple(predictor.names)
    batch = 1 if config.batch_size == "full" else config.batch_size
    rows = batch * (_UPDATES + config.optimizer.warmup_steps)
    inputs, targets, weights = (
        np.broadcast_to(array[:1], (rows, *array.shape[1:]))
        for array in (data.inputs, data.targets, data.weights)
    )
    train = datasets.Split(inputs, targets, weights)
    numbers = predictor.outputs["kind"] == "numbers"
    known = (
        run_dir.fingerprint
        if isinstance(run_dir, WeightsCard)
        else checkpoints.load_newest(run_dir / "checkpoints").metadata["dataset_fingerprint"]
    )
    return datasets.Dataset(
        name=name,
        version="",
        task=plan.problem.dataset_task,
        input_shape=tuple(data.inputs.shape[1:]),
        num_classes=len(names),
        class_names=() if numbers else names,
        splits={"train": train, "validation": data, "test": data},
        oracle_loss={},
        fingerprint=known,
        contiguous=plan.problem.dataset_task == "next_character",
        preparation={"inputs": predictor.inputs, "outputs": predictor.outputs},
        target_names=names if numbers else (),
    )

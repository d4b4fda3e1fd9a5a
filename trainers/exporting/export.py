"""A run's model in another format: written, read back by its own runtime, compared, then named."""

from __future__ import annotations

import importlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

import configs
import datasets
import zoo
from trainers.assembly.data import load_data
from trainers.assembly.resolve import require_known_data, resolve
from trainers.errors import CheckpointError
from trainers.exporting import comparison, raw_inputs
from trainers.exporting.formats import Format, find
from trainers.exporting.servable import Servable, servable
from trainers.output.files import replaced
from trainers.pretrained.weights import saved_config_of
from trainers.runs.folder import read_saved_config
from zoo import WeightsCard
from zoo.catalogue.entries import CUSTOM
from zoo.errors import reason_of
from zoo.process.shell import command_line, shown

# Enough to meet what the data are like, few enough for a second.
_EXAMPLES = 256
_CALIBRATION = 200
# Test examples that a quantized model is measured on.
_SCORED = 10_000


@dataclass(frozen=True)
class Exported:
    """What came of it.

    Args:
        path: the file or folder.
        what: the function that it holds.
        nbytes: its size.
        seconds: for writing it and trying it out.
        difference: the largest from the original's answers; see `comparison.difference`.
        examples: how many were compared, and which.
        scores: the figure's name, the original's and the quantized model's, where it is quantized.
    """

    path: Path
    what: Servable
    nbytes: int
    seconds: float
    difference: float
    examples: str
    scores: tuple[str, float, float] | None = None


def export_run(
    run_dir: Path | str | WeightsCard,
    format: str,
    output: Path | str | None = None,
    quantize: str | None = None,
    *,
    dataset: datasets.Dataset | None = None,
) -> Path:
    """Write a finished run's model in another format, and return where.

    Args:
        run_dir: the run's folder, or trained weights.
        format: "keras", "saved_model", "onnx" or "litert".
        output: where to write; None means the run's folder, or here.
        quantize: None, or "int8".
        dataset: the run's data where they are in memory; None reads them anew, if they are there.

    Raises:
        ConfigError, CheckpointError, datasets.DataError: see `export`.
    """
    row = find(format, quantize)
    folder = run_dir if isinstance(run_dir, WeightsCard) else Path(run_dir)
    data = dataset or data_of(folder)
    return export(folder, row, data, Path(output) if output else None, quantize).path


def data_of(
    run_dir: Path | WeightsCard,
    changes: Mapping[str, Any] | None = None,
    imports: Sequence[str] = (),
) -> datasets.Dataset | None:
    """Return the data of a run, or None where they are not at hand.

    Args:
        run_dir: the run's folder, or trained weights.
        changes: of its configuration, by dotted key: where the data are now.
        imports: modules of the user's own.
    """
    try:
        config = saved_config_of(run_dir, changes, imports)
        plan = resolve(config)
        require_known_data(plan, saved=True)
        return load_data(plan, scratch=True).dataset
    except (datasets.DataError, datasets.UnknownDatasetError, configs.ConfigError, zoo.ModelError):
        # They only tell how good the file is; a run from Python may have had none but in memory.
        if changes:
            raise
        return None


def export(
    run_dir: Path | WeightsCard,
    row: Format,
    data: datasets.Dataset | None,
    output: Path | None = None,
    quantize: str | None = None,
) -> Exported:
    """Write a finished run's model in another format, and try it out before it gets its name.

    Args:
        run_dir: the run's folder, or trained weights.
        row: the format.
        data: the run's; None compares on drawn inputs.
        output: where to write; None means the run's folder; of weights, a name of theirs here.
        quantize: None, or "int8".

    Raises:
        ConfigError: the run is not finished, or the format cannot hold its model.
        CheckpointError, zoo.ModelFileError: the model is damaged, or the written one answers
            otherwise.
        datasets.DataError: the data, which quantization needs, are not at hand.
    """
    start = time.monotonic()
    original = _loaded(run_dir)
    described = zoo.described(original)
    _require_single_precision(original, row)
    if quantize and data is None:
        told = shown(run_dir) if isinstance(run_dir, Path) else run_dir.name
        raise datasets.DataError(
            f"--quantize finds its ranges on the training data of {told}, which are not "
            "at hand; pass --data-path or --data-dir with where they are now"
        )
    path = output or _usual_path(run_dir, row)
    # Its own instance: some formats change its layers.
    what = servable(_loaded(run_dir), text=row.text)
    examples = _calibration(what, described, data) if quantize and data else ()
    module = importlib.import_module(row.module)
    wanted = servable(original)
    batches, said = _batches(original, described, data)
    if isinstance(run_dir, Path) and path.resolve() == (run_dir / "model.keras").resolve():
        run = module.read(path, what)
        worst = _worst(run, what, wanted, described, batches)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path) as temporary:
            module.write(what, temporary, examples)
            run = module.read(temporary, what)
            worst = _worst(run, what, wanted, described, batches)
            if quantize is None and not worst <= comparison.TOLERANCE:
                raise CheckpointError(
                    f"the exported model's answers differ from the original's by {worst:.2g}, "
                    f"more than {comparison.TOLERANCE:g}, on {said}; nothing was written; use "
                    "another --format"
                )
    scores = _scores(run, what, wanted, described, data) if quantize and data else None
    return Exported(path, what, _nbytes(path), time.monotonic() - start, worst, said, scores)


def _usual_path(run: Path | WeightsCard, row: Format) -> Path:
    """Return where an export goes that was not told where."""
    if isinstance(run, Path):
        return run / row.name
    own = run.name.replace(":", "-")
    return Path(f"{own}{Path(row.name).suffix or f'-{row.name}'}")


def _loaded(run_dir: Path | WeightsCard) -> keras.Model:
    if not isinstance(run_dir, Path):
        return zoo.load_model(run_dir.name)
    path = run_dir / "model.keras"
    if not path.is_file():
        raise configs.ConfigError(
            f"{shown(run_dir)} has no model.keras: the run is not finished; continue it with "
            f"`{command_line('python -m trainers.run', '--run-dir', run_dir, '--resume')}`"
        )
    try:
        return zoo.load_model(path)
    except zoo.ModelFileError as error:
        model = read_saved_config(run_dir).get("model")
        if isinstance(model, dict) and model.get("name") == CUSTOM.name:
            raise CheckpointError(
                f"{shown(path)} holds a model of the user's own that Keras cannot build again here "
                f"({reason_of(error.__cause__ or error, 120)}); import what defines it, with a "
                "get_config, and an __init__ that takes **kwargs and passes them on"
            ) from error
        raise CheckpointError(
            f"{error} (or continue the run with --resume, which writes the file anew)"
        ) from error


def _require_single_precision(model: keras.Model, row: Format) -> None:
    others = {"float16", "bfloat16", "float64"}
    narrow = {layer.compute_dtype for layer in model._flatten_layers()} & others
    if narrow and row.packages:
        raise configs.ConfigError(
            f"model {zoo.trained_model(model).name!r} computes in {', '.join(sorted(narrow))}, and "
            f"is exported to {row.name} in float32 only; train it with --precision float32, or use "
            "--format saved_model or keras"
        )


def _batches(
    model: keras.Model, described: dict[str, Any], data: datasets.Dataset | None
) -> tuple[list[dict[str, np.ndarray]], str]:
    """Return raw inputs in batches of two sizes, and what they are."""
    raw, said = None, ""
    if data is not None:
        split = data.splits["test"]
        rows = np.arange(min(split.size, _EXAMPLES))
        raw = raw_inputs.restored(described, split, rows)
        said = f"{len(rows)} examples of the run's test split"
    if raw is None:
        raw = raw_inputs.plausible(model, described, 32)
        said = "32 drawn inputs" + " (the run's data are not at hand)" * (data is None)
    batches = [raw, {name: value[:1] for name, value in raw.items()}]
    if described["inputs"].get("resize"):
        batches.append(raw_inputs.of_another_size(raw))
    return batches, said


def _answers(run: Any, what: Servable, raw: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    answers: dict[str, np.ndarray] = run(what.inputs(raw))
    return answers


def _original(wanted: Servable, raw: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    import tensorflow as tf

    tensors = [tf.constant(raw[each.name]) for each in wanted.model.inputs]
    return {name: np.asarray(value) for name, value in wanted.call(*tensors).items()}


def _worst(
    run: Any,
    what: Servable,
    wanted: Servable,
    described: dict[str, Any],
    batches: list[dict[str, np.ndarray]],
) -> float:
    kind = described["outputs"].get("kind")
    return max(
        comparison.difference(kind, _answers(run, what, raw), _original(wanted, raw))
        for raw in batches
    )


def _calibration(
    what: Servable, described: dict[str, Any], data: datasets.Dataset
) -> list[dict[str, np.ndarray]]:
    train = data.splits["train"]
    rows = datasets.sample_rows(train.size, _CALIBRATION)
    raw = raw_inputs.restored(described, train, rows)
    if raw is None:
        raise configs.ConfigError(
            f"model {zoo.trained_model(what.model).name!r} does not read its data's examples, by "
            "which ranges are found; leave --quantize out"
        )
    count = len(next(iter(raw.values())))
    return [
        what.inputs({name: value[index : index + 1] for name, value in raw.items()})
        for index in range(count)
    ]


def _scores(
    run: Any, what: Servable, wanted: Servable, described: dict[str, Any], data: datasets.Dataset
) -> tuple[str, float, float] | None:
    """Return a figure's name, and the original's and the exported model's over the test split."""
    split = data.splits["test"]
    rows = datasets.sample_rows(split.size, _SCORED)
    before, after, total = 0.0, 0.0, 0.0
    name = comparison.FIGURES.get(described["outputs"].get("kind"))
    if name is None:
        return None
    for start in range(0, len(rows), _EXAMPLES):
        part = rows[start : start + _EXAMPLES]
        raw = raw_inputs.restored(described, split, part)
        if raw is None:
            return None
        worth, weight = comparison.score(described, _original(wanted, raw), split, part)
        before, total = before + worth, total + weight
        after += comparison.score(described, _answers(run, what, raw), split, part)[0]
    return name, before / total, after / total


def _nbytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())

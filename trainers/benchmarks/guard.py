"""Ratios of what was made fast to what it is measured by, against those of a file.

Both sides of a ratio take turns within one process, and their least turns are compared, in seconds
of the processor, so that a slow machine changes both and a busy one neither. A ratio that is worse
than the file's by more than the tolerance says that something slow has come back.
"""

from __future__ import annotations

from trainers.cli.quiet import tf  # isort: skip  (first, so that the import is quiet)

import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from jsonargparse import Namespace

import configs
import datasets
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.benchmarks import images
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop
from trainers.errors import UserError
from trainers.inspection.training_probe import TrainingProbe
from trainers.output.files import replace_file
from trainers.problems.plan import Plan
from trainers.runs.tensorboard.event_files import EventFiles

Work = Callable[[], object]

BASELINE = Path(__file__).with_name("baseline.json")
TOLERANCE = 1.5
_TURNS, _TURN_SECONDS, _MOST_CALLS = 7, 0.1, 64
_WIDE = {"hidden_units": [512, 512], "activation": "relu", "dropout": 0.0}


def measure(arguments: Namespace) -> dict[str, Any]:
    """Return every ratio, and the baseline's; below it is faster.

    Args:
        arguments: of the command; with `update_baseline` the file is written anew.
    """
    tf.get_logger().setLevel("ERROR")  # many loops in one process look like forgotten retracing
    ratios = {}
    for name, pair in PAIRS.items():
        print(f"measuring {name}", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="keras-zoo-guard-") as folder:
            ratios[name] = ratio(*pair(Path(folder)))
        keras.backend.clear_session()
    if arguments.update_baseline:
        text = json.dumps({name: float(f"{value:.3g}") for name, value in ratios.items()}, indent=2)
        replace_file(BASELINE, (text + "\n").encode())
    return compared(ratios, json.loads(BASELINE.read_text(encoding="utf-8")))


def compared(ratios: dict[str, float], baseline: dict[str, float]) -> dict[str, Any]:
    """Return ratios and baseline with what is slower than the tolerance allows.

    What the baseline does not have is new, and not slower.
    """
    slower = [
        name for name, value in ratios.items() if value > TOLERANCE * baseline.get(name, value)
    ]
    return {"ratios": ratios, "baseline": baseline, "tolerance": TOLERANCE, "slower": slower}


def table(result: dict[str, Any]) -> str:
    """Return the ratios as Markdown."""
    lines = [
        "| ratio of processor seconds | now | baseline | now / baseline |",
        "|---|---:|---:|---:|",
    ]
    for name, value in result["ratios"].items():
        before = result["baseline"].get(name, value)
        mark = " **slower**" if name in result["slower"] else ""
        lines.append(f"| {name} | {value:.3g} | {before:.3g} | {value / before:.2f}{mark} |")
    return "\n".join(lines)


def check(result: dict[str, Any]) -> None:
    """Raise `UserError` if a ratio is worse than the baseline by more than the tolerance."""
    if not result["slower"]:
        return
    found = [
        f"{name}: {result['ratios'][name]:.3g}, baseline {result['baseline'][name]:.3g}"
        for name in result["slower"]
    ]
    raise UserError(
        f"slower than {TOLERANCE:g} times the baseline: {'; '.join(found)}; "
        "mend it, or if it must be, --update-baseline"
    )


def ratio(numerator: Work, denominator: Work) -> float:
    """Return the processor's seconds of one piece of work over those of another, in least turns.

    A turn repeats its work until it lasts long enough for the clock.
    """
    least, calls = [], []
    for work in (numerator, denominator):
        work()  # compiles
        started = time.process_time()
        work()
        once = max(time.process_time() - started, 1e-9)
        calls.append(min(_MOST_CALLS, max(1, round(_TURN_SECONDS / once))))
        least.append(once)
    for _ in range(_TURNS):
        for side, work in enumerate((numerator, denominator)):
            started = time.process_time()
            for _ in range(calls[side]):
                work()
            seconds = (time.process_time() - started) / calls[side]
            least[side] = min(least[side], seconds)
    return least[0] / least[1]


def _loaded(name: str, **settings: Any) -> tuple[Plan, datasets.Dataset]:
    optimizer = {"schedule": "constant", **settings.pop("optimizer", {})}
    dataset, plan, _ = load_data(resolve(configs.recipe(name, optimizer=optimizer, **settings)))
    return plan, dataset


def _training(plan: Plan, dataset: datasets.Dataset, updates: int) -> Work:
    """Return what trains so many updates, always the same ones."""
    parts = assemble(plan, dataset)
    feed = Feed.of(parts.dataset, parts.batch_size, plan.config.seed, by_length=parts.buckets)
    loop = Loop(parts.step, parts.mode)
    return lambda: loop.train(feed, 0, min(updates, feed.full_batches))


def _histograms(folder: Path) -> tuple[Work, Work]:
    plan, dataset = _loaded("mlp")
    probe = TrainingProbe(assemble(plan, dataset).step, dataset.splits["train"], None)
    events = EventFiles(folder, 0)
    events.begin([])
    values = probe.look().histograms.values()

    def counted() -> None:
        for each in values:
            np.histogram(each, 30)

    return lambda: events.histograms(probe.look().histograms, 1), counted


def _dropout(_folder: Path) -> tuple[Work, Work]:
    plan, dataset = _loaded("mlp")
    plain, _ = _loaded("mlp", model={"dropout": 0.0})
    return _training(plan, dataset, 33), _training(plain, dataset, 33)


def _padding(_folder: Path) -> tuple[Work, Work]:
    plan, dataset = _loaded("lstm", bucket_by_length=True)
    plain, _ = _loaded("lstm")
    return _training(plan, dataset, 100), _training(plain, _unpadded(dataset), 100)


def _unpadded(dataset: datasets.Dataset) -> datasets.Dataset:
    """Return a dataset whose training sequences count to their very end."""
    train = dataset.splits["train"]
    whole = dataclasses.replace(train, weights=np.ones_like(train.weights))
    return dataclasses.replace(dataset, splits={**dataset.splits, "train": whole})


def _fused(_folder: Path) -> tuple[Work, Work]:
    plan, dataset = _loaded("lstm")
    # Padding is left out for a model that is known not to read it: of ours alone.
    dataset = _unpadded(dataset)
    options = plan.config.model.options
    symbols = keras.Input(dataset.input_shape, dtype="int32")
    embedded = keras.layers.Embedding(dataset.num_classes, options["embedding_dim"])(symbols)
    hidden = keras.layers.LSTM(options["units"], return_sequences=True)(embedded)
    model = keras.Model(symbols, keras.layers.Dense(dataset.num_classes)(hidden))
    plain = dataclasses.replace(plan, model=model)
    return _training(plan, dataset, 100), _training(plain, dataset, 100)


def _adam(_folder: Path) -> tuple[Work, Work]:
    plan, dataset = _loaded("mlp", model=_WIDE, optimizer={"name": "adam", "learning_rate": 1e-3})
    plain, _ = _loaded("mlp", model=_WIDE, optimizer={"name": "sgd", "learning_rate": 1e-3})
    return _training(plan, dataset, 33), _training(plain, dataset, 33)


def _pictures(folder: Path) -> tuple[Work, Work]:
    images.make_pictures(folder / "pictures", 1_000, None, 1)
    return _from_cache(folder, lambda: images.load_pictures(folder / "pictures", 1))


def _records(folder: Path) -> tuple[Work, Work]:
    return _from_cache(folder, lambda: datasets.load("digits", data_dir=folder / "prepared"))


def _from_cache(folder: Path, load: Work) -> tuple[Work, Work]:
    """Return loading what an earlier call has kept, and loading it anew."""

    def load_in(cache: Path) -> None:
        with images.cache_in(cache):
            load()

    return lambda: load_in(folder / "cache"), lambda: load_in(Path("off"))


PAIRS: dict[str, Callable[[Path], tuple[Work, Work]]] = {
    "mlp: a point of histograms / numpy.histogram of its values": _histograms,
    "mlp: with dropout / without": _dropout,
    "mlp 64-512-512-10: adam / sgd": _adam,
    "lstm: reber in batches of like length / all of full length": _padding,
    "lstm: our layer / Keras's": _fused,
    "1,000 pictures: from the cache / decoded": _pictures,
    "digits: from the cache / from records": _records,
}
"""What is measured, by name: each is given a folder of its own, which is deleted afterwards."""

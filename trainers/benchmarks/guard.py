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
from trainers.assembly.assemble import Assembly, assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.benchmarks import images
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop
from trainers.errors import UserError
from trainers.inspection.training_probe import TrainingProbe
from trainers.output.files import replace_file
from trainers.problems.plan import Plan
from trainers.runs.tensorboard import EventFiles

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
        ratios[name] = ratio(*pair())
        keras.backend.clear_session()
    if arguments.update_baseline:
        text = json.dumps({name: round(value, 3) for name, value in ratios.items()}, indent=2)
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
        lines.append(f"| {name} | {value:.3f} | {before:.3f} | {value / before:.2f}{mark} |")
    return "\n".join(lines)


def check(result: dict[str, Any]) -> None:
    """Raise `UserError` if a ratio is worse than the baseline by more than the tolerance."""
    if not result["slower"]:
        return
    found = [
        f"{name}: {result['ratios'][name]:.3f}, baseline {result['baseline'][name]:.3f}"
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
    return _updates(assemble(plan, dataset), plan, updates)


def _updates(parts: Assembly, plan: Plan, updates: int) -> Work:
    feed = Feed.of(parts.dataset, parts.batch_size, plan.config.seed, by_length=parts.buckets)
    loop = Loop(parts.step, parts.mode)
    return lambda: loop.train(feed, 0, min(updates, feed.full_batches))


def _histograms() -> tuple[Work, Work]:
    plan, dataset = _loaded("mlp")
    parts = assemble(plan, dataset)
    probe = TrainingProbe(parts.step, dataset.splits["train"], None)
    folder = tempfile.TemporaryDirectory(prefix="keras-zoo-guard-")
    events = EventFiles(Path(folder.name), 0)
    events.begin([])

    def point() -> None:
        # The folder lives as long as what writes into it.
        events.histograms(probe.look().histograms, len(folder.name))

    return point, _updates(parts, plan, 33)


def _dropout() -> tuple[Work, Work]:
    plan, dataset = _loaded("mlp")
    plain, _ = _loaded("mlp", model={"dropout": 0.0})
    return _training(plan, dataset, 33), _training(plain, dataset, 33)


def _padding() -> tuple[Work, Work]:
    plan, dataset = _loaded("lstm")
    train = dataset.splits["train"]
    whole = dataclasses.replace(train, weights=np.ones_like(train.weights))
    full = dataclasses.replace(dataset, splits={**dataset.splits, "train": whole})
    return _training(plan, dataset, 100), _training(plan, full, 100)


def _fused() -> tuple[Work, Work]:
    plan, dataset = _loaded("lstm", bucket_by_length=False)
    options = plan.config.model.options
    symbols = keras.Input(dataset.input_shape, dtype="int32")
    embedded = keras.layers.Embedding(dataset.num_classes, options["embedding_dim"])(symbols)
    hidden = keras.layers.LSTM(options["units"], return_sequences=True)(embedded)
    model = keras.Model(symbols, keras.layers.Dense(dataset.num_classes)(hidden))
    plain = dataclasses.replace(plan, model=model)
    return _training(plan, dataset, 100), _training(plain, dataset, 100)


def _adam() -> tuple[Work, Work]:
    plan, dataset = _loaded("mlp", model=_WIDE, optimizer={"name": "adam", "learning_rate": 1e-3})
    plain, _ = _loaded("mlp", model=_WIDE, optimizer={"name": "sgd", "learning_rate": 1e-3})
    return _training(plan, dataset, 33), _training(plain, dataset, 33)


def _loading() -> tuple[Work, Work]:
    folder = tempfile.TemporaryDirectory(prefix="keras-zoo-guard-")
    pictures = Path(folder.name, "pictures")
    images._make(pictures, 1_000, None, 1)

    def load(cache: str) -> None:
        # The folder lives as long as what reads it.
        with images._cache_in(Path(folder.name, cache) if cache else Path("off")):
            images._ours(pictures, 1)

    return lambda: load("cache"), lambda: load("")


PAIRS: dict[str, Callable[[], tuple[Work, Work]]] = {
    "mlp: a point of histograms / 33 updates": _histograms,
    "mlp: with dropout / without": _dropout,
    "mlp 64-512-512-10: adam / sgd": _adam,
    "lstm: sequences of reber / all of full length": _padding,
    "lstm: our layer / Keras's": _fused,
    "1,000 pictures: from the cache / decoded": _loading,
}

"""Reading a folder of pictures against `keras.utils.image_dataset_from_directory`.

Both read the same files, which the system has in memory by then, in turns within one process. Ours
is the whole of `datasets.load`: listing, division, arrays in memory, fingerprint; once with nothing
kept from an earlier run, and once from what that one has kept. Keras's is one pass over its
batches, of which nothing stays. Processor time stands beside the clock's: Keras decodes on all
cores, and ours, for files as small as these, on one. Where sizes are mixed ours resizes with
antialiasing and Keras's without.
"""

from __future__ import annotations

import trainers.cli.quiet  # noqa: F401  isort: skip  (first, so that the import is quiet)

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
from jsonargparse import Namespace
from PIL import Image
from rich.table import Table

import datasets
from datasets.cache.entries import VARIABLE
from trainers.benchmarks.plain_text import plain_text

_CLASSES = 10
_SIDE = 28
_BATCH_SIZE = 128


def measure(arguments: Namespace) -> dict[str, Any]:
    """Return one row for pictures of one size, and one for pictures of many.

    Args:
        arguments: of the command; so many `pictures` are made, read and thrown away, and there are
            so many turns as `repeats`, after one that is not measured.
    """
    pictures, turns = arguments.pictures, arguments.repeats
    rows = []
    for name, sides, channels in (("one size, grey", None, 1), ("sizes mixed, RGB", (20, 81), 3)):
        with tempfile.TemporaryDirectory(prefix="keras-zoo-bench-") as folder:
            make_pictures(Path(folder, "pictures"), pictures, sides, channels)
            rows.append({"pictures": pictures, "of": name, **_times(Path(folder), channels, turns)})
    return {"rows": rows}


def table(result: dict[str, Any]) -> str:
    """Return the rows as a table."""
    columns = Table(box=None, header_style="bold")
    titles = ("pictures", "Keras s", "first run s", "ratio", "of processor time", "second run s")
    for title in titles:
        columns.add_column(title, justify="left" if title == "pictures" else "right")
    for row in result["rows"]:
        columns.add_row(
            f"{row['pictures']:,}, {row['of']}",
            *(f"{statistics.median(row[key]):.2f}" for key in ("keras_seconds", "first_seconds")),
            f"{row['ratio']:.2f}",
            f"{row['processor_ratio']:.2f}",
            f"{statistics.median(row['cached_seconds']):.2f}",
        )
    return plain_text(columns, 100).rstrip()


def make_pictures(folder: Path, count: int, sides: tuple[int, int] | None, channels: int) -> None:
    """Make PNG files of random pixels, in one folder for each of the classes.

    Args:
        folder: made.
        count: of pictures.
        sides: least side and the one that no picture has; None makes all of one size.
        channels: 1 or 3.
    """
    random = np.random.default_rng(0)
    for index in range(count):
        place = folder / f"class {index % _CLASSES}"
        place.mkdir(parents=True, exist_ok=True)
        shape = (_SIDE, _SIDE) if sides is None else tuple(random.integers(*sides, 2))
        shape = shape if channels == 1 else (*shape, channels)
        pixels = random.integers(0, 256, shape, np.uint8)
        Image.fromarray(pixels).save(place / f"{index:06d}.png")


def _times(folder: Path, channels: int, turns: int) -> dict[str, Any]:
    names = ("keras", "first", "cached")
    clock: dict[str, list[float]] = {name: [] for name in names}
    processor: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(turns + 1):
        with cache_in(folder / f"cache {turn}"):
            for name in names:
                read = _keras if name == "keras" else load_pictures
                start, used = time.perf_counter(), time.process_time()
                read(folder / "pictures", channels)
                if turn:
                    clock[name].append(time.perf_counter() - start)
                    processor[name].append(time.process_time() - used)
    return {
        **{f"{name}_seconds": values for name, values in clock.items()},
        **{f"{name}_processor_seconds": values for name, values in processor.items()},
        "ratio": _ratio(clock),
        "processor_ratio": _ratio(processor),
    }


def _ratio(seconds: dict[str, list[float]]) -> float:
    pairs = zip(seconds["first"], seconds["keras"], strict=True)
    return statistics.median(ours / peer for ours, peer in pairs)


def _keras(folder: Path, channels: int) -> None:
    batches = keras.utils.image_dataset_from_directory(
        folder,
        image_size=(_SIDE, _SIDE),
        color_mode="grayscale" if channels == 1 else "rgb",
        batch_size=_BATCH_SIZE,
        verbose=False,
    )
    for _ in batches:
        pass


def load_pictures(folder: Path, channels: int) -> None:
    """Read a folder as a user's own pictures are read; those with colours become one size."""
    size = None if channels == 1 else f"{_SIDE}x{_SIDE}"
    datasets.load("images", data_path=folder, image_size=size)


@contextmanager
def cache_in(folder: Path) -> Iterator[None]:
    """Keep what is loaded in this context in a folder; that of the name "off" is none."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(folder)
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        if before is not None:
            os.environ[VARIABLE] = before

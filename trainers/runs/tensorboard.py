"""What TensorBoard shows: scalars, histograms, the graph and the configuration."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader

from trainers.engine.batch import Batch
from trainers.engine.step import Step


def drop_later_events(folder: Path, last_step: int) -> None:
    """Remove events after `last_step`, so that a resumed run shows no step twice.

    A record that a kill cut short ends its file's readable part and is dropped with the rest.
    A run that starts over from step 0 writes its step-0 events again, so nothing is kept then.
    """
    for path in sorted(folder.glob("events.out.tfevents.*")):
        if last_step == 0:
            path.unlink()
            continue
        # As bytes: the parsing loader turns the graph into a summary as well, one more each time.
        records = list(RawEventFileLoader(str(path)).Load())
        temporary = path.with_name(f".{path.name}.tmp")
        with tf.io.TFRecordWriter(str(temporary)) as writer:
            for record in records:
                if tf.compat.v1.Event.FromString(record).step <= last_step:
                    writer.write(record)
        temporary.replace(path)


class EventFiles:
    """Event files under `run/train` and `run/validation`.

    A full disk or any other failure to write stops the summaries with one warning; the training
    goes on, since nothing in it depends on them.
    """

    def __init__(self, run: Path, last_step: int) -> None:
        self._broken = False
        self._writers: dict[str, Any] = {}
        for split in ("train", "validation"):
            self._guarded(partial(self._open, run / split, last_step))

    def _open(self, folder: Path, last_step: int) -> None:
        drop_later_events(folder, last_step)
        # TensorFlow reads `[` in a path as a pattern when looking for files, not when writing.
        self._writers[folder.name] = tf.summary.create_file_writer(str(folder))

    def _guarded(self, action: Callable[[], None]) -> None:
        if self._broken:
            return
        try:
            action()
        except (tf.errors.OpError, OSError) as error:
            self._broken = True
            reason = " ".join(str(error).split())[:200]
            print(f"warning: no more TensorBoard summaries: {reason}", file=sys.stderr)

    def _write(self, split: str, write: Callable[[], None]) -> None:
        def write_and_flush() -> None:
            with self._writers[split].as_default():
                write()
            self._writers[split].flush()

        self._guarded(write_and_flush)

    def scalars(self, split: str, values: dict[str, float], step: int) -> None:
        """Write one point of every figure."""

        def write() -> None:
            for name, value in values.items():
                tf.summary.scalar(name, value, step=step)

        self._write(split, write)

    def text(self, name: str, markdown: str, step: int) -> None:
        """Write a text page."""
        self._write("train", lambda: tf.summary.text(name, markdown, step=step))

    def graph(self, step: Step, batch: Batch) -> None:
        """Write the graph of one forward pass with its loss and metric."""
        spec = tf.nest.map_structure(lambda t: tf.TensorSpec([None, *t.shape[1:]], t.dtype), batch)
        graph = tf.function(step.evaluate, autograph=False).get_concrete_function(spec).graph
        self._write("train", lambda: tf.summary.graph(graph))

    def histograms(self, histograms: dict[str, np.ndarray], step: int) -> None:
        """Write one histogram per name."""

        def write() -> None:
            for name, values in histograms.items():
                tf.summary.histogram(name, values, step=step)

        self._write("train", write)

    def images(self, name: str, images: np.ndarray, step: int) -> None:
        """Write pictures `[images, rows, columns, channels]`, float in [0, 1] or uint8."""
        count = len(images)
        self._write("train", lambda: tf.summary.image(name, images, step=step, max_outputs=count))

    def close(self) -> None:
        """Finish the files."""
        for split in self._writers:
            self._write(split, self._writers[split].close)

"""What TensorBoard shows: scalars, histograms, the graph and the configuration."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb

from trainers.engine.batch import Batch
from trainers.engine.step import Step
from trainers.runs.logs.event_file import EventFile
from trainers.runs.logs.events import EventLog
from trainers.runs.logs.history import SPLITS, Row
from trainers.runs.logs.summaries import histogram_pb, image_pb


class EventFiles:
    """Event files under `run/train`, `run/validation` and, where it is logged, `run/test`.

    A full disk or any other failure to write stops the summaries with one warning; the training
    goes on, since nothing in it depends on them. What they lack then is written by a resume.

    Args:
        run: the run's folder.
        last_step: where the run stands. What is later is removed, so that no step is shown twice,
            and what is kept is not written again, as the best weights' pictures after a longer run;
            one that starts over from step 0 writes its step-0 events again, so nothing is kept.
        with_test: whether the test split is logged; it is kept where it was.

    Attributes:
        found: the figures that were read, by split, then by step and name.
    """

    def __init__(self, run: Path, last_step: int, *, with_test: bool = False) -> None:
        self._broken, self._run = False, run
        self._logs: dict[str, EventLog] = {}
        self._files: dict[str, EventFile] = {}
        tested = with_test or (run / "test").is_dir()
        self._splits = SPLITS if tested else SPLITS[:2]
        for split in self._splits:
            self._guarded(partial(self._read, split, last_step))
        self.found = {split: log.scalars for split, log in self._logs.items()}

    def has(self, split: str, name: str, step: int) -> bool:
        """Return whether the kept files have it; the model's graph has the name "graph"."""
        return split in self._logs and (step, name) in self._logs[split].seen

    def _read(self, split: str, last_step: int) -> None:
        log = EventLog(self._run / split, last_step)
        if last_step == 0:
            log.remove()
        else:
            self._logs[split] = log

    def begin(self, rows: Sequence[Row]) -> None:
        """Open the files for what comes, having written what they lack of the run so far."""
        for split in self._splits:
            figures = {(row.step, row.name): float(row.value) for row in rows if row.split == split}
            self._guarded(partial(self._open, split, figures))

    def _open(self, split: str, figures: dict[tuple[int, str], float]) -> None:
        folder, log = self._run / split, self._logs.get(split)
        if log:
            written = log.rewrite(figures)
            if written or log.damaged:
                print(
                    f"warning: {folder}: {written} figures of the event files were missing or "
                    "damaged and are written anew; histograms and pictures among what could not "
                    "be read are lost",
                    file=sys.stderr,
                )
        self._files[split] = EventFile(folder)

    def _guarded(self, action: Callable[[], None]) -> None:
        if self._broken:
            return
        try:
            action()
        except (tf.errors.OpError, OSError) as error:
            self._broken = True
            # TensorFlow says first which of its functions failed, and the whole path before why.
            reason = " ".join(re.sub(r"\{\{.*?\}\}", "", str(error)).split())[:500]
            print(f"warning: no more TensorBoard summaries: {reason}", file=sys.stderr)

    def _write(self, split: str, summaries: Sequence[Summary], step: int) -> None:
        self._guarded(lambda: self._files[split].write(summaries, step) if summaries else None)

    def scalars(self, split: str, values: dict[str, float], step: int) -> None:
        """Write one point of every figure."""
        new = {name: value for name, value in values.items() if not self.has(split, name, step)}
        self._write(split, [scalar_pb(name, value) for name, value in new.items()], step)

    def text(self, name: str, markdown: str, step: int) -> None:
        """Write a text page."""
        if not self.has("train", name, step):
            self._write("train", [text_pb(name, markdown)], step)

    def graph(self, step: Step, batch: Batch) -> None:
        """Write the graph of one forward pass with its loss and metric."""
        if self.has("train", "graph", 0):
            return
        spec = tf.nest.map_structure(lambda t: tf.TensorSpec([None, *t.shape[1:]], t.dtype), batch)
        graph = tf.function(step.evaluate, autograph=False).get_concrete_function(spec).graph
        self._guarded(lambda: self._files["train"].write_graph(graph))

    def histograms(self, histograms: dict[str, np.ndarray], step: int) -> None:
        """Write one histogram per name."""
        new = {name: each for name, each in histograms.items() if not self.has("train", name, step)}
        self._write("train", [histogram_pb(name, each) for name, each in new.items()], step)

    def images(self, name: str, images: np.ndarray, step: int) -> None:
        """Write pictures `[images, rows, columns, channels]`, float in [0, 1] or uint8."""
        if not self.has("train", name, step):
            self._write("train", [image_pb(name, images)], step)

    def close(self) -> None:
        """Finish the files."""
        for file in self._files.values():
            self._guarded(file.close)

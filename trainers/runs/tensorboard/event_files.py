"""What TensorBoard shows of a run, by kind: figures, pictures, texts, curves, the graph."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb

from trainers.engine.batch import Batch
from trainers.engine.hooks import RUN
from trainers.engine.step import Step
from trainers.runs.logs.event_file import EventFile
from trainers.runs.logs.events import EventLog
from trainers.runs.logs.history import SPLITS, Row
from trainers.runs.logs.summaries import histogram_pb, image_pb, precision_recall_pb
from trainers.runs.tensorboard import hparams, layout
from trainers.runs.tensorboard.descriptions import about


class EventFiles:
    """Event files of a run: in the folder itself what is of the whole run and its best weights.

    Those of its splits are under `run/train`, `run/validation` and, where it is logged, `run/test`.

    A full disk or any other failure to write stops the summaries with one warning; the training
    goes on, since nothing in it depends on them. What they lack then is written by a resume.

    Args:
        run: the run's folder.
        last_step: where the run stands. What is later is removed, so that no step is shown twice,
            and what is kept is not written again, as the best weights' pictures after a longer run;
            one that starts over from step 0 writes its step-0 events again, so nothing is kept.
        with_test: whether the test split is logged; it is kept where it was.

    Attributes:
        found: the splits' figures that were read, by split, then by step and name.
    """

    def __init__(self, run: Path, last_step: int, *, with_test: bool = False) -> None:
        self._broken, self._run = False, run
        self._logs: dict[str, EventLog] = {}
        self._files: dict[str, EventFile] = {}
        tested = with_test or (run / "test").is_dir()
        self._splits = SPLITS if tested else SPLITS[:2]
        self._told: set[tuple[str, str]] = set()
        for where in (RUN, *self._splits):
            self._guarded(partial(self._read, where, last_step))
        self.found = {
            split: self._logs[split].scalars for split in self._splits if split in self._logs
        }
        self._has_layout = RUN in self._logs and layout.TAG in {
            name for _, name in self._logs[RUN].seen
        }

    def has(self, where: str, name: str, step: int) -> bool:
        """Return whether the kept files have it; the model's graph has the name "graph"."""
        return where in self._logs and (step, name) in self._logs[where].seen

    def _read(self, where: str, last_step: int) -> None:
        # How a run began and ended is told anew: TensorBoard believes what it reads first.
        log = EventLog(self._run / where, last_step, without=hparams.TAGS)
        if last_step == 0:
            log.remove()
        else:
            self._logs[where] = log

    def begin(self, rows: Sequence[Row]) -> None:
        """Open the files for what comes, having written what they lack of the run so far."""
        for where in (RUN, *self._splits):
            figures = {(row.step, row.name): float(row.value) for row in rows if row.split == where}
            self._guarded(partial(self._open, where, figures))

    def _open(self, where: str, figures: dict[tuple[int, str], float]) -> None:
        folder, log = self._run / where, self._logs.get(where)
        if log:
            written = log.rewrite(figures)
            if written or log.damaged:
                print(
                    f"warning: {folder}: {written} figures of the event files were missing or "
                    "damaged and are written anew; histograms and pictures among what could not "
                    "be read are lost",
                    file=sys.stderr,
                )
        self._files[where] = EventFile(folder)

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

    def _write(self, where: str, summaries: Sequence[Summary], step: int) -> None:
        self._guarded(lambda: self._files[where].write(summaries, step) if summaries else None)

    def _new(self, where: str, names: Iterable[str], step: int) -> list[str]:
        return [name for name in names if not self.has(where, name, step)]

    def _said(self, where: str, name: str) -> str | None:
        """Return what is said of a name, once: TensorBoard keeps what it reads first."""
        if (where, name) in self._told:
            return None
        self._told.add((where, name))
        return about(name).description

    def started(self, settings: Mapping[str, bool | float | str]) -> None:
        """Write a run's row of the page HParams: its settings, by name."""
        self._write(RUN, [hparams.started(settings)], 0)

    def ended(self, step: int, *, well: bool) -> None:
        """Write into that row how the run has ended."""
        self._write(RUN, [hparams.ended(well=well)], step)

    def best(self, figures: Mapping[str, Mapping[str, float]], step: int) -> None:
        """Write into that row the best weights' figures, by split, then by name."""
        self.scalars(RUN, hparams.best_figures(figures), step)

    def charts(self, train: Collection[str], validation: Collection[str], step: int) -> None:
        """Write which figures are in one chart, once in a run: those that both splits log."""
        if not self._has_layout:
            self._has_layout = True
            self._write(RUN, [layout.layout(train, validation)], step)

    def scalars(self, where: str, values: Mapping[str, float], step: int) -> None:
        """Write one point of every figure."""
        new = self._new(where, values, step)
        points = [scalar_pb(name, values[name], self._said(where, name)) for name in new]
        self._write(where, points, step)

    def text(self, name: str, markdown: str, step: int, where: str = "train") -> None:
        """Write a text page."""
        if self._new(where, [name], step):
            self._write(where, [text_pb(name, markdown, about(name).description)], step)

    def graph(self, step: Step, batch: Batch) -> None:
        """Write the graph of one forward pass with its loss and metric."""
        if self.has("train", "graph", 0):
            return
        spec = tf.nest.map_structure(lambda t: tf.TensorSpec([None, *t.shape[1:]], t.dtype), batch)
        graph = tf.function(step.evaluate, autograph=False).get_concrete_function(spec).graph
        self._guarded(lambda: self._files["train"].write_graph(graph))

    def histograms(self, histograms: Mapping[str, np.ndarray], step: int) -> None:
        """Write one histogram per name."""
        new = self._new("train", histograms, step)
        parts = [histogram_pb(name, histograms[name], self._said("train", name)) for name in new]
        self._write("train", parts, step)

    def images(self, name: str, images: np.ndarray, step: int, where: str = "train") -> None:
        """Write pictures `[images, rows, columns, channels]`, float in [0, 1] or uint8."""
        if self._new(where, [name], step):
            self._write(where, [image_pb(name, images, *about(name))], step)

    def precision_recall(self, counts: Mapping[str, np.ndarray], step: int, where: str) -> None:
        """Write a curve for each name, see `trainers.runs.logs.summaries.precision_recall_pb`."""
        new = self._new(where, counts, step)
        parts = [precision_recall_pb(name, counts[name], self._said(where, name)) for name in new]
        self._write(where, parts, step)

    def close(self) -> None:
        """Finish the files."""
        for file in self._files.values():
            self._guarded(file.close)

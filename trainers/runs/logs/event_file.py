"""An event file that is written on: a record for every figure, picture and histogram."""

from __future__ import annotations

import itertools
import os
import socket
import time
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

VERSION = "brain.Event:2"
_NUMBERS = itertools.count()


class EventFile:
    """A new event file in a folder, which is made.

    Its records are written by one call of TensorFlow's writer each: a `tf.summary` runs several
    operations, a hundred times as long. Every method that writes leaves nothing in a buffer.

    Args:
        folder: that TensorBoard is told to look at.

    Raises:
        OSError, tf.errors.OpError: it cannot be made or written; so do the methods.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open()

    def _open(self) -> None:
        self._folder.mkdir(exist_ok=True)
        began, place = time.time(), f"{socket.gethostname()}.{os.getpid()}.{next(_NUMBERS)}"
        self._path = self._folder / f"events.out.tfevents.{began:010.0f}.{place}.v2"
        self._writer = tf.io.TFRecordWriter(str(self._path))
        self._writer.write(Event(wall_time=began, file_version=VERSION).SerializeToString())
        self._writer.flush()

    def write(self, summaries: Sequence[Summary], step: int) -> None:
        """Write summaries of one step."""
        self._write([Event(step=step, summary=summary) for summary in summaries])

    def write_graph(self, graph: tf.Graph) -> None:
        """Write a model's graph, at step 0."""
        self._write([Event(graph_def=graph.as_graph_def(add_shapes=True).SerializeToString())])

    def _write(self, events: Sequence[Event]) -> None:
        if not self._path.exists():  # somebody has removed it: what is left goes into a new one
            self._open()
        now = time.time()
        for event in events:
            event.wall_time = now
            self._writer.write(event.SerializeToString())
        self._writer.flush()

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()

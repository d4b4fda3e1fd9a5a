"""What some updates of a run spend their time on: operation by operation, for `--profile`."""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

import configs
from trainers.output.files import replace_file

_PROFILES = Path("plugins", "profile")


class Guarded(Protocol):
    """Calls what a run can do without; a failure is one warning."""

    def __call__(self, what: str, action: Callable[[], Any]) -> Any:
        """Return what `action` returns, or None where it fails."""


class Profile:
    """Profiles the updates that `config.profile` names, and nothing before or after them.

    A call is in it whole or not at all, so that calls must end where it begins and where it ends:
    see `trainers.runs.cadence`.

    TensorFlow writes `plugins/profile/TIME/*.xplane.pb` into the folder, which TensorBoard's
    profile plugin reads; beside it `trace.json.gz` has the same for viewers of Chrome's traces.

    Args:
        config: of the run.
        folder: of the run, or None in a process that profiles nothing.
        guarded: what calls the profiler.
    """

    def __init__(self, config: configs.Config, folder: Path | None, guarded: Guarded) -> None:
        self._first, self._last = configs.first_and_last(config.profile or "1,1")
        self._asked = config.profile is not None
        self._folder, self._guarded = folder, guarded
        self._runs = False

    @contextlib.contextmanager
    def call(self, step: int) -> Iterator[None]:
        """Return the context of one compiled call after `step` updates.

        One whose updates are asked for is profiled, and named by the first of them.
        """
        if not self._asked or self._folder is None or not self._first - 1 <= step < self._last:
            yield
            return
        if not self._runs:
            self._runs = True
            self._guarded("the profile", lambda: tf.profiler.experimental.start(str(self._folder)))
        with tf.profiler.experimental.Trace("train", step_num=step + 1, _r=1):
            yield

    def reached(self, step: int) -> None:
        """End the profile where its last update is done."""
        if step >= self._last:
            self.end()

    def end(self) -> None:
        """End a profile that is under way: a run may be stopped, or diverge, in its middle."""
        folder = self._folder
        if folder is None or not self._runs:
            return
        self._runs = False

        def write() -> None:
            tf.profiler.experimental.stop()
            newest = max((folder / _PROFILES).iterdir())
            for path in newest.glob("*.xplane.pb"):
                space = xplane_pb2.XSpace.FromString(path.read_bytes())
                content = gzip.compress(json.dumps(chrome_trace(space)).encode(), mtime=0)
                replace_file(path.with_name("trace.json.gz"), content)

        self._guarded("the profile", write)


def chrome_trace(space: xplane_pb2.XSpace) -> dict[str, Any]:
    """Return a profile as viewers of Chrome's traces read it, e.g. ui.perfetto.dev.

    A device is a process there, and a thread or a stream is a thread; times are in microseconds.
    """
    events: list[dict[str, Any]] = []
    for process, plane in enumerate(space.planes):
        names = {"pid": process, "ph": "M"}
        events.append({**names, "name": "process_name", "args": {"name": plane.name}})
        for thread, line in enumerate(plane.lines):
            name = line.display_name or line.name
            events.append({**names, "tid": thread, "name": "thread_name", "args": {"name": name}})
            for event in line.events:
                about = plane.event_metadata[event.metadata_id]
                started = line.timestamp_ns / 1e3 + event.offset_ps / 1e6
                events.append(
                    {
                        "ph": "X",
                        "pid": process,
                        "tid": thread,
                        "ts": started,
                        "dur": event.duration_ps / 1e6,
                        "name": about.display_name or about.name,
                        "args": _stats(plane, event),
                    }
                )
    return {"displayTimeUnit": "ms", "traceEvents": events}


def _stats(plane: xplane_pb2.XPlane, event: xplane_pb2.XEvent) -> dict[str, Any]:
    found = {}
    for stat in event.stats:
        kind = stat.WhichOneof("value")
        value = getattr(stat, kind) if kind else None
        if kind == "ref_value":
            value = plane.stat_metadata[value].name
        if isinstance(value, int | float | str):
            found[plane.stat_metadata[stat.metadata_id].name] = value
    return found

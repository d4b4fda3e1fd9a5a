"""Event files as records: what can be read of them, and one file of it in the order of steps."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.scalar.metadata import PLUGIN_NAME as SCALARS
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.util.tensor_util import make_ndarray

from trainers.output.files import replaced
from trainers.runs.logs.event_file import VERSION

_NAMES = "events.out.tfevents.*"
# Before every name that TensorFlow gives, whatever its clock says: TensorBoard reads by name.
KEPT = "events.out.tfevents.0000000000.kept"
# A record has its length and two checksums around it.
_LENGTH, _FRAME = 8, 16


class EventLog:
    """The event files of one split, read once.

    Args:
        folder: that holds them, or will.
        last_step: what is later is passed over.
        without: so is what has one of these names.

    Attributes:
        scalars: the figures that were found, by step and name, as float32 holds them.
        damaged: places in the files that cannot be read.
        seen: of all that was found the step and the name; of the model's graph that is "graph".
    """

    def __init__(self, folder: Path, last_step: int, without: Set[str] = frozenset()) -> None:
        self._folder, self._last_step, self._without = folder, last_step, without
        self.scalars: dict[tuple[int, str], float] = {}
        self.damaged = 0
        self.seen: set[tuple[int, str]] = set()
        files = []
        for path in sorted(folder.glob(_NAMES)):
            steps = [0]
            for event, _ in self._events(path):
                if event is None:
                    self.damaged += 1
                    continue
                steps += [event.step] if event.summary.value else []
                self.seen |= _keys(event)
                for value in event.summary.value:
                    if value.metadata.plugin_data.plugin_name == SCALARS:
                        number = float(make_ndarray(value.tensor))
                        self.scalars[event.step, value.tag] = number
            # By step and never by clock; of one step, what was kept before goes first.
            files.append((min(steps[1:], default=0), path != folder / KEPT, path))
        self._files = [path for *_, path in sorted(files)]

    def rewrite(self, figures: Mapping[tuple[int, str], float]) -> int:
        """Make one file of what was read, and return how many figures it lacked.

        Args:
            figures: every figure there should be, by step and name; one that is missing is written
                where its step is.
        """
        missing = sorted(figures.keys() - self.scalars.keys())
        self._folder.mkdir(exist_ok=True)
        with (
            replaced(self._folder / KEPT) as temporary,
            tf.io.TFRecordWriter(str(temporary)) as writer,
        ):
            writer.write(Event(file_version=VERSION).SerializeToString())
            ahead = iter([*missing, (self._last_step + 1, "")])
            next_step, name = next(ahead)
            for event, record in self._in_order():
                while next_step < event.step:
                    writer.write(_scalar(next_step, name, figures[next_step, name]))
                    next_step, name = next(ahead)
                writer.write(record)
            while next_step <= self._last_step:
                writer.write(_scalar(next_step, name, figures[next_step, name]))
                next_step, name = next(ahead)
        # Whoever dies here leaves two copies of a record: the next one to read them keeps one.
        self.remove(but=KEPT)
        return len(missing)

    def remove(self, but: str = "") -> None:
        """Remove the event files but one."""
        for path in self._folder.glob(_NAMES):
            if path.name != but:
                path.unlink()

    def _in_order(self) -> Iterator[tuple[Event, bytes]]:
        seen: set[tuple[int, str]] = set()
        for path in self._files:
            for event, record in self._events(path):
                if event is None or event.file_version:
                    continue
                keys = _keys(event)
                if not keys or not keys <= seen:
                    seen |= keys
                    yield event, record

    def _events(self, path: Path) -> Iterator[tuple[Event | None, bytes]]:
        for record in _records(path):
            try:
                event = None if record is None else Event.FromString(record)
            except DecodeError:
                event = None
            if event is None or (event.step <= self._last_step and not self._is_without(event)):
                yield event, record or b""

    def _is_without(self, event: Event) -> bool:
        return any(value.tag in self._without for value in event.summary.value)


def _keys(event: Event) -> set[tuple[int, str]]:
    keys = {(event.step, value.tag) for value in event.summary.value}
    return keys | ({(event.step, "graph")} if event.graph_def else set())


def _records(path: Path) -> Iterator[bytes | None]:
    """Return a file's records, and None for each place that cannot be read.

    Behind such a place it goes on where the next record should begin, as long as one does.
    """
    size, offset, found = path.stat().st_size, 0, True
    while found and offset < size:
        found = False
        with _from(path, offset) as part:
            # As bytes: the parsing loader turns the graph into a summary as well.
            for record in RawEventFileLoader(str(part)).Load():
                found, offset = True, offset + len(record) + _FRAME
                yield record
        if offset < size:
            yield None
            with path.open("rb") as file:
                file.seek(offset)
                offset += int.from_bytes(file.read(_LENGTH), "little") + _FRAME


@contextmanager
def _from(path: Path, offset: int) -> Iterator[Path]:
    """Return a context with the file, or with a copy of what it holds from `offset` on."""
    if not offset:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        rest = Path(folder, path.name)
        with path.open("rb") as whole, rest.open("wb") as copy:
            whole.seek(offset)
            shutil.copyfileobj(whole, copy)
        yield rest


def _scalar(step: int, name: str, value: float) -> bytes:
    event = Event(wall_time=time.time(), step=step, summary=scalar_pb(name, value))
    return event.SerializeToString()

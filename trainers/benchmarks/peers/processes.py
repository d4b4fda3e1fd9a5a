"""The processes of the contenders: one for each framework, so that none disturbs another's threads.

All but the one whose turn it is wait for a line, and use no core.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, Protocol, cast

import configs
from trainers.benchmarks.peers import worker


@dataclass(frozen=True)
class Contender:
    """One way to train the rows.

    Args:
        name: as in tables.
        process: which process it lives in.
        needs: the package that it cannot do without.
        threads: of PyTorch's operations.
    """

    name: str
    process: str
    needs: str = "keras"
    threads: int = 0

    @property
    def installed(self) -> bool:
        """Whether its package is there."""
        return importlib.util.find_spec(self.needs) is not None


CONTENDERS = (
    Contender("ours", "ours"),
    Contender("fit default", "fit"),
    Contender("fit best", "fit"),
    Contender("torch eager, 1 thread", "torch 1", "torch", 1),
    Contender("torch eager, 2 threads", "torch 2", "torch", 2),
    Contender("torch compiled, 1 thread", "torch 1", "torch", 1),
    Contender("torch compiled, 2 threads", "torch 2", "torch", 2),
    Contender("jax", "jax", "jax"),
)


class Failed(Exception):
    """A contender could not do what it was asked; the message says why."""


class Asks(Protocol):
    """Whoever passes a request to a contender's process."""

    def ask(self, contender: Contender, do: str, **about: Any) -> dict[str, Any]:
        """Return the answer; raise `Failed` where there is none."""


class Processes:
    """Started at the first request for each, ended with the `with` block."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._errors: dict[str, Any] = {}

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._running.values():
            if kind is not None:
                process.kill()
            _close(process)
        for process in self._running.values():
            process.wait()
        for file in self._errors.values():
            file.close()

    def ask(self, contender: Contender, do: str, **about: Any) -> dict[str, Any]:
        """Return a process's answer.

        Raises:
            Failed: it could not do it, or has ended.
        """
        process = self._running.get(contender.process) or self._start(contender)
        into, out = _pipes(process)
        request = {"do": do, "contender": contender.name, **about}
        try:
            into.write(json.dumps(request) + "\n")
            into.flush()
            line = out.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failed(self._last_words(contender.process))
        answer = json.loads(line)
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer

    def _start(self, contender: Contender) -> subprocess.Popen[str]:
        name = contender.process
        # Open as long as the process, and closed with it.
        self._errors[name] = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        program = f"from {worker.__name__} import main; main({contender.threads})"
        self._running[name] = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors[name],
            text=True,
            env=_environment(contender.threads),
        )
        return self._running[name]

    def _last_words(self, name: str) -> str:
        process = self._running.pop(name)
        _close(process)
        code = process.wait()
        file = self._errors[name]
        file.seek(0)
        lines = [line.strip() for line in file.read().splitlines() if line.strip()]
        return f"its process ended with {code}: {lines[-1] if lines else 'it said nothing'}"


def _close(process: subprocess.Popen[str]) -> None:
    into, out = _pipes(process)
    with contextlib.suppress(BrokenPipeError):  # a request that nobody reads any more
        into.close()
    out.close()


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    # Both are there, as it was started so.
    return cast(IO[str], process.stdin), cast(IO[str], process.stdout)


def _environment(threads: int) -> dict[str, str]:
    # PyTorch's compiler and OpenMP read it before any Python runs.
    return {**os.environ, **({"OMP_NUM_THREADS": str(threads)} if threads else {})}


def chosen(names: Sequence[str]) -> list[Contender]:
    """Return ours and the contenders any of whose names' beginnings was given.

    Raises:
        ConfigError: a name is no contender's.
    """
    peers = [each.name for each in CONTENDERS if each.name != "ours"]
    for name in names:
        if not name or not any(peer.startswith(name) for peer in peers):
            allowed = dict.fromkeys(peer.partition(" ")[0] for peer in peers)
            raise configs.ConfigError(f"unknown peer {name!r}{configs.instead(name, allowed)}")
    return [
        each
        for each in CONTENDERS
        if each.name == "ours" or any(each.name.startswith(name) for name in names)
    ]


def versions() -> dict[str, str]:
    """Return the versions of the peers that are installed."""
    names = {each.needs for each in CONTENDERS if each.installed}
    return {name: importlib.metadata.version(name) for name in sorted(names)}

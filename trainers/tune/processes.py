"""More processes that work on a study; each is the same command with the same folder."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from trainers.cli.extensions import import_flags

_GRACE_SECONDS = 60.0


@contextlib.contextmanager
def helping(folder: Path, count: int, imports: Sequence[str]) -> Iterator[list[subprocess.Popen]]:
    """Let `count` more processes work on a study meanwhile; at the end they are waited for.

    Where this process is left by an error or a signal, they are asked to stop, and save.
    """
    words = ["--study", str(folder), *import_flags(imports)]
    command = [sys.executable, "-m", "trainers.tune", *words]
    # Its lines are the trials', which the first process's are among; its table would come twice.
    processes = [
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for _ in range(count)
    ]
    try:
        yield processes
    except BaseException:
        for process in processes:
            if process.poll() is None:
                process.terminate()
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_SECONDS)
        raise
    for process in processes:
        process.wait()

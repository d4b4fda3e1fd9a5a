"""TensorFlow's chatter, kept from the terminal; its real warnings are not.

TensorFlow's C++ code writes notices (oneDNN, CPU features, CUDA probing) straight to file
descriptor 2 before any logging option applies. While it is imported and first asked for devices,
the descriptor leads through `zoo.process.notices`, which drops lines by their severity.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from zoo.process import notices

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# What was written has passed the program when it ends, unless a child of ours still writes.
_PATIENCE_SECONDS = 2.0


@contextlib.contextmanager
def dropped() -> Iterator[None]:
    """Drop TensorFlow's notices meanwhile; import it, or what imports it, in here."""
    # 1 drops INFO and keeps WARNING and above; a value set by the user wins. It is 3 among workers,
    # where TensorFlow writes a dozen lines about a lost one, and we write one.
    level = os.environ.setdefault(_LEVEL, "3" if _among_workers() else "1")
    with contextlib.ExitStack() as stack:
        if level.isdecimal() and int(level) > 0:
            stack.enter_context(_through_filter(level))
        yield
        if tensorflow := sys.modules.get("tensorflow"):
            # The first look at the devices writes notices too.
            tensorflow.config.list_physical_devices()


def expect(precision: object) -> None:
    """Drop the warnings, too, that a precision brings: call it before TensorFlow is imported.

    In float64 oneDNN warns of every graph, a line a node, that it has no kernels for the type:
    nobody can mend that, and the results are right. TensorFlow has one level for all warnings, so
    that its others go with these; its errors stay, and a level set by the user wins.

    Args:
        precision: as in a configuration.
    """
    if precision == "float64" and "tensorflow" not in sys.modules and not _among_workers():
        os.environ.setdefault(_LEVEL, "2")


def _among_workers() -> bool:
    return "TF_CONFIG" in os.environ or "SLURM_STEP_NUM_TASKS" in os.environ


@contextlib.contextmanager
def _through_filter(level: str) -> Iterator[None]:
    """Lead file descriptor 2 through a process that outlives this one by its last words."""
    try:
        saved = os.dup(2)
    except OSError:  # it is closed
        yield
        return
    sys.stderr.flush()
    program = _start_filter(level)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)
        if program is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.wait(_PATIENCE_SECONDS)


def _start_filter(level: str) -> subprocess.Popen[bytes] | None:
    options = [] if _has_cuda() else ["no-cuda"]
    command = [sys.executable, "-I", "-S", str(Path(notices.__file__)), level, *options]
    reader, writer = os.pipe()
    try:
        # In a session of its own: a Ctrl-C is for us.
        program = subprocess.Popen(
            command, stdin=reader, stdout=subprocess.DEVNULL, start_new_session=True
        )
        os.dup2(writer, 2)
    except OSError:  # no room for another process; chatter is no reason to end
        return None
    finally:
        os.close(reader)
        os.close(writer)
    return program


def _has_cuda() -> bool:
    """Return whether NVIDIA's driver can be loaded, as TensorFlow itself finds out."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True

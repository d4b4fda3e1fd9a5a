"""Commands in processes of their own that need not wait for the import of TensorFlow.

Importing takes a process three seconds, and the tests start many. One process imports the
libraries, nothing of the project, and uses none of them; the others fork from it and do what
`python -m` does. Who tests a start, an interpreter's end or what a shell sees uses `subprocess`.
"""

import atexit
import fcntl
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import termios
from multiprocessing import reduction
from pathlib import Path

TESTS = Path(__file__).parent
_FORKSERVER = multiprocessing.get_context("forkserver")
# Nothing of the project, so that a test may run a changed copy of it. The tests' TensorFlow is
# silent (`conftest`), and so are these processes: what a user's prints is for `subprocess`.
_FORKSERVER.set_forkserver_preload(
    ["tensorflow", "keras", "tensorflow_datasets", "sklearn.datasets", "matplotlib.figure"]
)


def users_environment(**changes):
    """A user's: what the tests and their machine ask of Python and TensorFlow is left out."""
    asked = ("TF_CPP_MIN_LOG_LEVEL", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    kept = {name: value for name, value in os.environ.items() if name not in asked}
    return {**kept, **changes}


class Command:
    """`python -m MODULE ARGV...`, with what tests use of `subprocess.Popen`.

    Args:
        module: what to run.
        argv: its arguments.
        cwd, env: the process's folder and its whole environment, PYTHONPATH included.
        stdin, stdout, stderr: file descriptors; those that are not given are empty, and what was
            written is what `communicate` returns.
        terminal: whether `stdin` becomes the terminal that controls the process.
    """

    def __init__(
        self, module, *argv, cwd=None, env=None, stdin=None, stdout=None, stderr=None,
        terminal=False,
    ):  # fmt: skip
        self.args = [module, *map(str, argv)]
        self._written = [tempfile.TemporaryFile("w+", encoding="utf-8") for _ in range(2)]  # noqa: SIM115
        with open(os.devnull) as empty:
            outputs = [
                file.fileno() if given is None else given
                for file, given in zip(self._written, (stdout, stderr), strict=True)
            ]
            self._process = _FORKSERVER.Process(
                target=_become,
                args=(
                    _Streams([empty.fileno() if stdin is None else stdin, *outputs]),
                    self.args,
                    str(cwd or TESTS.parent),
                    dict(os.environ if env is None else env),
                    terminal,
                ),
            )
            self._process.start()
        self.pid = self._process.pid

    @property
    def returncode(self):
        """The exit code, or minus the signal that ended it; None while it runs."""
        return self._process.exitcode

    def poll(self):
        return self.returncode

    def wait(self, timeout=None):
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.returncode

    def communicate(self, timeout=None):
        """Wait for the end; return what was written to standard output and standard error."""
        self.wait(timeout)
        texts = []
        for file in self._written:
            file.seek(0)
            texts.append(file.read())
        return tuple(texts)

    def send_signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End it, if it has not ended."""
        if self.poll() is None:
            self.kill()
        self.wait()
        for file in self._written:
            file.close()


class _Streams:
    """File descriptors that go to a process as it starts."""

    def __init__(self, descriptors):
        self._descriptors = descriptors

    def __getstate__(self):
        return [reduction.DupFd(descriptor) for descriptor in self._descriptors]

    def __setstate__(self, sent):
        self._descriptors = [each.detach() for each in sent]

    def take(self):
        """Make them this process's standard streams."""
        for number, descriptor in enumerate(self._descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115


def _become(streams, args, cwd, environment, terminal):
    streams.take()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    if terminal:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    sys.argv = args
    libraries = [path for path in sys.path if Path(path) not in (TESTS, TESTS.parent)]
    sys.path[:] = [cwd, *environment.get("PYTHONPATH", "").split(os.pathsep), *libraries]
    try:
        runpy.run_module(args[0], run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # as at the end of an interpreter
        sys.stdout.flush()

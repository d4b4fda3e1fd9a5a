"""`python -m without_unix MODULE ARGV...`: a command where what only Unix has is missing.

The project's own code finds what it would find on Windows. Libraries have code of their own for it,
and keep what they have.
"""

import builtins
import importlib
import io
import os
import runpy
import select
import signal
import socket
import sys
import time
import types

import unix_names

PROJECT = ("configs", "datasets", "trainers", "zoo", "__main__")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGABRT, signal.SIGFPE, signal.SIGILL)


def take_away():
    lacking = {module.__name__: _without(module) for module in (os, signal, socket, select, time)}
    lacking["os"].open = _after(_opens_no_folder, os.open)
    lacking["signal"].signal = _after(_handles_few, signal.signal)
    lacking["signal"].set_wakeup_fd = _after(_wakes_sockets, signal.set_wakeup_fd)
    lacking["socket"].socketpair = _pair_over_the_network
    for module in (builtins, io):
        module.open = _after(_has_no_such_folder, module.open)
    original = builtins.__import__

    def imported(name, globals=None, *rest, **more):
        if (globals or {}).get("__name__", "").split(".")[0] in PROJECT:
            if name in unix_names.MODULES:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if name in lacking:
                return lacking[name]
        return original(name, globals, *rest, **more)

    builtins.__import__ = imported


def _without(module):
    copy = types.ModuleType(module.__name__)
    copy.__dict__.update(module.__dict__)
    for name in unix_names.NAMES[module.__name__]:
        copy.__dict__.pop(name, None)
    return copy


def _after(check, function):
    def checked(first, *arguments, **options):
        check(first)
        return function(first, *arguments, **options)

    return checked


def _opens_no_folder(path):
    if os.path.isdir(path):
        raise PermissionError(13, "Permission denied", str(path))


def _handles_few(number):
    if number not in SIGNALS:
        raise ValueError("signal number out of range")


def _wakes_sockets(number):
    if number != -1:
        try:
            socket.socket(fileno=os.dup(number)).close()
        except OSError as error:
            raise ValueError(f"{number} is no socket") from error


def _pair_over_the_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = socket.create_connection(server.getsockname())
        return one, server.accept()[0]


def _has_no_such_folder(path):
    if isinstance(path, str | os.PathLike) and str(path).startswith(unix_names.FOLDERS[:2]):
        raise FileNotFoundError(2, "No such file or directory", str(path))


if __name__ == "__main__":
    for library in ("tensorflow", "keras", "tensorflow_datasets", "matplotlib.figure"):
        importlib.import_module(library)
    take_away()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

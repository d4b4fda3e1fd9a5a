"""TensorFlow connects the workers, and Python goes on meanwhile.

TensorFlow's Python binding keeps Python's lock while it waits for all workers, so that no thread
could notice the death of one, or answer for this one. The C function below it is called instead,
without the lock.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf


@contextlib.contextmanager
def python_goes_on() -> Iterator[bool]:
    """Connect workers in here; the value is whether Python goes on meanwhile.

    It does not where this release of TensorFlow hides the function.
    """
    from tensorflow.python import pywrap_tfe

    name = "TFE_EnableCollectiveOps"
    original = getattr(pywrap_tfe, name, None)
    try:
        connect = _connect() if original else None
    except (OSError, AttributeError):
        connect = None
    if connect is None:
        yield False
        return
    setattr(pywrap_tfe, name, connect)
    try:
        yield True
    finally:
        setattr(pywrap_tfe, name, original)


def _connect() -> Callable[[Any, bytes], None]:
    """Return `TFE_EnableCollectiveOps` as Python's binding has it.

    Raises:
        OSError, AttributeError: a library or a function is not there.
    """
    folder = Path(tf.sysconfig.get_lib())
    # Both are loaded already; calls of `CDLL` release the lock, those of `PyDLL` keep it.
    functions = ctypes.CDLL(str(next(iter(sorted(folder.glob("libtensorflow_cc*"))), "")))
    statuses = ctypes.CDLL(str(next(iter(sorted(folder.glob("libtensorflow_framework*"))), "")))
    enable, new = functions.TFE_EnableCollectiveOps, statuses.TF_NewStatus
    code, message, delete = statuses.TF_GetCode, statuses.TF_Message, statuses.TF_DeleteStatus
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    enable.argtypes, enable.restype = [pointer, text, ctypes.c_size_t, pointer], None
    new.argtypes, new.restype = [], pointer
    code.argtypes, code.restype = [pointer], ctypes.c_int
    message.argtypes, message.restype = [pointer], text
    delete.argtypes, delete.restype = [pointer], None

    def connect(context: Any, server: bytes) -> None:
        status = new()
        try:
            enable(_address(context), server, len(server), status)
            if code(status):
                raise tf.errors.UnavailableError(None, None, message(status).decode())
        finally:
            delete(status)

    return connect


def _address(capsule: Any) -> int:
    """Return what a capsule of Python's holds."""
    name_of, pointer_of = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
    name_of.argtypes, name_of.restype = [ctypes.py_object], ctypes.c_char_p
    pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]
    pointer_of.restype = ctypes.c_void_p
    return int(pointer_of(capsule, name_of(capsule)))

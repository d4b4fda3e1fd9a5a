"""Converters' own chatter, kept from the terminal: their C++ code writes to it directly."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drop what is written to standard output and error meanwhile; errors are still raised."""
    disabled = logging.root.manager.disable
    sys.stdout.flush()
    sys.stderr.flush()
    saved = {}
    for descriptor in (1, 2):
        with contextlib.suppress(OSError):  # it is closed, so that nothing is heard anyway
            saved[descriptor] = os.dup(descriptor)
    with tempfile.TemporaryFile() as sink, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            for descriptor in saved:
                os.dup2(sink.fileno(), descriptor)
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for descriptor, kept in saved.items():
                os.dup2(kept, descriptor)
                os.close(kept)
            logging.disable(disabled)

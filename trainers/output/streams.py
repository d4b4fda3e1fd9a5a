"""Standard streams whose reader has gone away."""

from __future__ import annotations

import os
from typing import IO


def discard(stream: IO[str]) -> None:
    """Let what is in the stream's buffer, and all that is written from now on, go nowhere."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)

"""TensorFlow's notices taken out of what a process writes to standard error: a program of its own.

`python notices.py LEVEL [no-cuda]` copies standard input to standard error line by line until its
end, and so passes on the last words of a process that crashes or is killed. It reads the prefix
that TensorFlow's C++ logging gives every line, never the text behind it:

    I0000 00:00:1795689830.600941   15585 port.cc:153] oneDNN custom operations are on.
    2026-11-26 10:43:50.600941: I tensorflow/core/util/port.cc:153] ...

The letter is the severity: information, warning, error, fatal. Lines below the level are dropped, a
line without the prefix never is.
"""

from __future__ import annotations

import contextlib
import os
import sys

_SEVERITIES = b"IWEF"


def severity(line: bytes) -> int | None:
    """Return the severity of a line of C++ logging, 0 to 3, or None for any other line."""
    prefix, bracket, _ = line.partition(b"] ")
    words = prefix.split()
    if not bracket or len(words) < 3 or b":" not in words[-1]:
        return None
    first = words[0]
    if first[:1] in (b"I", b"W", b"E", b"F") and len(first) == 5 and first[1:].isdigit():
        return _SEVERITIES.index(first[:1])
    if first.count(b"-") == 2 and words[1].endswith(b":") and words[2] in (b"I", b"W", b"E", b"F"):
        return _SEVERITIES.index(words[2])
    return None


def passes(line: bytes, level: int, cuda: bool = True) -> bool:
    """Return whether the user is to see a line.

    Args:
        line: as it was written.
        level: the least severity that is shown, as TF_CPP_MIN_LOG_LEVEL counts.
        cuda: whether the machine has NVIDIA's driver. Where it has none, TensorFlow calls it an
            error of its file `cuda_....cc` that there is no GPU.
    """
    grade = severity(line)
    if grade is None:
        # Not of the prefix's form; it announces the lines that are dropped.
        return b"absl::InitializeLog()" not in line
    source = line.partition(b"] ")[0].split()[-1].rpartition(b"/")[2]
    return grade >= level and (cuda or grade == 3 or not source.startswith(b"cuda"))


def copy(source: int, target: int, level: int, cuda: bool) -> None:
    """Copy lines from one file descriptor to another until the end, without the notices."""
    rest = b""
    while chunk := os.read(source, 65536):
        *lines, rest = (rest + chunk).split(b"\n")
        _write(target, b"".join(line + b"\n" for line in lines if passes(line, level, cuda)))
    if passes(rest, level, cuda):
        _write(target, rest)


def _write(target: int, text: bytes) -> None:
    # What the target does not take is lost; who writes to us must not stop for it.
    with contextlib.suppress(OSError):
        while text:
            text = text[os.write(target, text) :]


if __name__ == "__main__":
    copy(0, 2, int(sys.argv[1]), "no-cuda" not in sys.argv)

"""When this process began: imports are over before a program can look at a clock."""

from __future__ import annotations

import os
import time
from pathlib import Path

_STAT = Path("/proc/self/stat")
# Fields are counted from 1; the name, the second, may hold spaces and ends with a bracket.
_START_FIELD = 22


def age_seconds() -> float:
    """Return for how long this process has run; 0 where the system does not tell (not Linux)."""
    try:
        fields = _STAT.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        started = int(fields[_START_FIELD - 3]) / os.sysconf("SC_CLK_TCK")
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0
    return max(0.0, age)

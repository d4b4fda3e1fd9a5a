"""Where a run happened: versions, hardware and code revision, for summary.json."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path


def versions() -> dict[str, str]:
    """Return the versions that decide a run's numbers."""
    packages = ("tensorflow", "keras", "numpy", "tensorflow-datasets")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def hardware() -> dict[str, str | int | list[str]]:
    """Return processor, usable cores and accelerators."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    names = [
        tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in gpus
    ]
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1,
        "gpus": names,
    }


def hardware_line() -> str:
    """Return the hardware in a few words, e.g. "2 cores of AMD EPYC, no GPU"."""
    facts = hardware()
    gpus = facts["gpus"]
    shown = ", ".join(map(str, gpus)) if isinstance(gpus, list) and gpus else "no GPU"
    return f"{facts['cores']} cores of {facts['processor']}, {shown}"


def git_revision() -> str | None:
    """Return the code's revision, with "+changes" if edited since; None outside git."""
    folder = Path(__file__).parent
    try:
        revision = _git(folder, "rev-parse", "HEAD")
        return revision + ("+changes" if _git(folder, "status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    result = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return result.stdout.strip()


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

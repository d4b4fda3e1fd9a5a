"""Where a run happened: versions, hardware and code revision, for summary.json."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import datasets

# An installation has another name for `datasets`.
_PACKAGES = ("configs", datasets.__name__, "trainers", "zoo")
_SOURCES = {".py", ".yaml"}
_CPU_INFO = Path("/proc/cpuinfo")
# A repository on a disk that does not answer keeps no finished run from its end.
_GIT_SECONDS = 20


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


def hardware_line(facts: Mapping[str, Any] | None = None) -> str:
    """Return the hardware in a few words, e.g. "2 cores of AMD EPYC, no GPU".

    Args:
        facts: as `hardware` gave them, perhaps elsewhere; None asks it.
    """
    facts = hardware() if facts is None else facts
    gpus = facts["gpus"]
    shown = ", ".join(map(str, gpus)) if isinstance(gpus, list) and gpus else "no GPU"
    cores = "1 core" if facts["cores"] == 1 else f"{facts['cores']} cores"
    return f"{cores} of {facts['processor']}, {shown}"


def emulates_bfloat16() -> bool:
    """Return whether this processor is known to lack instructions for products in bfloat16.

    False with a GPU, and where the processor does not tell (not x86, or not Linux).
    """
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return False
    flags = {word for line in _lines("flags") for word in line.split()}
    return bool(flags) and flags.isdisjoint({"avx512_bf16", "amx_bf16"})


def code_sha256(others: Iterable[Path] = ()) -> str:
    """Return a hash of all code that can decide a number: this project's, and its versions.

    Args:
        others: source files outside the project.
    """
    root = Path(__file__).parents[2]
    own = (path for package in _PACKAGES for path in (root / package).rglob("*"))
    digest = hashlib.sha256(repr(sorted(versions().items())).encode())
    for path in [*sorted(path for path in own if path.suffix in _SOURCES), *sorted(others)]:
        name = path.relative_to(root) if path.is_relative_to(root) else path
        # Hashes have one length, so that no two lists of files run into the same bytes.
        for part in (name.as_posix().encode(), path.read_bytes()):
            digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def git_revision() -> str | None:
    """Return the code's revision, with "+changes" if edited since; None outside git.

    Installed below a repository of the user's own, the code is none of that repository's.
    """
    folder = Path(__file__).parent
    try:
        _git(folder, "ls-files", "--error-unmatch", __file__)
        revision = _git(folder, "rev-parse", "HEAD")
        return revision + ("+changes" if _git(folder, "status", "--porcelain") else "")
    except (OSError, UnicodeDecodeError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    result = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=_GIT_SECONDS,
    )
    return result.stdout.strip()


def _processor() -> str:
    return next(_lines("model name"), platform.processor() or platform.machine())


def _lines(name: str) -> Iterator[str]:
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8").splitlines()
    except OSError:  # Linux alone tells there
        return
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() == name:
            yield value.strip()

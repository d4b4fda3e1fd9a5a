"""A folder that holds no run itself, but several: of seeds, or of a study's trials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import configs
from zoo.process.shell import shown

NAME = "several.json"
"""The file that says so: {"kind": "seeds" or "study", ...}."""
_BELOW = {"seeds": "seed-*", "study": "trials/*"}


def read(folder: Path) -> dict[str, Any] | None:
    """Return what a folder's file says of the runs that it holds; None where there is none.

    Raises:
        ConfigError: the file is damaged.
    """
    path = folder / NAME
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["kind"] in _BELOW:
            return dict(values)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError):
        pass
    raise configs.ConfigError(
        f"{shown(path)} is damaged; the runs below {shown(folder)} are whole by themselves"
    )


def runs_in(folder: Path) -> list[Path]:
    """Return the folders of the runs that a folder holds, in order; none where it is no such one.

    Raises:
        ConfigError: the file that says so is damaged.
    """
    values = read(folder)
    below = sorted(folder.glob(_BELOW[values["kind"]])) if values else []
    return [path for path in below if (path / "config.yaml").is_file()]


def refuse_several(folder: Path) -> None:
    """Raise `ConfigError` if a folder holds several runs where one is needed."""
    values = read(folder)
    if values is None:
        return
    of = {"seeds": "of several seeds", "study": "of a study"}[values["kind"]]
    paths = [shown(path) for path in runs_in(folder)]
    if len(paths) > 3:
        paths = [*paths[:2], "...", paths[-1]]
    example = f"one of {', '.join(paths)}" if paths else "a run's folder"
    raise configs.ConfigError(f"{shown(folder)} holds the runs {of}; give {example}")

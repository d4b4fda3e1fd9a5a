"""Where a command writes what it is asked for: possible, or refused before the work."""

from __future__ import annotations

from pathlib import Path

import configs
from zoo.process.shell import shown, typed_path


def output_path(typed: str, flag: str = "--output") -> Path:
    """Return where a file or a folder is to be written.

    Args:
        typed: by the user.
        flag: where, for the message.

    Raises:
        PathError: it is no path, see `zoo.process.shell.typed_path`.
        ConfigError: it lies in no folder.
    """
    path = typed_path(typed, flag)
    if not path.parent.is_dir():
        raise configs.ConfigError(
            f"{flag} {shown(path)} lies in no folder {shown(path.parent)}; make it, or choose "
            "another"
        )
    return path


def output_file(typed: str, flag: str = "--output") -> Path:
    """Return where a file is to be written; raises as `output_path`, and for a folder."""
    path = output_path(typed, flag)
    if path.is_dir():
        raise configs.ConfigError(f"{flag} {shown(path)} is a folder; give a file in one")
    return path

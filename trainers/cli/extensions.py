"""Models, datasets, losses and experiments of the user's own, brought by `--import` or a plugin.

A module registers what it brings when it is imported: see `zoo.register_model`,
`datasets.register_dataset`, `trainers.register_loss` and the others. Nothing is ever imported that
is not named on the command line or installed as a plugin: a run or a recipe that was made with a
module remembers its name, and asks for the flag again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import configs
from zoo.catalogue.extensions import FLAG, bring, import_flags, resolved
from zoo.process.shell import command_line


def brought(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Import what `--import` names and the plugins; return the other arguments, and the names.

    A file is named by its absolute path, so that it is found again from any folder.

    Raises:
        zoo.ExtensionError: a module cannot be found, or fails.
    """
    rest, names = taken(argv)
    bring(names)
    return rest, [resolved(name) for name in names]


def taken(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the arguments without `--import MODULE_OR_FILE`, and what these name."""
    rest, names = [], []
    words = iter(argv)
    for word in words:
        flag, equals, value = word.partition("=")
        if flag != FLAG:
            rest.append(word)
            continue
        name = value if equals else next(words, "")
        if not name or name.startswith("--"):
            raise configs.ConfigError(f"{FLAG} needs a module or a file, as in {FLAG} my_models.py")
        names.append(name)
    return rest, names


def require_brought(saved: Sequence[str], names: Sequence[str], where: str) -> None:
    """Raise `ConfigError` if something was made with modules that are not imported now.

    Args:
        saved: the modules it was made with.
        names: those that this command was given; a file may have moved.
        where: what it is, for the message.
    """
    now = {Path(name).name for name in names}
    missing = [name for name in saved if Path(name).name not in now]
    if missing:
        words = command_line(*import_flags(missing))
        raise configs.ConfigError(
            f"{where} was made with {words}; nothing is imported unasked: give {words} again, if "
            "you trust it"
        )

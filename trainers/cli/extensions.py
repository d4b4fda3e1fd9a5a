"""Models, datasets, losses and experiments of the user's own, brought by `--import` or a plugin.

A module registers what it brings when it is imported: see `zoo.register_model`,
`datasets.register_dataset`, `trainers.register_loss` and the others. Nothing is ever imported that
is not named on the command line or installed as a plugin: a run or a recipe that was made with a
module remembers its name, and asks for the flag again.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

import configs
from trainers.cli import chatter

FLAG = "--import"
# Installed packages name their modules under this group of entry points.
GROUP = "keras_fundamentals_zoo"


def brought(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Import what `--import` names and the plugins; return the other arguments, and the names.

    Raises:
        ConfigError: a module cannot be found, or fails.
    """
    rest, names = taken(argv)
    for plugin in entry_points(group=GROUP):
        _import_plugin(plugin.name, plugin.module)
    for name in names:
        _import(name)
    return rest, names


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
        flags = " ".join(f"{FLAG} {name}" for name in missing)
        raise configs.ConfigError(
            f"{where} was made with {flags}; nothing is imported unasked: give {flags} again, if "
            "you trust it"
        )


def _import_plugin(name: str, module: str) -> None:
    try:
        with chatter.dropped():
            importlib.import_module(module)
    except Exception as error:
        print(
            f"warning: the plugin {name!r} is left out: {type(error).__name__}: {error}",
            file=sys.stderr,
        )


def _import(name: str) -> None:
    path = Path(name).expanduser()
    is_file = path.suffix == ".py" or path.is_file()
    if is_file and not path.is_file():
        raise configs.ConfigError(f"{FLAG} {name}: there is no such file")
    try:
        with chatter.dropped():
            if is_file:
                _import_file(path)
            else:
                importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.split(".")[0] == error.name.split(".")[0]:
            raise configs.ConfigError(
                f"{FLAG} {name}: there is no such module; name a module that Python finds, or a "
                "file that ends in .py"
            ) from error
        raise _failed(name, error) from error
    except Exception as error:
        raise _failed(name, error) from error


def _failed(name: str, error: Exception) -> configs.ConfigError:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).name == Path(name).name]
    where = f", line {own[-1].lineno}" if own else ""
    return configs.ConfigError(
        f"{FLAG} {name}{where} failed: {type(error).__name__}: {error}; mend it"
    )


def _import_file(path: Path) -> None:
    # By its own name, so that what it registers can name it; its neighbours can be imported too.
    name = path.stem
    present = sys.modules.get(name)
    if present is not None:
        if Path(getattr(present, "__file__", None) or "").resolve() == path.resolve():
            return
        raise configs.ConfigError(
            f"a module called {name!r} is imported already; give the file another name"
        )
    if str(path.parent.resolve()) not in sys.path:
        sys.path.append(str(path.parent.resolve()))
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise configs.ConfigError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise

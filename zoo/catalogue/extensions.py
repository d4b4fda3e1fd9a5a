"""Models and other things of the user's own: modules that register them, imported on request.

A module registers what it brings when it is imported: see `zoo.register_model`. Nothing is ever
imported that is not named on the command line or installed as a plugin.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from zoo.errors import ExtensionError
from zoo.process import chatter
from zoo.process.shell import shown, typed_path

FLAG = "--import"
# Installed packages name their modules under this group of entry points.
GROUP = "keras_fundamentals_zoo"


def bring(names: Sequence[str]) -> None:
    """Import the installed plugins, then each module or `.py` file that is named.

    A plugin that fails is left out with a warning: the user has not asked for it here.

    Raises:
        ExtensionError: a module cannot be found, or fails.
    """
    for plugin in entry_points(group=GROUP):
        _import_plugin(plugin.name, plugin.module)
    for name in names:
        _import(name)


def resolved(name: str) -> str:
    """Return what `--import` names: a module as it is, a file by its absolute path.

    Raises:
        PathError: it can be neither.
    """
    path = typed_path(name, FLAG)
    return str(path.absolute()) if path.suffix == ".py" or path.is_file() else name


def import_flags(names: Sequence[str]) -> list[str]:
    """Return the words that bring the modules again, as in `["--import", "my_models.py"]`."""
    return [word for name in names for word in (FLAG, name)]


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
    path = Path(resolved(name))
    is_file = path.suffix == ".py" or path.is_file()
    if is_file and not path.is_file():
        raise ExtensionError(f"{FLAG} {shown(name)}: there is no such file; check the path")
    try:
        with chatter.dropped():
            if is_file:
                _import_file(path)
            else:
                importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.split(".")[0] == error.name.split(".")[0]:
            raise ExtensionError(
                f"{FLAG} {name}: there is no such module; name a module that Python finds, or a "
                "file that ends in .py"
            ) from error
        raise _failed(name, error) from error
    except Exception as error:
        raise _failed(name, error) from error


def _failed(name: str, error: Exception) -> ExtensionError:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).name == Path(resolved(name)).name]
    where = f", line {own[-1].lineno}" if own else ""
    return ExtensionError(
        f"{FLAG} {shown(name)}{where} failed: {type(error).__name__}: {error}; mend it"
    )


def _import_file(path: Path) -> None:
    # By its own name, so that what it registers can name it; its neighbours can be imported too.
    name = path.stem
    present = sys.modules.get(name)
    if present is not None:
        if Path(getattr(present, "__file__", None) or "").resolve() == path.resolve():
            return
        raise ExtensionError(
            f"a module called {name!r} is imported already; give the file another name"
        )
    if str(path.parent.resolve()) not in sys.path:
        sys.path.append(str(path.parent.resolve()))
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ExtensionError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise

"""The name `datasets` for an installed `zoo_datasets`, in this project's own commands.

Where the project is installed, `datasets` is Hugging Face's package, if anything: see `setup.py`.
A module that `--import` brings says `datasets.register_dataset` in the clone, and so it may in an
installation. A program of the user's own that imports `trainers` keeps its `datasets`.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import Any

CLONED = "datasets"


def answer_to(package: ModuleType) -> None:
    """Let `import datasets`, and what is below it, mean `package`."""
    if package.__name__ != CLONED:
        sys.modules[CLONED] = package
        sys.meta_path.insert(0, _Names(package.__name__))


class _Names(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `datasets.NAME` as the module `package.NAME`, which it is, and no copy of it."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._specs: dict[str, Any] = {}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return a spec for names below `datasets`, None for all others."""
        if not name.startswith(f"{CLONED}."):
            return None
        return importlib.machinery.ModuleSpec(name, self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the module of the other name."""
        module = importlib.import_module(self._package + spec.name.removeprefix(CLONED))
        self._specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give it its own spec back: the import system has just set the alias's."""
        module.__spec__ = self._specs[str(module.__spec__ and module.__spec__.name)]

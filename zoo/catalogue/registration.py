"""Keras learns of the zoo's layers and functions as soon as both are imported, in either order.

Keras loads a file's own classes by names that were registered with it; registering imports Keras,
which takes seconds, and `import zoo` alone must not. So Python's import of Keras, whenever it
comes, is followed by ours.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from zoo.catalogue.index import modules_with_custom_objects


def with_keras() -> None:
    """Register the zoo's layers and functions now, or as soon as Keras is imported."""
    if "keras" in sys.modules:
        register()
    elif not any(isinstance(finder, _AfterKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AfterKeras())


def register() -> None:
    """Import the modules that register something, unless Keras computes by another library.

    They need TensorFlow: what cannot be used is not missed until a model asks for it.
    """
    keras = sys.modules["keras"]
    if keras.config.backend() != "tensorflow":
        return
    for module in modules_with_custom_objects():
        importlib.import_module(module)


class _AfterKeras(importlib.abc.MetaPathFinder):
    """Steps aside when Keras is looked for, and has the zoo registered behind its import."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return Keras's own specification, with a loader that goes on with `register`."""
        if name != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Followed(spec.loader)
        return spec


class _Followed(importlib.abc.Loader):
    """A loader of Keras, and what comes after it.

    Args:
        loader: what would have loaded it.
    """

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """Return what the loader returns."""
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """Import Keras, then what registers with it."""
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        register()

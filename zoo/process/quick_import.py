"""Keras imported in half of the time: without what few programs use, which follows when they do.

`import keras` imports scikit-learn, SciPy, matplotlib, pandas and IPython for wrappers, pictures
and data frames. Here Python's own `importlib.util.LazyLoader` takes the modules that ask for them:
each is in `sys.modules` as ever, and becomes itself at the first look into it. Nor is garbage
looked for meanwhile: there is none in half a million objects that are all kept.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_LATE = {
    "keras.wrappers",  # scikit-learn and SciPy
    "keras.visualization",  # matplotlib.pyplot
    "keras.src.visualization",
    "keras.src.trainers.data_adapters.array_slicing",  # pandas and pyarrow, for Keras's own `fit`
    "IPython",  # for pages of a model file
}


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _LATE:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next((each for each in found if each is not None), None)
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


@contextlib.contextmanager
def quickly() -> Iterator[None]:
    """Import Keras in here, without what it rarely needs; that follows when it is used."""
    finder, collects = _Finder(), gc.isenabled()
    sys.meta_path.insert(0, finder)
    gc.disable()
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        # What was imported stays: later collections need not look at it.
        gc.freeze()
        if collects:
            gc.enable()

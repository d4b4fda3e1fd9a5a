"""A `.keras` file of unknown origin, looked at before Keras reads it: it may execute nothing.

A model file names classes to build, and Keras builds them; its weights are an HDF5 file, which may
point at other files. So what a file may hold is listed here, and all else is refused:

- an archive of a configuration, a description and weights, uncompressed, with no path out of it;
- layers, initializers, ... of Keras that compute, and what the zoo or an imported module registers;
- arrays of numbers that lie in the file itself, and are as large as it says.

What is well-formed and merely huge is not refused.
"""

from __future__ import annotations

import io
import json
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from zoo.errors import ModelFileError

if TYPE_CHECKING:
    import h5py

_MEMBERS = ("metadata.json", "config.json", "model.weights.h5")
_ASSETS = "assets/"
_MOST_MEMBERS = 10_000
_DEEPEST = 200
_MODULES = re.compile(
    r"keras(\.(layers|initializers|activations|regularizers|constraints|losses|metrics|optimizers"
    r"|optimizers\.schedules|models|dtype_policies|quantizers|random|ops|src\..+))?"
)
# Keras would find `layers.Lambda` in `keras`, and what is no class too.
_CLASS = re.compile(r"[A-Z]\w*", re.ASCII)
# Functions are looked up by name in Keras's own tables, never imported.
_FUNCTIONS = re.compile(
    r"(builtins|keras\.(activations|initializers|regularizers|constraints|losses|metrics))?"
)
# They run what the file brings, Python or a graph, or read files that it names.
_EXECUTING = frozenset({"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"})
_READING = frozenset({"StringLookup", "IntegerLookup", "IndexLookup", "TextVectorization"})
# How Keras writes plain values; `__lambda__` and `__typespec__` are left out.
_VALUES = frozenset(
    {
        "__keras_tensor__",
        "__tensor__",
        "__numpy__",
        "__bytes__",
        "__ellipsis__",
        "__none__",
        "__slice__",
    }
)


def require_safe(path: Path) -> None:
    """Raise `ModelFileError` unless a file is a model that can be loaded without executing it.

    What the zoo and imported modules register with Keras must be registered before.

    Raises:
        ModelFileError: it is missing, not a `.keras` file, damaged, or holds what is refused.
    """
    if not os.path.isfile(path):  # says no where a path cannot be, which pathlib's raises at
        raise ModelFileError(
            f"{str(path)[:200]} is no file; give a .keras file, such as a run's model.keras"
        )
    if path.suffix != ".keras":
        raise ModelFileError(
            f"{path} is not a .keras file, and other formats are not loaded: they may execute what "
            'they hold; save the model with model.save("name.keras")'
        )
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(path, archive)
            configuration = json.loads(archive.read("config.json"))
            weights = archive.read("model.weights.h5")
    except ModelFileError:
        raise  # which is a ValueError
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise _damaged(path, error) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"config.json is not JSON ({error})") from error
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read ({error.strerror or error})") from error
    if not isinstance(configuration, dict):
        raise _damaged(path, "config.json holds no model")
    for entry in _objects(path, configuration):
        _check_object(path, entry)
    _check_weights(path, weights)


def _damaged(path: Path, reason: object) -> ModelFileError:
    return ModelFileError(f"{path} is damaged or no .keras file: {reason}; save the model again")


def _refused(path: Path, reason: str) -> ModelFileError:
    return ModelFileError(
        f"{path} is refused: {reason}; if you trust who made it, load it yourself with "
        "keras.saving.load_model(path, safe_mode=False)"
    )


def _check_members(path: Path, archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > _MOST_MEMBERS or len(set(names)) < len(names):
        raise _refused(path, "it has too many members, or two of one name")
    for entry in entries:
        name = entry.filename
        inside = name.startswith(_ASSETS) and ".." not in PurePosixPath(name).parts
        if name not in _MEMBERS and (not inside or "\\" in name or ":" in name):
            raise _refused(path, f"its member {name[:100]!r} does not belong in a model")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _refused(path, f"its member {name[:100]!r} is a link")
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
            raise _refused(path, f"its member {name[:100]!r} is compressed or encrypted")
    if sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise _refused(path, "its members say that they are larger than the file")
    missing = set(_MEMBERS) - set(names)
    if missing:
        raise _damaged(path, f"it has no {', '.join(sorted(missing))}")


def _objects(path: Path, value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield every dictionary of a configuration that names something to build."""
    if depth > _DEEPEST:
        raise _refused(path, f"its configuration is nested deeper than {_DEEPEST} levels")
    if isinstance(value, dict):
        if "class_name" in value:
            yield value
        for item in value.values():
            yield from _objects(path, item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _objects(path, item, depth + 1)


def _check_object(path: Path, entry: dict[str, Any]) -> None:
    import keras

    name, module = entry["class_name"], entry.get("module")
    if not isinstance(name, str) or not isinstance(module, str | None):
        raise _damaged(path, "config.json names what is no class")
    is_function = name == "function"
    registered = entry.get("config") if is_function else entry.get("registered_name")
    known = isinstance(registered, str) and keras.saving.get_registered_object(registered)
    # Keras reads plain values by their class's name, whatever is registered.
    if name in _VALUES or (known and not name.startswith("__")):
        return
    shown = f"{module or 'Keras'}.{name}"[:100]
    if name in _EXECUTING:
        raise _refused(path, f"its layer {shown} runs code that the file brings")
    if name in _READING:
        raise _refused(path, f"its layer {shown} reads files that the model names")
    if is_function and _FUNCTIONS.fullmatch(module or ""):
        return
    if not is_function and _CLASS.fullmatch(name) and _MODULES.fullmatch(module or "keras"):
        return
    raise ModelFileError(
        f"{path} is refused: it needs {shown}, which is neither a layer of Keras nor registered; "
        "bring the module that registers it (--import MODULE, or import it first), if you trust it"
    )


def _check_weights(path: Path, content: bytes) -> None:
    import h5py

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            _check_group(path, file, set())
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        if isinstance(error, ModelFileError):
            raise
        raise _damaged(path, f"its weights cannot be read ({error})") from error


def _check_group(path: Path, group: h5py.Group, seen: set[int]) -> None:
    import h5py

    for name in group:
        shown = f"{group.name.rstrip('/')}/{name}"[:100]
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise _refused(path, f"its weights {shown} are a link to elsewhere")
        child = group[name]
        address = h5py.h5o.get_info(child.id).addr
        if address in seen:
            raise _refused(path, f"its weights {shown} are a link to others")
        seen.add(address)
        if isinstance(child, h5py.Group):
            _check_group(path, child, seen)
        elif not isinstance(child, h5py.Dataset) or not _is_plain(child):
            raise _refused(path, f"its weights {shown} are not numbers that lie in the file itself")


def _is_plain(dataset: h5py.Dataset) -> bool:
    lies_elsewhere = dataset.external is not None or dataset.is_virtual
    stored = dataset.id.get_storage_size()
    # `V`: sixteen bits that NumPy has no name for.
    return (
        not lies_elsewhere
        and dataset.chunks is None
        and dataset.dtype.kind in "biufV"
        and not dataset.dtype.hasobject
        and stored >= (dataset.nbytes or 0)
    )

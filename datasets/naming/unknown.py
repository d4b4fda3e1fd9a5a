"""A name that nobody has, or a path in its place: what is said then."""

import difflib
import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from datasets.catalogue import FILE_DATASETS, list_datasets
from datasets.environments.ids import gymnasium_ids
from datasets.errors import UnknownDatasetError

TFDS_CATALOGUE = "https://www.tensorflow.org/datasets/catalog"
_SHORTEST_PREFIX = 3
# From a root, a home or this folder; with a backslash, a drive or a protocol; with a file's ending.
_LIKE_A_PATH = re.compile(r"^[./~$]|\\|^[A-Za-z]:/|://|\.[A-Za-z]\w{0,4}$")


# What files of the user's own hold, by how their names end.
_KINDS = dict.fromkeys((".csv", ".tsv", ".parquet"), "table") | {".npz": "arrays"}
_TOLD = {
    "arrays": "a file of arrays",
    "images": "a folder of pictures",
    "table": "a table",
    "text": "a text",
}


def base_dataset_name(name: str) -> str:
    """Strip configuration and version: `"glue/cola:2.0.0"` gives `"glue"`."""
    return name.split("/")[0].split(":")[0]


def tfds_names() -> list[str]:
    """Return the names built into TensorFlow Datasets; imports it, needs no network."""
    import tensorflow_datasets as tfds

    # The community list would be fetched over the network, and hang without one.
    return list(tfds.list_builders(with_community_datasets=False))


def unknown_dataset(name: str, known: Iterable[str] | None = None) -> UnknownDatasetError:
    """Build the error for a name that nobody has, with the nearest names that somebody has."""
    allowed = (
        f"{', '.join(list_datasets())}, the ids of Gymnasium and the names at {TFDS_CATALOGUE}"
    )
    if is_path(name):
        kind = "URL" if "://" in name else "path"
        return UnknownDatasetError(
            f"dataset {name!r} is a {kind}, and a dataset is asked for by its name; "
            f"{own_data(name)}; the names are {allowed}"
        )
    typed = _letters(base_dataset_name(name))
    # Our own come first among those that differ in nothing but case and punctuation.
    tfds_known = tfds_names() if known is None else known
    by_letters = {
        _letters(each): each for each in (*gymnasium_ids(), *tfds_known, *list_datasets())
    }
    near = difflib.get_close_matches(typed, by_letters, n=3, cutoff=0.6)
    if typed in by_letters:
        near = [typed]
    elif not near and len(typed) >= _SHORTEST_PREFIX:
        near = [each for each in by_letters if each.startswith(typed)][:3]
    hint = (
        f"did you mean {' or '.join(repr(by_letters[match]) for match in near)}? " if near else ""
    )
    return UnknownDatasetError(f"unknown dataset {name!r}: {hint}allowed are {allowed}")


def is_path(name: str) -> bool:
    """Tell whether what stands for a dataset's name can only be a path, or is one that exists."""
    if not name or _LIKE_A_PATH.search(name):
        return bool(name)
    try:
        return os.path.exists(name)
    except ValueError:  # a null character
        return False


def own_data(path: str | os.PathLike[str]) -> str:
    """Return what a message says of data of the user's own: how they are read, if at all."""
    first, place = "", shlex.quote(str(path))
    if "://" in place:
        first, place = "download it first; ", "FILE"
    kind = _KINDS.get(Path(path).suffix.lower(), "images" if Path(path).is_dir() else "text")
    others = [each for each in FILE_DATASETS if each != kind]
    target = " --target COLUMN" if kind == "table" else ""
    return (
        f"{first}{_TOLD[kind]} of your own is `--dataset {kind} --data-path {place}{target}`; "
        f"other data are {', '.join(others[:-1])} or {others[-1]} in the place of {kind}"
    )


def _letters(name: str) -> str:
    """Return a name without what people write differently: case, hyphens, spaces."""
    return "".join(filter(str.isalnum, name.lower()))

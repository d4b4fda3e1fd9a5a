"""Finding a prepared dataset, or preparing it: in a staging folder, then one rename.

A dataset appears under the data directory whole or not at all, whether the process is killed,
the download is cut, or two processes prepare the same one at the same time.
"""

import contextlib
import hashlib
import importlib.metadata
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datasets.catalogue import EMBEDDED_DATASETS
from datasets.downloads import unreachable_reason
from datasets.errors import PREPARE_ELSEWHERE, DataError, UnknownDatasetError, one_line
from datasets.naming.unknown import (
    base_dataset_name,
    is_path,
    own_data,
    tfds_names,
    unknown_dataset,
)
from datasets.schema import require_known_features
from datasets.silence import quiet_preparation
from datasets.staging import staging_folder

INFO_FILE = "dataset_info.json"
STAGING_PREFIX, SCRATCH_PREFIX = ".preparing-", "keras-zoo-data-"


def data_directory(data_dir: str | os.PathLike[str] | None) -> Path:
    """Return the given folder, else `$TFDS_DATA_DIR`, else `~/tensorflow_datasets`."""
    chosen = data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets"
    return Path(chosen).expanduser()


@contextlib.contextmanager
def prepared_builder(
    name: str, data_dir: str | os.PathLike[str] | None, scratch: bool
) -> Iterator[Any]:
    """Yield a TFDS builder whose records can be read while the context lasts.

    A dataset prepared under `data_dir` is read there. Otherwise it is prepared there; with
    `scratch`, or for an embedded dataset where `data_dir` cannot be written, in a temporary
    folder that is deleted on exit.

    Raises:
        UnknownDatasetError: nobody has the name.
        DataError: it is not prepared and cannot be, or its metadata are damaged.
    """
    root = data_directory(data_dir)
    builder = _make_builder(name, root)
    if is_prepared(builder):
        yield builder
        return
    if not scratch:
        try:
            _prepare(name, root)
        except OSError as error:
            if name not in EMBEDDED_DATASETS:
                raise DataError(
                    f"dataset {name!r} is not prepared under {root}, which cannot be written "
                    f"({one_line(error)}); pass --data-dir with a writable folder or with a "
                    "prepared copy"
                ) from error
        else:
            yield _make_builder(name, root)
            return
    with staging_folder(Path(tempfile.gettempdir()), SCRATCH_PREFIX) as temporary:
        _prepare(name, temporary, looked_in=root)
        yield _make_builder(name, temporary)


def require_known(name: str, root: Path) -> None:
    """Raise `UnknownDatasetError` if neither TFDS nor a prepared folder under `root` has the name.

    A prepared folder without code is a dataset of the user's own, prepared elsewhere.
    """
    base_name = base_dataset_name(name)
    whole = not name.endswith(("/", ":"))  # as a shell completes a folder's name
    folder = _folder(root, base_name)
    prepared = folder is not None and bool(prepared_versions(folder))
    if whole and prepared:
        return  # before TFDS looks up its names, which takes a third of a second
    known = tfds_names()
    if whole and base_name in known:
        return
    if prepared:
        folder, known = None, [*known, base_name]
    if folder is None or is_path(name):
        raise unknown_dataset(name, known)
    raise UnknownDatasetError(
        f"dataset {name!r}: {folder} is a folder of files and no prepared dataset, as no version "
        f"in it has a {INFO_FILE}; {own_data(folder)}"
    )


def prepared_versions(folder: Path) -> list[str]:
    """Return the versions that are prepared in a dataset's folder, with their configurations."""
    found = (path for depth in ("*", "*/*") for path in folder.glob(f"{depth}/{INFO_FILE}"))
    return sorted(path.parent.relative_to(folder).as_posix() for path in found)


def code_of(name: str) -> list[str] | None:
    """Return what tells the code that reads a dataset: a release, or the content of our files.

    None for a builder of the user's own, which may change at any time.
    """
    if name not in EMBEDDED_DATASETS:
        return ["tensorflow-datasets", importlib.metadata.version("tensorflow-datasets")]
    builder = EMBEDDED_DATASETS[name].builder
    module = builder.__module__ if isinstance(builder, type) else builder.rpartition(".")[0]
    room = f"{__package__}.embedded"
    if not module.startswith(f"{room}."):
        return None
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).with_name("embedded").rglob("*.py")):
        digest.update(path.read_bytes())
    return [digest.hexdigest(), sys.version]


def _folder(root: Path, name: str) -> Path | None:
    """Return the folder of exactly this name; some systems take "mnist" for "MNIST"."""
    try:
        found = (entry for entry in root.iterdir() if entry.name == name and entry.is_dir())
        return next(found, None)
    except OSError:
        return None


def is_prepared(builder: Any) -> bool:
    """Tell whether the builder's records and their description are on disk."""
    return (Path(builder.data_path) / INFO_FILE).is_file()


def _make_builder(name: str, root: Path) -> Any:
    try:
        if name in EMBEDDED_DATASETS:
            return EMBEDDED_DATASETS[name].builder_class()(data_dir=root)
        import tensorflow_datasets as tfds

        require_known(name, root)
        require_known_features(root / name.partition("/")[0].partition(":")[0])
        return tfds.builder(name, data_dir=root)
    except DataError:
        raise
    except Exception as error:  # third-party builders raise what they like
        raise DataError(
            f"dataset {name!r} under {root} cannot be opened: {one_line(error)}; check the name's "
            f"configuration and version, or {PREPARE_ELSEWHERE}"
        ) from error


def _prepare(name: str, root: Path, looked_in: Path | None = None) -> None:
    """Prepare a dataset under `root`; OSError means that `root` itself cannot be written."""
    created = not root.exists()
    root.mkdir(parents=True, exist_ok=True)
    try:
        with staging_folder(root, STAGING_PREFIX) as staging:
            builder = _make_builder(name, staging)
            if name in EMBEDDED_DATASETS:
                with quiet_preparation():
                    builder.download_and_prepare()
            else:
                _download(name, builder, staging, looked_in or root)
            _publish(Path(builder.data_path), staging, root)
    finally:
        if created:
            with contextlib.suppress(OSError):
                root.rmdir()  # succeeds only when nothing was published


def _download(name: str, builder: Any, staging: Path, looked_in: Path) -> None:
    reason = unreachable_reason(builder)
    if reason is None:
        try:
            builder.download_and_prepare(download_dir=staging / "downloads")
            return
        except Exception as error:  # network, checksum, manual download, missing package
            cause: BaseException | None = error
            reason = one_line(error)
    else:
        cause = None
    raise DataError(
        f"dataset {name!r} is not prepared under {looked_in} and could not be downloaded "
        f"({reason}); connect to a network, or pass --data-dir with a prepared copy"
    ) from cause


def _publish(prepared: Path, staging: Path, root: Path) -> None:
    """Move the prepared version folder to its place in one step."""
    target = root / prepared.relative_to(staging)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        prepared.rename(target)
    except OSError:
        # Another process published the same content first: a folder that is not empty stays.
        if not (target / INFO_FILE).is_file():
            raise

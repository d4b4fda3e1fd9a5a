"""The user's own pictures: a folder with one folder of each class, read where it lies."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from datasets.dataset import Split, fingerprint, row_blocks
from datasets.errors import DataError, named
from datasets.own.pictorial.cache import Cache
from datasets.own.pictorial.listing import Listing, list_pictures
from datasets.own.pictorial.reading import (
    ColoursFoundError,
    Form,
    content_digest,
    content_of,
    read_pictures,
)
from datasets.own.pictures import decode
from datasets.own.request import OwnRequest, picture_size
from datasets.own.splits import divided
from datasets.partition import CARVING_RULE, SPLITS, absent_classes
from datasets.storage import Storage

RULES_VERSION = "1.0.0"
"""Of the rules by which files become arrays; the fingerprint tells the content."""

SCALE = 255.0
_BLOCK_BYTES = 1 << 24


def read(request: OwnRequest) -> dict[str, Any]:
    """Return the fields of a `Dataset` but its name, of a folder of pictures.

    Raises:
        DataError: the folder's form is no set of classes, a picture is damaged, sizes differ with
            no `image_size`, or memory is too small.
        DataOptionError: `image_size` or `resize` cannot be meant.
    """
    size = picture_size(request.image_size, request.resize)
    listing = list_pictures(_folder(request))
    rows, drawn = _divided(request, listing)
    splits, form, notes = _filled(request, listing, rows, size)
    targets = {split: arrays.targets for split, arrays in splits.items()}
    content = fingerprint(splits)
    inputs = {
        "kind": "images",
        "shape": list(form.shape),
        "scale": SCALE,
        "resize": None if size is None else request.resize,
    }
    names = listing.class_names
    return {
        "version": RULES_VERSION,
        "task": "classification",
        "input_shape": form.shape,
        "num_classes": len(names),
        "class_names": names,
        "splits": splits,
        "oracle_loss": {},
        "fingerprint": f"carved{CARVING_RULE}-{content}" if drawn else content,
        "notes": (*listing.notes, *absent_classes(targets, names), *notes),
        "preparation": {"inputs": inputs, "outputs": {"kind": "classes", "names": list(names)}},
        "rows": {
            split: np.array([listing.files[row] for row in rows[split].tolist()], object)
            for split in SPLITS
        },
    }


def _folder(request: OwnRequest) -> Path:
    folder = Path(request.data_path or "").expanduser()
    if not folder.is_dir():
        raise DataError(
            f"data_path {named(folder)} is no folder, and dataset {request.name!r} needs one with "
            "a folder of pictures of each class; give that folder"
        )
    return folder


def _divided(request: OwnRequest, listing: Listing) -> tuple[dict[str, np.ndarray], bool]:
    """Return the rows of each split, and whether any was drawn."""
    given = listing.splits or {"train": np.arange(len(listing.files))}
    missing = [split for split in SPLITS[1:] if split not in given]
    if not missing:
        return given, False
    train = given["train"]
    parts = divided(
        request.name,
        len(train),
        listing.classes[train],
        request.validation_fraction,
        request.split_seed,
        missing,
    )
    return given | {split: train[chosen] for split, chosen in parts.items()}, True


def _filled(
    request: OwnRequest,
    listing: Listing,
    rows: dict[str, np.ndarray],
    size: tuple[int, int] | None,
) -> tuple[dict[str, Split], Form, list[str]]:
    asked = [request.channels, size, request.resize]
    cache = Cache([listing.files, listing.sizes.tolist(), asked])
    kept = None
    if cache.exists():
        kept = cache.find(content_digest(listing.folder, listing.files, listing.sizes))
    if kept is not None and _is_whole(kept, request, listing, size):
        shape = kept.shape[1:3]
        form = Form(kept.shape[3], size, request.resize, ("", (shape[0], shape[1])))
        blocks: Any = (kept[each] for each in row_blocks(kept, _BLOCK_BYTES))
        return _gathered(request, listing, rows, form, blocks), form, cache.notes
    form = _first_form(request, listing, size)
    try:
        splits = _gathered(request, listing, rows, form, _kept(listing, form, cache))
    except ColoursFoundError:
        form = dataclasses.replace(form, channels=3)
        splits = _gathered(request, listing, rows, form, _kept(listing, form, cache))
    return splits, form, cache.notes


def _is_whole(
    kept: np.ndarray, request: OwnRequest, listing: Listing, size: tuple[int, int] | None
) -> bool:
    return (
        kept.ndim == 4
        and len(kept) == len(listing.files)
        and kept.dtype == (np.uint8 if size is None else np.float32)
        and size in (None, kept.shape[1:3])
        and kept.shape[3] in ((1, 3) if request.channels is None else (request.channels,))
    )


def _first_form(request: OwnRequest, listing: Listing, size: tuple[int, int] | None) -> Form:
    path = listing.folder / listing.files[0]
    height, width, channels = decode(content_of(path), request.channels, named(path)).shape
    first = (named(path), (height, width))
    # Grey until a picture shows otherwise: to look at all of them first would take twice as long.
    known = request.channels or (3 if channels == 3 else None)
    return Form(known, size, request.resize, first)


def _kept(listing: Listing, form: Form, cache: Cache) -> Iterator[np.ndarray]:
    """Yield blocks of decoded pictures, and keep them for the next run."""
    shape = (len(listing.files), *form.shape)
    with cache.writing(shape, form.dtype) as writer:
        for pictures, digests in read_pictures(listing.folder, listing.files, listing.sizes, form):
            writer.add(pictures, digests)
            yield pictures


def _gathered(
    request: OwnRequest,
    listing: Listing,
    rows: dict[str, np.ndarray],
    form: Form,
    blocks: Iterator[np.ndarray],
) -> dict[str, Split]:
    """Return the splits' arrays, filled from blocks of all pictures in their order."""
    count = len(listing.files)
    storage = Storage(
        request.name, 4 * (int(np.prod(form.shape)) + 2) * count, request.max_resident_gib
    )
    splits = {}
    split_of, row_of = np.zeros(count, np.int8), np.zeros(count, np.int64)
    for number, split in enumerate(SPLITS):
        size = len(rows[split])
        split_of[rows[split]], row_of[rows[split]] = number, np.arange(size)
        inputs = storage.allocate((size, *form.shape), np.float32)
        targets = storage.allocate((size,), np.int32)
        targets[:] = listing.classes[rows[split]]
        weights = storage.allocate((size,), np.float32)
        weights[:] = 1
        splits[split] = Split(inputs, targets, weights, resident=storage.resident)
    start = 0
    for block in blocks:
        stop = start + len(block)
        scaled = block / np.float32(SCALE)
        for number, split in enumerate(SPLITS):
            chosen = np.flatnonzero(split_of[start:stop] == number)
            splits[split].inputs[row_of[start:stop][chosen]] = scaled[chosen]
        start = stop
    return splits

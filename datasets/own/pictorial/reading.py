"""From many encoded pictures to blocks of one array, a few at a time."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from datasets.errors import DataError, named, one_line
from datasets.own.pictures import Resize, decode_strictly, resized, strict_decoding

BLOCK_PICTURES = 256
BLOCK_FILE_BYTES = 1 << 24
BLOCK_BYTES = 1 << 26
# Smaller files keep Python busier than a decoder, so that threads only wait for one another.
THREADED_BYTES = 1 << 14

Result = TypeVar("Result")


class ColoursFoundError(Exception):
    """A picture has colours where all before it were grey."""


@dataclasses.dataclass(frozen=True)
class Form:
    """What pictures are made.

    Attributes:
        channels: 1 or 3; None where all are to be grey, on pain of `ColoursFoundError`.
        size: rows and columns; None where all must have those of `first`.
        resize: how pictures of another size are brought to it.
        first: name and shape of a picture that all others must be like.
    """

    channels: int | None
    size: tuple[int, int] | None
    resize: Resize = "fit"
    first: tuple[str, tuple[int, int]] = ("", (0, 0))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of every picture in the array: height, width, channels."""
        return (*(self.size or self.first[1]), self.channels or 1)

    @property
    def dtype(self) -> np.dtype:
        """Of the array, in 0 to 255: float32 where pictures are resized, else uint8."""
        return np.dtype(np.float32 if self.size else np.uint8)


class Block(NamedTuple):
    """Some pictures `[n, height, width, channels]`, and the SHA-256 of each one's content."""

    pictures: np.ndarray
    digests: list[bytes]


def decoded(contents: Iterable[bytes], names: Sequence[str], form: Form) -> np.ndarray:
    """Return encoded pictures as `[n, height, width, channels]`, called in `strict_decoding`.

    Raises:
        DataError: one is damaged, or of another size than it may have.
        ColoursFoundError: one has colours, and may not.
    """
    pictures = np.empty((len(names), *form.shape), form.dtype)
    for row, (content, name) in enumerate(zip(contents, names, strict=True)):
        picture = decode_strictly(content, form.channels, name)
        if picture.shape[2] != form.shape[2]:
            raise ColoursFoundError(name)
        if form.size is not None:
            try:
                picture = resized(picture, form.size, form.resize)
            except DataError as error:
                raise DataError(f"{name}: {error}") from error
        elif picture.shape[:2] != form.first[1]:
            (height, width), (other, (rows, columns)) = picture.shape[:2], form.first
            raise DataError(
                f"{name} has {height}x{width} pixels and {other} {rows}x{columns}; pass "
                f"--image-size {rows}x{columns}, or another, to bring all to one size"
            )
        pictures[row] = picture
    return pictures


def read_pictures(
    folder: Path, files: Sequence[str], sizes: np.ndarray, form: Form
) -> Iterator[Block]:
    """Yield a folder's files as blocks of pictures, in their order; each file is read once.

    Args:
        folder: that `files` lie in.
        files: one or more.
        sizes: `[n]` of the files, in bytes.
        form: what pictures are made.

    Raises:
        DataError, ColoursFoundError: as `decoded` does.
    """

    def block(rows: slice) -> Block:
        paths = [folder / file for file in files[rows]]
        contents = [content_of(path) for path in paths]
        pictures = decoded(contents, [named(path) for path in paths], form)
        return Block(pictures, [hashlib.sha256(content).digest() for content in contents])

    most = BLOCK_BYTES // (int(np.prod(form.shape)) * form.dtype.itemsize)
    with strict_decoding():
        yield from _in_order(block, row_slices(sizes, most), _threads(sizes))


def content_digest(folder: Path, files: Sequence[str], sizes: np.ndarray) -> str:
    """Return the SHA-256 of what `read_pictures` yields as digests, without decoding anything."""

    def block(rows: slice) -> list[bytes]:
        return [hashlib.sha256(content_of(folder / file)).digest() for file in files[rows]]

    digest = hashlib.sha256()
    for digests in _in_order(block, row_slices(sizes), _threads(sizes)):
        digest.update(b"".join(digests))
    return digest.hexdigest()


def content_of(path: Path) -> bytes:
    """Return a file's bytes; raises `DataError` where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise DataError(
            f"{named(path)} cannot be read ({one_line(error)}); mend it, or leave it out"
        ) from error


def row_slices(sizes: np.ndarray, most: int | None = None) -> Iterator[slice]:
    """Yield slices of files, each of about `BLOCK_FILE_BYTES` and at most `most` files."""
    most = BLOCK_PICTURES if most is None else max(1, min(most, BLOCK_PICTURES))
    start = nbytes = 0
    for row, size in enumerate(sizes.tolist()):
        if row > start and (row - start == most or nbytes + size > BLOCK_FILE_BYTES):
            yield slice(start, row)
            start, nbytes = row, 0
        nbytes += size
    yield slice(start, len(sizes))


def _threads(sizes: np.ndarray) -> int:
    return (os.cpu_count() or 1) if sizes.mean() > THREADED_BYTES else 1


def _in_order(
    work: Callable[[slice], Result], slices: Iterable[slice], threads: int
) -> Iterator[Result]:
    """Yield the results of every slice, in order, of which a few are worked on ahead."""
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for each in slices:
                waiting.append(pool.submit(work, each))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

"""From a picture's file to its pixels: any of five formats, upright, grey or RGB, eight bits."""

from __future__ import annotations

import contextlib
import functools
import io
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from datasets.errors import DataError, named, one_line

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
ENDINGS = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".gif", ".webp")
_BLOCK_VALUES = 1 << 20
MOST_PIXELS = 1 << 27
_GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N")
_PNG = b"\x89PNG\r\n\x1a\n"
_PLAIN = {(8, 0, 0, 0, 0): "L", (8, 2, 0, 0, 0): "RGB"}
"""Depth, colour type, and how compressed, filtered and interlaced -> Pillow's mode."""

_METADATA = {"exif", "xmp", "Raw profile type exif", "XML:com.adobe.xmp"}
_WHITE = (255, 255, 255, 255)

Resize = Literal["fit", "crop", "stretch"]


def decode(source: str | Path | bytes, channels: int | None = None, name: str = "") -> np.ndarray:
    """Return a picture's pixels `[height, width, channels]` uint8, upright as EXIF says.

    Of an animation the first frame. What is transparent is laid on white, as on a page. Of 16 bits
    the upper eight count. Colours become grey by ITU-R 601-2: 0.299 R + 0.587 G + 0.114 B.

    Args:
        source: a file, or its content.
        channels: 1 or 3; None means 1 where the file is grey, else 3.
        name: of the picture, for messages; empty means the file's path.

    Raises:
        DataError: it is no picture of the five formats, damaged, or too large to be meant.
    """
    with strict_decoding():
        return decode_strictly(source, channels, name)


@contextlib.contextmanager
def strict_decoding() -> Iterator[None]:
    """Make errors of what Pillow only warns of: damaged metadata, sizes that exhaust a memory.

    Python's filters are those of the whole process, so that threads share one such context.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("error", module="PIL")
        yield


def decode_strictly(source: str | Path | bytes, channels: int | None, name: str = "") -> np.ndarray:
    """Return what `decode` does, inside of `strict_decoding`."""
    from PIL import Image, ImageOps

    try:
        content = source if isinstance(source, bytes) else _content(source)
        if content.startswith(_PNG):
            plain = _plain_png(content)
            if plain is not None:
                return _pixels(plain, channels)
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            image.load()
            if _METADATA.isdisjoint(image.info):
                return _pixels(image, channels)
            return _pixels(ImageOps.exif_transpose(image), channels)
    except Exception as error:  # the decoders raise what they like
        shown = name or ("the picture" if isinstance(source, bytes) else named(Path(source)))
        raise DataError(_refusal(shown, error)) from error


def _content(path: str | Path) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _plain_png(content: bytes) -> Any:
    """Return a PNG of grey or RGB bytes and nothing else, in half of Pillow's time; else None.

    A chunk is the length n of its data, four letters, the data, and the CRC-32 of both. Pillow does
    not look at the last, so that all are checked here, whatever the file holds.

    Raises:
        ValueError: a checksum is wrong, or the end is missing.
    """
    from PIL import Image

    start, kind, kinds = len(_PNG), b"", set()
    data = []
    view = memoryview(content)
    while kind != b"IEND":
        if start + 12 > len(content):
            raise ValueError("its end is missing")
        (size,) = struct.unpack_from(">I", content, start)
        kind, stop = content[start + 4 : start + 8], start + 8 + size
        if stop + 4 > len(content):
            raise ValueError("its end is missing")
        if zlib.crc32(view[start + 4 : stop]) != struct.unpack_from(">I", content, stop)[0]:
            raise ValueError("a checksum is wrong")
        kinds.add(kind)
        if kind == b"IDAT":
            data.append(view[start + 8 : stop])
        start = stop + 4
    if kinds != {b"IHDR", b"IDAT", b"IEND"}:
        return None
    width, height, *form = struct.unpack_from(">IIBBBBB", content, len(_PNG) + 8)
    mode = _PLAIN.get(tuple(form))
    if mode is None or not 0 < width * height <= (Image.MAX_IMAGE_PIXELS or 0):
        return None
    return Image.frombytes(mode, (width, height), b"".join(data), "zip", mode, False)


def _pixels(image: Any, channels: int | None) -> np.ndarray:
    from PIL import Image

    if channels is None:
        channels = 1 if _is_grey(image) else 3
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    if image.has_transparency_data:
        # Mixed before anything is made grey, as RGBA has one rule of mixing and grey none.
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, _WHITE), image)
    mode = "L" if channels == 1 else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    # Twice as fast as np.asarray, which for a small picture is much of the whole.
    return np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width, channels)


def _is_grey(image: Any) -> bool:
    if image.mode != "P":
        return image.mode in _GREY
    colours = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    used = colours[np.unique(np.asarray(image))]
    return bool((used == used[:, :1]).all())


def _eight_bits(image: Any) -> Any:
    """Return a grey picture of 16 bits as one of 8, its transparent value marked by alpha."""
    from PIL import Image

    values = np.asarray(image)
    grey = (values.astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
    clear = image.info.get("transparency")
    if clear is None:
        return Image.fromarray(grey)
    alpha = np.where(values == clear, 0, 255).astype(np.uint8)
    return Image.merge("LA", (Image.fromarray(grey), Image.fromarray(alpha)))


def _refusal(shown: str, error: Exception) -> str:
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return (
            f"{shown} has more than {Image.MAX_IMAGE_PIXELS:,} pixels, which may be meant to "
            "exhaust the memory; make it smaller, or leave it out"
        )
    if isinstance(error, UnidentifiedImageError):
        return (
            f"{shown} is damaged, or no picture in one of {', '.join(FORMATS)}; mend it, or leave "
            "it out"
        )
    if isinstance(error, OSError) and error.errno is not None:
        return f"{shown} cannot be read ({error.strerror}); check the path and its permissions"
    return f"{shown} is a damaged picture ({one_line(error, 120)}); mend it, or leave it out"


def resized(
    images: np.ndarray | Sequence[np.ndarray], size: tuple[int, int], how: Resize
) -> np.ndarray:
    """Return pictures brought to one size, `[..., height, width, channels]` float32 in 0 to 255.

    y = A x B', where A `[rows, height]` and B `[columns, width]` are `bilinear_weights`; first over
    the rows, the terms of a sum in their order. Equal to the bit to
    `keras.layers.Resizing(*size, antialias=True)` of float32 pictures, with `pad_to_aspect_ratio`
    for "fit" and `crop_to_aspect_ratio` for "crop", as an exported model does it.

    Args:
        images: one of `[height, width, channels]` uint8, a batch of such, or a sequence of them of
            any sizes but one number of channels.
        size: rows and columns.
        how: "fit" first adds black, at both sides alike, to reach the aspect ratio; "crop" first
            cuts off at both sides alike; "stretch" does neither.

    Raises:
        DataError: padding would make a picture huge.
    """
    if isinstance(images, np.ndarray) and images.ndim == 3:
        return _resized(_shaped(images, size, how), size)
    return np.stack([_resized(_shaped(image, size, how), size) for image in images])


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    height, width, channels = image.shape
    if (height, width) == size:
        return image.astype(np.float32)
    rows, columns = size
    flat, matrix = image.reshape(height, -1), bilinear_weights(height, rows)
    if flat.size <= _BLOCK_VALUES:
        over_rows = matrix @ flat.astype(np.float32)
    else:  # in parts, so that a large picture is not in memory four-fold
        over_rows = np.empty((rows, width * channels), np.float32)
        step = max(1, _BLOCK_VALUES // height)
        for start in range(0, width * channels, step):
            block = slice(start, start + step)
            over_rows[:, block] = matrix @ flat[:, block].astype(np.float32)
    turned = over_rows.reshape(rows, width, channels).swapaxes(0, 1).reshape(width, -1)
    result = bilinear_weights(width, columns) @ turned
    return result.reshape(columns, rows, channels).swapaxes(0, 1)


@functools.lru_cache(maxsize=4096)
def bilinear_weights(size: int, new_size: int) -> Any:
    """Return the sparse matrix `[new_size, size]` that resamples one axis of a picture.

    Row i holds max(0, 1 - |j + 1/2 - c| / r) over j, divided by their sum, with the centre
    c = (i + 1/2) s, the radius r = max(1, s) and s = size / new_size: a triangle that widens where
    a picture shrinks. In float32 as `tf.raw_ops.ScaleAndTranslate` computes it.
    """
    from scipy.sparse import csr_array

    half, one = np.float32(0.5), np.float32(1)
    scale = one / (np.float32(new_size) / np.float32(size))
    radius = max(scale, one)
    centers = (np.arange(new_size, dtype=np.float32) + half) * scale
    first = np.ceil(centers - radius - half).clip(0, size - 1).astype(np.int64)
    last = np.floor(centers + radius - half).clip(0, size - 1).astype(np.int64)
    values: list[np.ndarray] = []
    for center, start, stop in zip(centers, first, last + 1, strict=True):
        places = np.arange(start, stop, dtype=np.float32) + half - center
        weights = np.maximum(np.float32(0), one - np.abs(places * (one / radius)))
        total = np.float32(0)
        for weight in weights:  # in turn, as np.sum does not
            total += weight
        values.append(weights * (one / total))
    columns = np.concatenate([np.arange(*span) for span in zip(first, last + 1, strict=True)])
    ends = np.concatenate([[0], np.cumsum(last + 1 - first)])
    return csr_array((np.concatenate(values), columns, ends), shape=(new_size, size))


def _shaped(image: np.ndarray, size: tuple[int, int], how: Resize) -> np.ndarray:
    """Return a picture with the aspect ratio that it is to have, nearly."""
    if how == "stretch" or image.shape[:2] == size:
        return image
    (height, width), (rows, columns) = image.shape[:2], size
    tall, wide = _rounded_down(width * rows, columns), _rounded_down(height * columns, rows)
    if how == "crop":
        kept, across = max(min(height, tall), 1), max(min(width, wide), 1)
        top, left = (height - kept) // 2, (width - across) // 2
        return image[top : top + kept, left : left + across]
    above, left = max(0, tall - height) // 2, max(0, wide - width) // 2
    padded = (height + 2 * above, width + 2 * left, image.shape[2])
    if padded[0] * padded[1] > MOST_PIXELS:
        raise DataError(
            f"a picture of {height}x{width} pixels would be padded to {padded[0]}x{padded[1]}; "
            "--resize crop or stretch takes it"
        )
    result = np.zeros(padded, np.uint8)
    result[above : above + height, left : left + width] = image
    return result


def _rounded_down(product: int, divisor: int) -> int:
    """Return their ratio as Keras's layer has it: in float32, of which 24 bits are exact."""
    if product < 1 << 24:
        return product // divisor
    return int(np.float32(product) / np.float32(divisor))

"""From a picture's file to its pixels: any of five formats, upright, grey or RGB, eight bits."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from datasets.errors import DataError, named, one_line

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
ENDINGS = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".gif", ".webp")
_GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N")
_PNG = b"\x89PNG\r\n\x1a\n"
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
            _check_sums(content)
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            image.load()
            if not _METADATA.isdisjoint(image.info):
                image = ImageOps.exif_transpose(image)
            return _pixels(image, channels)
    except Exception as error:  # the decoders raise what they like
        shown = name or ("the picture" if isinstance(source, bytes) else named(Path(source)))
        raise DataError(_refusal(shown, error)) from error


def _content(path: str | Path) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _check_sums(content: bytes) -> None:
    """Raise `ValueError` if a chunk of a PNG is not what its checksum says; Pillow does not look.

    A chunk is the length n of its data, four letters, the data, and the CRC-32 of both.
    """
    start, kind = len(_PNG), b""
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
        start = stop + 4


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


def resized(images: np.ndarray, size: tuple[int, int], how: Resize) -> np.ndarray:
    """Return pictures of one size brought to another, `[..., height, width, channels]` float32.

    Equal to `keras.layers.Resizing(*size, antialias=True)` of float32 pictures to the bit, with
    `pad_to_aspect_ratio` for "fit" and `crop_to_aspect_ratio` for "crop": bilinear, widened where a
    picture shrinks. An exported model does the same.

    Args:
        images: `[height, width, channels]` or `[batch, height, width, channels]` uint8.
        size: rows and columns.
        how: "fit" first adds black, at both sides alike, to reach the aspect ratio; "crop" first
            cuts off at both sides alike; "stretch" does neither.
    """
    import tensorflow as tf

    batch = images if images.ndim == 4 else images[np.newaxis]
    if how == "fit":
        batch = _padded(batch, size)
    elif how == "crop":
        batch = _cropped(batch, size)
    if batch.shape[1:3] == tuple(size):
        result = batch.astype(np.float32)
    else:
        # What tf.image.resize calls, which for one small picture takes longer than its work.
        result = tf.raw_ops.ScaleAndTranslate(
            images=batch,
            size=np.array(size, np.int32),
            scale=np.array(size, np.float32) / np.array(batch.shape[1:3], np.float32),
            translation=np.zeros(2, np.float32),
            kernel_type="triangle",
            antialias=True,
        ).numpy()
    return result if images.ndim == 4 else result[0]


def _at_ratio(shape: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int]:
    """Return the height that goes with a picture's width at the ratio, and the width."""
    (height, width), (rows, columns) = shape[1:3], size
    # In float32 and rounded down, as Keras's layer has it.
    return (
        int(np.float32(width * rows) / np.float32(columns)),
        int(np.float32(height * columns) / np.float32(rows)),
    )


def _padded(batch: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    _, height, width, _ = batch.shape
    tall, wide = _at_ratio(batch.shape, size)
    above, left = max(0, tall - height) // 2, max(0, wide - width) // 2
    return np.pad(batch, ((0, 0), (above, above), (left, left), (0, 0))) if above + left else batch


def _cropped(batch: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    _, height, width, _ = batch.shape
    tall, wide = _at_ratio(batch.shape, size)
    rows, columns = max(min(height, tall), 1), max(min(width, wide), 1)
    top, left = (height - rows) // 2, (width - columns) // 2
    return batch[:, top : top + rows, left : left + columns]

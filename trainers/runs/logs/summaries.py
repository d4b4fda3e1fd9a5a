"""What TensorBoard's summaries hold, made without an operation of TensorFlow's for each."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.plugins.histogram import metadata as histograms
from tensorboard.plugins.image import metadata as pictures
from tensorboard.plugins.pr_curve import metadata as curves
from tensorboard.util.tensor_util import make_tensor_proto

_BUCKETS = 30
# In 64 bits these stay in a core's cache: the rest of a large array is never copied.
_AT_A_TIME = 16_384


def image_pb(
    name: str, images: np.ndarray, title: str | None = None, description: str | None = None
) -> Summary:
    """Return what `tf.summary.image` writes of `[images, rows, columns, channels]`.

    Args:
        name: by which the pictures of several steps belong together.
        images: float in [0, 1], or uint8.
        title: what a page calls them; the name if there is none.
        description: what it says of them, in Markdown.
    """
    pixels = tf.image.convert_image_dtype(images, tf.uint8, saturate=True)
    sides = [str(side) for side in images.shape[2:0:-1]]
    parts = np.array([*sides, *tf.image.encode_png(pixels).numpy()], np.object_)
    return _summary(name, parts, pictures.create_summary_metadata(title, description))


def histogram_pb(name: str, values: np.ndarray, description: str | None = None) -> Summary:
    """Return what `tf.summary.histogram` writes of values of any shape."""
    return _summary(name, buckets(values), histograms.create_summary_metadata(None, description))


def precision_recall_pb(name: str, counts: np.ndarray, description: str | None = None) -> Summary:
    """Return what TensorBoard's page of precision and recall reads.

    Args:
        name: of the class that is told from all others.
        counts: `[4, thresholds]`, of thresholds from 0 to 1 at even distances the true positives,
            false positives, true negatives and false negatives.
        description: what the page says of it, in Markdown.
    """
    found, wrong, _, missed = counts
    rows = [*counts, _share(found, found + wrong), _share(found, found + missed)]
    metadata = curves.create_summary_metadata(None, description or "", counts.shape[1])
    return _summary(name, np.stack(rows).astype(np.float32), metadata)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def _summary(name: str, values: np.ndarray, metadata: SummaryMetadata) -> Summary:
    tensor = make_tensor_proto(values)
    return Summary(value=[Summary.Value(tag=name, metadata=metadata, tensor=tensor)])


def buckets(values: np.ndarray) -> np.ndarray:
    """Return what `tf.summary.histogram` keeps of values: how many lie in 30 buckets.

    The buckets divide the range from the least value to the largest evenly, and each is open at
    its right end but the last. Values that are all equal lie in the last one, where both ends of
    each are that value. No bucket has a value that is not a number, nor an infinite one.

    Args:
        values: any shape, of integers, truth values or floating point.

    Returns:
        `[30, 3]`, float64: left end, right end, number of values; zeros where there is no value.
    """
    flat = np.asarray(values).reshape(-1)
    if not flat.size:
        return np.zeros((_BUCKETS, 3))
    low, high = float(flat.min()), float(flat.max())
    with np.errstate(all="ignore"):
        width = np.float64(high - low) / _BUCKETS
        if width == 0:
            edges, counts = np.full(_BUCKETS + 1, high), np.zeros(_BUCKETS)
            counts[-1] = flat.size
        else:
            edges, counts = np.linspace(low, high, _BUCKETS + 1), _counted(flat, low, width)
            edges[0] = low  # where the range is infinite, 0 times it is not a number
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


def _counted(flat: np.ndarray, low: float, width: np.float64) -> np.ndarray:
    counts = np.zeros(_BUCKETS + 1, np.int64)
    for start in range(0, flat.size, _AT_A_TIME):
        places = flat[start : start + _AT_A_TIME].astype(np.float64)
        places -= low
        places /= width
        if not np.isfinite(width):
            places = places[places >= 0]
        counts += np.bincount(places.astype(np.intp), minlength=_BUCKETS + 1)
    # The largest value itself, and what rounding moved beside it.
    counts[-2] += counts[-1]
    return counts[:-1]

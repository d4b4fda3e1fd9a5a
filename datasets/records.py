"""Reading a split's records in large batches, in which order, and which file is damaged."""

import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from datasets.errors import PREPARE_ELSEWHERE, DataError, DataOptionError, one_line
from datasets.partition import Source
from datasets.silence import quiet_log

BATCH_BYTES = 1 << 25
MAX_BATCH_EXAMPLES = 4096

# Of TFDS's own, where keys are 0, 1, 2, ... in the order of the files that examples come from.
_NUMBERED = ("tensorflow_datasets.image_classification.mnist", "MNIST._generate_examples")


def read_batches(
    name: str,
    builder: Any,
    source: Source,
    keys: tuple[str, ...],
    example_bytes: int,
    image_shape: tuple[int, ...] | None = None,
    encoded: bool = False,
) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield arrays of the features `keys`, decoded in parallel, in an order that never changes.

    Args:
        name: the dataset's, for messages.
        builder: a prepared TFDS builder.
        source: the builder's split to read.
        keys: features to decode; all others are skipped.
        example_bytes: bytes of one decoded example; batches hold about 32 MiB.
        image_shape: `(height, width, channels)` where `keys[0]` is a uint8 image, else None.
        encoded: whether `keys[0]` is an image that is yielded as its file's content.

    Raises:
        DataError: a record is damaged or of another shape, or their number is not
            `source.size`; names the file.
    """
    import tensorflow as tf
    import tensorflow_datasets as tfds

    batch_examples = min(MAX_BATCH_EXAMPLES, math.ceil(BATCH_BYTES / max(1, example_bytes)))
    cores, count = os.cpu_count() or 1, 0
    try:
        with quiet_log():
            records = builder.as_dataset(
                split=source.name,
                shuffle_files=False,
                decoders=tfds.decode.PartialDecoding(
                    dict.fromkeys(keys, True),
                    decoders={keys[0]: tfds.decode.SkipDecoding()}
                    if image_shape or encoded
                    else None,
                ),
                read_config=tfds.ReadConfig(try_autocache=False),
            )
        if image_shape:
            records = records.map(
                as_written(
                    lambda record: record | {keys[0]: _decode_image(record[keys[0]], image_shape)}
                ),
                num_parallel_calls=cores,
            )
        records = records.batch(batch_examples, num_parallel_calls=cores).prefetch(1)
        for batch in untuned(records).as_numpy_iterator():
            count += len(batch[keys[0]])
            if count > source.size:
                break  # more than there is room for
            yield tuple(batch[key] for key in keys)
    except (tf.errors.OpError, ValueError, KeyError) as error:
        if isinstance(error, DataError):
            raise
        declared = ", ".join(f"{key}={builder.info.features[key]!r}" for key in keys)
        reason = f"{one_line(error)} Declared are {' '.join(declared.split())}"
        raise _damaged(name, builder, source, reason) from error
    if count != source.size:
        at_least = "at least " if count > source.size else ""
        found = f"found {at_least}{count} records, expected {source.size}"
        raise _damaged(name, builder, source, found)


def source_places(name: str, builder: Any, source: Source) -> np.ndarray:
    """Return each record's place in the files that the builder read, `[n]` of 0 to n - 1.

    TensorFlow Datasets stores records by the hash of their keys and the split's name, and the keys
    are not stored. Where they are the numbers 0 to n - 1, sorting their hashes tells of each record
    which number it had.

    Args:
        name: the dataset's, for messages.
        builder: a prepared TFDS builder.
        source: the builder's split that is read.

    Raises:
        DataOptionError: the builder's keys are others, or its records lie in several files, which
            are read in turns.
    """
    from tensorflow_datasets.core.hashing import Hasher

    if builder.info.disable_shuffling:
        return np.arange(source.size)
    made_by = getattr(type(builder), "_generate_examples", None)
    known = (getattr(made_by, "__module__", ""), getattr(made_by, "__qualname__", "")) == _NUMBERED
    known = known or getattr(builder, "NUMBERED_KEYS", False)
    if not known or len(builder.info.splits[source.name].shard_lengths) != 1:
        raise DataOptionError(
            f"held_out is 'last', and the order of {name!r} before it was prepared is not known; "
            "known is that of mnist, fashion_mnist and kmnist, of embedded data, of tables and of "
            "arrays; leave --held-out out"
        )
    key_hash = Hasher(source.name).hash_key
    return np.array(sorted(range(source.size), key=key_hash), np.int64)


def untuned(records: Any) -> Any:
    """Return a `tf.data.Dataset` that is read with the parallelism it was given.

    With its tuner on, TensorFlow 2.21 ends an iterator only when the tuner's thread wakes, and
    that thread sleeps twice as long each time, up to a minute: an epoch's end, or a garbage
    collection anywhere, then stands still for as long as the iterator has lived.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return records.with_options(options)


def as_written(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that tf.data calls without AutoGraph.

    AutoGraph would rewrite it in a file, and leave the bytecode in the temporary folder.
    """
    import tensorflow as tf

    return tf.autograph.experimental.do_not_convert(function)


def _decode_image(encoded: Any, shape: tuple[int, ...]) -> Any:
    """Decode a uint8 image and check its shape.

    TFDS only declares the shape, and its batching believes it: an image of another shape would
    come out in the declared one without an error. Files of grey or transparent images are made
    the declared RGB, as TFDS does; colours are not made grey.
    """
    import tensorflow as tf

    channels = 0 if shape[-1] == 1 else shape[-1]  # 0: as many as the file has
    image = tf.io.decode_image(encoded, channels=channels, expand_animations=False)
    return tf.ensure_shape(image, shape)


def _damaged(name: str, builder: Any, source: Source, otherwise: str) -> DataError:
    where = _damaged_file(builder, source.name) or f"split {source.name!r}: {otherwise}"
    return DataError(f"dataset {name!r} is damaged: {where}; {PREPARE_ELSEWHERE}")


def _damaged_file(builder: Any, split: str) -> str | None:
    """Read every file of a split for its checksums and record count; describe the first bad one."""
    import tensorflow as tf

    info = builder.info.splits[split]
    for path, expected in zip(info.filepaths, info.shard_lengths, strict=True):
        try:
            records = tf.data.TFRecordDataset(str(path))
            found = int(records.reduce(np.int64(0), lambda count, _: count + 1).numpy())
        except tf.errors.OpError as error:
            return f"{path} of split {split!r}: {one_line(error, limit=120)}"
        if found != expected:
            return f"{path} of split {split!r} holds {found} records, expected {expected}"
    return None

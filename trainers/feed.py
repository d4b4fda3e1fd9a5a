"""Where update number n finds its examples: which tensors, which order, which offset.

The order of epoch e is a pure function of (seed, e), so a position is just a step number, and
resuming in the middle of an epoch needs nothing but that number. Resident splits are tensors
indexed by the epoch's permutation; streamed ones arrive as chunks that already lie in its order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

import datasets
from trainers.steps import Batch

# Memory of one streamed chunk; one more is being read ahead.
_CHUNK_BYTES = 256 * 2**20


class Stretch(NamedTuple):
    """Updates that one compiled call can do: `length` of them from `first` on in `order`."""

    data: Batch
    order: tf.Tensor
    batch_size: int
    first: int
    length: int


def resident(split: datasets.Split) -> Batch:
    """Copy a split onto the device once."""
    return Batch(*(tf.constant(array) for array in (split.inputs, split.targets, split.weights)))


def steps_per_epoch(size: int, batch_size: int, contiguous: bool) -> int:
    """Return the updates of one epoch; streams of contiguous text have no smaller last batch."""
    return size // batch_size if contiguous else -(-size // batch_size)


class Feed:
    """The training examples of a run, addressed by step number.

    Args:
        split: the training split.
        batch_size: examples per update; an epoch's last update takes what is left.
        seed: fixes the order of every epoch.
        contiguous: examples continue each other, so that every row of a batch is a stream; what
            does not fill a batch is left out of the epoch.
    """

    @classmethod
    def of(cls, dataset: datasets.Dataset, batch_size: int, seed: int) -> Feed:
        """Return the feed of a dataset's training split."""
        return cls(dataset.splits["train"], batch_size, seed, contiguous=dataset.contiguous)

    def __init__(
        self, split: datasets.Split, batch_size: int, seed: int, *, contiguous: bool = False
    ) -> None:
        self._split, self._seed = split, seed
        self.batch_size = batch_size
        self.full_batches, self.remainder = divmod(split.size, batch_size)
        self._contiguous = contiguous
        self.steps_per_epoch = steps_per_epoch(split.size, batch_size, contiguous)
        self._data = resident(split) if split.resident else None
        self._epoch = -1
        self._order = np.zeros(0, np.int32)
        self._order_tensor = tf.zeros([0], tf.int32)
        example_bytes = max(1, split.nbytes // split.size)
        self._chunk_batches = max(1, _CHUNK_BYTES // (example_bytes * batch_size))
        self._chunks: Iterator[Batch] | None = None
        self._chunk: Batch | None = None
        self._chunk_first, self._next_batch = 0, -1

    def stretch(self, step: int, most: int) -> Stretch:
        """Return up to `most` updates starting at global step `step`, all of one batch size."""
        epoch, batch = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._order = self._epoch_order(epoch)
            self._order_tensor = tf.constant(self._order)
            self._epoch, self._chunks, self._next_batch = epoch, None, -1
        if self._data is None:
            return self._streamed(batch, most)
        if batch == self.full_batches:
            tail = self._order_tensor[batch * self.batch_size :]
            return Stretch(self._data, tail, self.remainder, 0, 1)
        count = min(most, self.full_batches - batch)
        return Stretch(self._data, self._order_tensor, self.batch_size, batch, count)

    def _epoch_order(self, epoch: int) -> np.ndarray:
        if self._contiguous:
            return datasets.stream_order(self._split.size, self.batch_size, self._seed, epoch)
        return datasets.epoch_order(self._split.size, self._seed, epoch)

    def _streamed(self, batch: int, most: int) -> Stretch:
        if self._chunks is None or batch != self._next_batch:
            rest = self._order[batch * self.batch_size :]
            per_chunk = self._chunk_batches * self.batch_size
            self._chunks = (Batch(*c) for c in datasets.chunks(self._split, rest, per_chunk))
            self._chunk = None
        if self._chunk is None:
            self._chunk, self._chunk_first = next(self._chunks), batch
        size = int(self._chunk.inputs.shape[0])
        done = batch - self._chunk_first
        left = size // self.batch_size - done
        order = tf.range(size)
        if left > 0:
            stretch = Stretch(self._chunk, order, self.batch_size, done, min(most, left))
        else:
            stretch = Stretch(self._chunk, order[done * self.batch_size :], self.remainder, 0, 1)
        self._next_batch = batch + stretch.length
        if (self._next_batch - self._chunk_first) * self.batch_size >= size:
            self._chunk = None
        return stretch

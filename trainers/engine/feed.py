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
from trainers.distribution import replicas
from trainers.engine.batch import Batch, resident
from trainers.engine.length import steps_per_epoch

# Memory of one streamed chunk; up to three more are being read ahead.
_CHUNK_BYTES = datasets.CHUNK_BYTES
# A call costs about a millisecond beside its updates: short epochs are put one behind the other,
# until they have so many examples or are so many.
_ORDER_EXAMPLES, _ORDER_EPOCHS = 2**15, 256


class Stretch(NamedTuple):
    """Updates that one compiled call can do: `length` of them from `first` on in `order`."""

    data: Batch
    order: tf.Tensor
    batch_size: int
    first: int
    length: int


class Feed:
    """The training examples of a run, addressed by step number.

    Args:
        split: the training split.
        batch_size: examples per update; an epoch's last update takes what is left.
        seed: fixes the order of every epoch.
        contiguous: examples continue each other, so that every row of a batch is a stream; what
            does not fill a batch is left out of the epoch.
        varied: every example brings the words by which it is varied in its epoch.
        by_length: batches hold sequences of like length.
    """

    @classmethod
    def of(
        cls,
        dataset: datasets.Dataset,
        batch_size: int,
        seed: int,
        *,
        varied: bool = False,
        by_length: bool = False,
    ) -> Feed:
        """Return the feed of a dataset's training split."""
        return cls(
            dataset.splits["train"],
            batch_size,
            seed,
            contiguous=dataset.contiguous,
            varied=varied,
            by_length=by_length,
        )

    def __init__(
        self,
        split: datasets.Split,
        batch_size: int,
        seed: int,
        *,
        contiguous: bool = False,
        varied: bool = False,
        by_length: bool = False,
    ) -> None:
        self._split, self._seed = split, seed
        self.batch_size = batch_size
        self.full_batches, self.remainder = divmod(split.size, batch_size)
        self._contiguous, self._varied = contiguous, varied
        self._lengths = split.lengths if by_length else None
        self.steps_per_epoch = steps_per_epoch(split.size, batch_size, contiguous)
        self._data = replicas.spread(resident(split)) if split.resident else None
        # Words are of one epoch, and a smaller last batch is a call of its own.
        joined = self._data is not None and not varied and self.steps_per_epoch == self.full_batches
        most = min(_ORDER_EXAMPLES // split.size, _ORDER_EPOCHS)
        self._epochs = max(1, most) if joined else 1
        self._epoch = -1
        self._order = np.zeros(0, np.int32)
        self._order_tensor = tf.zeros([0], tf.int32)
        self._words = np.zeros([0, datasets.WORDS], np.int32)
        example_bytes = max(1, split.nbytes // split.size)
        self._chunk_batches = max(1, _CHUNK_BYTES // (example_bytes * batch_size))
        self._chunks: Iterator[Stretch] | None = None
        self._chunk: Stretch | None = None
        self._next_batch = -1

    def batch_size_at(self, step: int) -> int:
        """Return the examples of the update after `step` of them: fewer at an epoch's end."""
        last = step % self.steps_per_epoch == self.full_batches
        return self.remainder if last else self.batch_size

    def stretch(self, step: int, most: int) -> Stretch:
        """Return up to `most` updates starting at global step `step`, all of one batch size.

        Several epochs of a resident split without a smaller last batch are one order, always of
        the same length, so that the loop is compiled once.
        """
        window, batch = divmod(step, self._epochs * self.steps_per_epoch)
        epoch = window * self._epochs
        if epoch != self._epoch:
            orders = [self._epoch_order(epoch + i) for i in range(self._epochs)]
            self._order = np.concatenate(orders)
            self._order_tensor = tf.constant(self._order)
            self._epoch, self._chunks, self._next_batch = epoch, None, -1
            if self._varied:
                self._draw(epoch)
        if self._data is None:
            return self._streamed(batch, most)
        full_batches = self._epochs * self.full_batches
        if batch == full_batches:
            tail = self._order_tensor[batch * self.batch_size :]
            return Stretch(self._data, tail, self.remainder, 0, 1)
        count = min(most, full_batches - batch)
        return Stretch(self._data, self._order_tensor, self.batch_size, batch, count)

    def _draw(self, epoch: int) -> None:
        self._words = datasets.epoch_words(self._split.size, self._seed, epoch)
        if self._data is not None:
            self._data = self._data._replace(words=replicas.spread(tf.constant(self._words)))

    def _epoch_order(self, epoch: int) -> np.ndarray:
        if self._contiguous:
            return datasets.stream_order(self._split.size, self.batch_size, self._seed, epoch)
        if self._lengths is not None:
            return datasets.bucketed_order(self._lengths, self.batch_size, self._seed, epoch)
        return datasets.epoch_order(self._split.size, self._seed, epoch)

    def _streamed(self, batch: int, most: int) -> Stretch:
        if self._chunks is None or batch != self._next_batch:
            self._chunks, self._chunk = self._read(batch), None
        chunk = self._chunk or next(self._chunks)
        stretch = chunk._replace(length=min(most, chunk.length))
        left = chunk.length - stretch.length
        self._chunk = chunk._replace(first=chunk.first + stretch.length, length=left)
        if not left:
            self._chunk = None
        self._next_batch = batch + stretch.length
        return stretch

    def _read(self, batch: int) -> Iterator[Stretch]:
        """Yield the epoch's chunks from a batch on, each with its rows of this process alone.

        The order of a chunk names every row of a batch, so that a replica finds its share where
        it is in the whole; rows that other processes read are -1.
        """
        start = batch * self.batch_size
        whole = self._order[start : self.full_batches * self.batch_size]
        yield from self._chunks_of(whole, self.batch_size)
        if self.steps_per_epoch > self.full_batches:
            yield from self._chunks_of(
                self._order[len(self._order) - self.remainder :], self.remainder
            )

    def _chunks_of(self, rows: np.ndarray, size: int) -> Iterator[Stretch]:
        if not len(rows):
            return
        positions = replicas.local_positions(size)
        own = rows.reshape(-1, size)[:, positions].reshape(-1)
        # A process with an empty share still takes part in the update: one row stands by.
        per_batch, own = (len(positions), own) if len(own) else (1, rows[::size])
        most = self._chunk_batches * per_batch
        for i, chunk in enumerate(datasets.chunks(self._split, own, most)):
            batches = int(chunk[0].shape[0]) // per_batch
            order = np.full((batches, size), -1, np.int32)
            order[:, positions] = np.arange(batches * len(positions)).reshape(batches, -1)
            data = Batch(*chunk)
            numbers = own[i * most : (i + 1) * most]
            if self._contiguous:
                data = data._replace(numbers=tf.constant(numbers, tf.int32))
            if self._varied:
                data = data._replace(words=tf.constant(self._words[numbers]))
            data = replicas.spread(data)
            yield Stretch(data, tf.constant(order.reshape(-1)), size, 0, batches)

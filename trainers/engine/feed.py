"""Where update number n finds its examples: which tensors, which order, which offset.

The order of epoch e is a pure function of (seed, e), so a position is just a step number, and
resuming in the middle of an epoch needs nothing but that number. Resident splits are tensors
indexed by the epoch's permutation; streamed ones arrive as chunks of it, each in the order of the
file, in which rows are found fastest, and indexed by where its rows then are.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

import datasets
from trainers.distribution import replicas
from trainers.engine.batch import Batch, resident
from trainers.engine.length import steps_per_epoch

# Memory of one streamed chunk, or more where the budget allows it.
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


class _Part(NamedTuple):
    """One chunk to come: its rows, ascending, and where those of every batch are among them."""

    rows: np.ndarray
    order: np.ndarray
    batch_size: int
    words: np.ndarray


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
        self._order_tensor = tf.zeros([0], tf.int32)
        self._chunk_batches = self._batches_per_chunk()
        # Told here, where the strategy's scope is known: a thread that reads ahead has none.
        sizes = (self.batch_size, self.remainder)
        self._positions = {size: replicas.local_positions(size) for size in sizes}
        self._chunks: Iterator[Stretch] | None = None
        self._chunk: Stretch | None = None
        self._next_step = -1

    def batch_size_at(self, step: int) -> int:
        """Return the examples of the update after `step` of them: fewer at an epoch's end."""
        last = step % self.steps_per_epoch == self.full_batches
        return self.remainder if last else self.batch_size

    def stretch(self, step: int, most: int) -> Stretch:
        """Return up to `most` updates starting at global step `step`, all of one batch size.

        Several epochs of a resident split without a smaller last batch are one order, always of
        the same length, so that the loop is compiled once.
        """
        if self._data is None:
            return self._streamed(step, most)
        window, batch = divmod(step, self._epochs * self.steps_per_epoch)
        epoch = window * self._epochs
        if epoch != self._epoch:
            orders = [self._epoch_order(epoch + i) for i in range(self._epochs)]
            self._order_tensor = tf.constant(np.concatenate(orders))
            self._epoch = epoch
            if self._varied:
                words = tf.constant(self._epoch_words(epoch))
                self._data = self._data._replace(words=replicas.spread(words))
        full_batches = self._epochs * self.full_batches
        if batch == full_batches:
            tail = self._order_tensor[batch * self.batch_size :]
            return Stretch(self._data, tail, self.remainder, 0, 1)
        count = min(most, full_batches - batch)
        return Stretch(self._data, self._order_tensor, self.batch_size, batch, count)

    def _batches_per_chunk(self) -> int:
        """Return how many batches a chunk has, so that all of an epoch are about as large."""
        example_bytes = max(1, self._split.nbytes // self._split.size)
        wanted = datasets.chunk_bytes(self._split, _CHUNK_BYTES)
        most = max(1, wanted // (example_bytes * self.batch_size))
        chunks = max(1, -(-self.full_batches // most))
        return max(1, -(-self.full_batches // chunks))

    def _epoch_words(self, epoch: int) -> np.ndarray:
        return datasets.epoch_words(self._split.size, self._seed, epoch)

    def _epoch_order(self, epoch: int) -> np.ndarray:
        if self._contiguous:
            return datasets.stream_order(self._split.size, self.batch_size, self._seed, epoch)
        if self._lengths is not None:
            return datasets.bucketed_order(self._lengths, self.batch_size, self._seed, epoch)
        return datasets.epoch_order(self._split.size, self._seed, epoch)

    def _streamed(self, step: int, most: int) -> Stretch:
        if self._chunks is None or step != self._next_step:
            # What was read ahead goes first: both would not fit into the budget.
            self._chunks = self._chunk = None
            self._chunks = self._read(*divmod(step, self.steps_per_epoch))
        chunk, self._chunk = self._chunk or next(self._chunks), None
        stretch = chunk._replace(length=min(most, chunk.length))
        left = chunk.length - stretch.length
        if left:
            self._chunk = chunk._replace(first=chunk.first + stretch.length, length=left)
        self._next_step = step + stretch.length
        return stretch

    def _read(self, epoch: int, batch: int) -> Iterator[Stretch]:
        """Yield the chunks from a batch of an epoch on, without end.

        The first of an epoch is read while the last of the one before is in use.
        """
        parts, begun = self._parts(epoch, batch), collections.deque[_Part]()

        def rows() -> Iterator[np.ndarray]:
            for part in parts:
                begun.append(part)
                yield part.rows

        chunks = datasets.read_ahead(self._split, rows())
        while True:
            # No name but the caller's may hold a chunk while the next ones are read.
            yield self._stretch(next(chunks), begun.popleft())

    def _stretch(self, chunk: tuple[tf.Tensor, ...], part: _Part) -> Stretch:
        data = Batch(*chunk)
        if self._contiguous:
            data = data._replace(numbers=tf.constant(part.rows, tf.int32))
        if self._varied:
            data = data._replace(words=tf.constant(part.words[part.rows]))
        batches = len(part.order) // part.batch_size
        order = tf.constant(part.order)
        return Stretch(replicas.spread(data), order, part.batch_size, 0, batches)

    def _parts(self, epoch: int, batch: int) -> Iterator[_Part]:
        while True:
            order = self._epoch_order(epoch)
            words = self._epoch_words(epoch) if self._varied else np.zeros([0, 0], np.int32)
            full = self.full_batches * self.batch_size
            yield from self._parts_of(order[batch * self.batch_size : full], self.batch_size, words)
            if self.steps_per_epoch > self.full_batches:
                yield from self._parts_of(order[full:], self.remainder, words)
            epoch, batch = epoch + 1, 0

    def _parts_of(self, rows: np.ndarray, size: int, words: np.ndarray) -> Iterator[_Part]:
        """Yield the chunks of some batches, each with its rows of this process alone.

        The order of a chunk names every row of a batch, so that a replica finds its share where
        it is in the whole; rows that other processes read are -1.
        """
        positions = self._positions[size]
        batches = rows.reshape(-1, size)
        for start in range(0, len(batches), self._chunk_batches):
            chunk = batches[start : start + self._chunk_batches]
            # A process with an empty share still takes part in the update: one row stands by.
            own = chunk[:, positions] if len(positions) else chunk[:, :1]
            ascending = np.argsort(own, axis=None)
            places = np.empty(own.size, np.int32)
            places[ascending] = np.arange(own.size)
            order = np.full(chunk.shape, -1, np.int32)
            order[:, positions] = places.reshape(own.shape)[:, : len(positions)]
            yield _Part(own.reshape(-1)[ascending], order.reshape(-1), size, words)

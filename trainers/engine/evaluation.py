"""Exact means of loss and metric over a split, without padding and without training."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

import datasets
from trainers.distribution import replicas
from trainers.engine import pauses
from trainers.engine.batch import Batch, resident
from trainers.engine.compiling import choose_evaluation, compiled
from trainers.engine.length import CallLength
from trainers.engine.step import Step
from trainers.engine.totals import Totals

_EXAMPLES_PER_CALL = 512


class Evaluation:
    """Evaluate splits with the weights a step holds at that moment.

    Args:
        step: knows the loss and the metric.
        mode: "xla", "graph" or "eager".
        by_length: sort sequences by their lengths, so that few steps of padding are computed.
    """

    def __init__(self, step: Step, mode: str, *, by_length: bool = False) -> None:
        self._step, self._mode, self._by_length = step, mode, by_length
        self._compiled: dict[tuple[int, str], Callable] = {}
        self._lengths: dict[int, CallLength] = {}
        # Keyed by id. The split is kept too: if it were freed, another one could get the same id.
        self._resident: dict[int, tuple[datasets.Split, Batch]] = {}

    def measure(self, split: datasets.Split) -> dict[str, float]:
        """Return the means over every prediction of `split`.

        A split's masks add figures of their own: `memory_loss` and `memory_accuracy` for a mask
        called "memory" are means over the predictions that it marks.
        """
        with self._step.weights.averaged():
            result = self._means(split, None)
            for name, mask in split.masks.items():
                means = self._means(split, mask)
                result |= {f"{name}_{key}": value for key, value in means.items()}
        return result

    def _means(self, split: datasets.Split, mask: np.ndarray | None) -> dict[str, float]:
        totals = Totals(self._step.names)
        for data, size in self._parts(split, mask):
            # Equal batches, the last one filled up: a smaller one would be compiled once more.
            count = -(-size // _EXAMPLES_PER_CALL)
            totals.add(*self._sums(data, -(-size // count), count))
        return self._step.figures(totals.means)

    def _sums(self, data: Batch, batch_size: int, count: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the sums over `count` batches, the same in however many calls they are done."""
        mode = choose_evaluation(self._mode, self._step.model, count)
        function = self._function(batch_size, mode)
        sums, weight = tf.zeros([len(self._step.names)], tf.float64), tf.zeros([], tf.float64)
        for done, some in pauses.calls(count, self._lengths.setdefault(batch_size, CallLength())):
            start = tf.constant(done * batch_size)
            sums, weight = function(data, start, tf.constant(some), sums, weight)
            float(weight)  # waits for the result
        return sums, weight

    def _parts(self, split: datasets.Split, mask: np.ndarray | None) -> Iterator[tuple[Batch, int]]:
        order = np.arange(split.size, dtype=np.int32)
        if self._by_length and split.lengths is not None:
            order = np.argsort(split.lengths, kind="stable").astype(np.int32)
        if split.resident:
            key = id(split)
            if key not in self._resident:
                data = resident(split)
                data = data.rows(order) if self._by_length else data
                self._resident[key] = (split, replicas.spread(data))
            data = self._resident[key][1]
            if mask is not None:
                data = data._replace(weights=replicas.spread(datasets.as_tensor(mask[order])))
            yield data, split.size
            return
        call_bytes = _EXAMPLES_PER_CALL * max(1, split.nbytes // split.size)
        size = _EXAMPLES_PER_CALL * max(1, datasets.CHUNK_BYTES // call_bytes)
        for i, chunk in enumerate(datasets.chunks(split, order, size)):
            data = Batch(*chunk)
            if mask is not None:
                data = data._replace(weights=tf.constant(mask[order[i * size : (i + 1) * size]]))
            yield replicas.spread(data), int(data.inputs.shape[0])

    def _function(self, batch_size: int, mode: str) -> Callable:
        if (batch_size, mode) not in self._compiled:
            step = self._step

            def share(data: Batch, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                own = replicas.own(rows)
                sums, weight = tf.zeros([len(step.names)], tf.float64), tf.zeros([], tf.float64)
                if own.shape[0]:
                    sums, weight = step.evaluate(_counted(data, own))
                return replicas.total(sums), replicas.total(weight)

            def measure(
                data: Batch, first: tf.Tensor, count: tf.Tensor, sums: tf.Tensor, weight: tf.Tensor
            ) -> tuple[tf.Tensor, tf.Tensor]:
                def more(i: tf.Tensor, sums: tf.Tensor, weight: tf.Tensor) -> tuple[tf.Tensor, ...]:
                    rows = first + i * batch_size + tf.range(batch_size)
                    batch_sums, batch_weight = replicas.run(share, data, rows)
                    return i + 1, sums + batch_sums, weight + batch_weight

                start = tf.constant(0), sums, weight
                _, sums, weight = tf.while_loop(lambda i, *_: i < count, more, start)
                return sums, weight

            self._compiled[batch_size, mode] = compiled(measure, mode)
        return self._compiled[batch_size, mode]


def _counted(data: Batch, rows: tf.Tensor) -> Batch:
    """Return the examples at `rows`; for those behind the last one stands it, with no weight."""
    last = tf.shape(data.weights)[0] - 1
    batch = data.rows(tf.minimum(rows, last))
    counts = tf.reshape(rows <= last, [-1] + [1] * (data.weights.shape.rank - 1))
    return batch._replace(weights=tf.where(counts, batch.weights, 0))

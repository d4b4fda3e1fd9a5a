"""The loop: many updates inside one compiled call; Python never sits between two of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from trainers.distribution import replicas
from trainers.engine.batch import Batch
from trainers.engine.compiling import as_raised, choose_last, compiled
from trainers.engine.feed import Feed
from trainers.engine.step import Step, Until
from trainers.engine.totals import Totals
from trainers.engine.update import update

Compiled = Callable[..., tuple[tf.Tensor, ...]]
_Traced = tf.types.experimental.PolymorphicFunction


class Call(NamedTuple):
    """What one compiled call did.

    updates, batch_size: so many updates on so many examples each.
    sums, weight: of the step's figures, over all of them.
    bad_step: the number of the first update whose loss was not finite, counted from 1, or None.
    seconds: it took, with the examples' way to the device.
    input_seconds: of these, waiting for the examples.
    is_first: whether it was traced, and perhaps compiled, before it ran.
    """

    updates: int
    batch_size: int
    sums: tf.Tensor
    weight: tf.Tensor
    bad_step: int | None
    seconds: float
    input_seconds: float = 0.0
    is_first: bool = False

    @property
    def examples(self) -> int:
        """The number of examples."""
        return self.updates * self.batch_size


class Loop:
    """Run a step over a feed of examples.

    Args:
        step: what one update does.
        mode: "xla", "graph" or "eager".
        until: what may end a call before its last update, or None.
    """

    def __init__(self, step: Step, mode: str, until: Until | None = None) -> None:
        self.step, self.mode, self._until = step, mode, until
        # One trace per batch size: an epoch has full batches and perhaps one smaller last one.
        self._compiled: dict[tuple[int, str], Compiled] = {}

    def train(self, feed: Feed, first: int, last: int) -> Totals:
        """Do the updates after `first` up to number `last`, and return their totals."""
        totals, done = Totals(self.step.names), first
        while done < last:
            call = self.advance(feed, done, last - done)
            totals.add(call.sums, call.weight)
            done += call.updates
        return totals

    def advance(self, feed: Feed, done: int, most: int) -> Call:
        """Do up to `most` updates in one compiled call, where `done` of the run are done.

        Fewer are done where the feed's next examples end: at a smaller last batch of an epoch, or
        where one order ends; and where the training does.
        """
        started, traces = time.perf_counter(), self._traces()
        stretch = feed.stretch(done, most)
        waited = time.perf_counter() - started
        mode = self.mode
        if stretch.batch_size < feed.batch_size:
            mode = choose_last(mode, self.step.model, feed.full_batches)
        sums, weight, bad, updates = self._call(*stretch, mode)
        bad_step = None if bad < 0 else done + bad - stretch.first + 1
        seconds, is_first = time.perf_counter() - started, self._traces() > traces
        return Call(updates, stretch.batch_size, sums, weight, bad_step, seconds, waited, is_first)

    def run(
        self,
        data: Batch,
        order: tf.Tensor,
        batch_size: int,
        first: int,
        count: int,
        mode: str | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor, int]:
        """Do `count` updates; update i takes `order[i * batch_size : (i + 1) * batch_size]`.

        Args:
            data: the examples, resident on the device.
            order: int32 `[examples]`, indices into `data`.
            batch_size: examples of every update.
            first: the first update's number, counted from the start of `order`.
            count: how many updates.
            mode: "xla", "graph" or "eager"; None for the loop's own.

        Returns:
            Weighted sums `[figures]`, total weight `[]`, and the number of the first update whose
            loss was not finite (counted like `first`), or -1.
        """
        return self._call(data, order, batch_size, first, count, mode)[:3]

    def _call(
        self,
        data: Batch,
        order: tf.Tensor,
        batch_size: int,
        first: int,
        count: int,
        mode: str | None,
    ) -> tuple[tf.Tensor, tf.Tensor, int, int]:
        """Do what `run` says, and return behind it how many updates were done."""
        key = batch_size, mode or self.mode
        if key not in self._compiled:
            self._compiled[key] = compiled(self._updates(batch_size), key[1])
        function = self._compiled[key]
        with as_raised():
            found = function(data, order, tf.constant(first), tf.constant(count))
        sums, weight, bad, *last = found
        return sums, weight, int(bad), int(last[0]) - first if last else count

    def _traces(self) -> int:
        """Return how many calls were traced, or the first of an eager function."""
        functions = self._compiled.values()
        return sum(
            each.experimental_get_tracing_count() if isinstance(each, _Traced) else 1
            for each in functions
        )

    def _updates(self, batch_size: int) -> Compiled:
        step, until = self.step, self._until

        def one_update(data: Batch, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return update(step, data, indices)

        def updates(
            data: Batch, order: tf.Tensor, first: tf.Tensor, count: tf.Tensor
        ) -> tuple[tf.Tensor, ...]:
            def advanced(
                bad: tf.Tensor, i: tf.Tensor, sums: tf.Tensor, weight: tf.Tensor
            ) -> tuple[tf.Tensor, ...]:
                indices = tf.slice(order, [i * batch_size], [batch_size])
                step_sums, step_weight = replicas.run(one_update, data, indices)
                sums += step_sums
                weight += step_weight
                finite = tf.math.is_finite(tf.reduce_sum(step_sums))
                bad = tf.where((bad < 0) & ~finite, i, bad)
                i += 1
                return bad, i, sums, weight

            sums, weight = tf.zeros([len(step.names)], tf.float64), tf.zeros([], tf.float64)
            if until is not None:

                def advanced_or_over(_: tf.Tensor, *so_far: tf.Tensor) -> tuple[tf.Tensor, ...]:
                    done = advanced(*so_far)
                    # Read in the body, where it comes after what the update has written.
                    return until.reached(), *done

                _, bad, last, sums, weight = tf.while_loop(
                    lambda over, _, i, *__: ~over & (i < first + count),
                    advanced_or_over,
                    (tf.constant(False), tf.constant(-1), first, sums, weight),
                )
                return sums, weight, bad, last
            # Not over a `tf.range(...)`: XLA would compile that anew for every `count`. TensorFlow
            # rewrites the graph by the order of these values: another one changes last bits.
            bad, _, sums, weight = tf.while_loop(
                lambda _, i, *__: i < first + count,
                advanced,
                (tf.constant(-1), first, sums, weight),
            )
            return sums, weight, bad

        return updates

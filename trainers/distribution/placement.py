"""A run's place in the computation: which strategy, which worker, and what all workers agree on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from trainers.distribution import cluster as clusters
from trainers.distribution import replicas
from trainers.distribution.peer_watch import PeerWatch
from trainers.distribution.watchdog import Watchdog
from trainers.errors import PeerError

_LOST = (
    tf.errors.UnavailableError,
    tf.errors.DeadlineExceededError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.InternalError,
    tf.errors.FailedPreconditionError,
    tf.errors.UnknownError,
)


@dataclass(frozen=True)
class Placement:
    """A strategy, or None for one device, and this process's part in it."""

    strategy: tf.distribute.Strategy | None = None
    device: str | None = None
    cluster: clusters.Cluster | None = None
    watchdog: Watchdog | None = None
    peer_watch: PeerWatch | None = None

    @property
    def workers(self) -> int:
        """The number of processes that train together."""
        return len(self.cluster.addresses) if self.cluster else 1

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes."""
        return self.cluster is None or self.cluster.index == 0

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """Build and train inside this scope.

        Raises:
            PeerError: a worker is lost meanwhile; TensorFlow tells so by errors of its own.
        """
        device = tf.device(self.device) if self.device else contextlib.nullcontext()
        with self.strategy.scope() if self.strategy else device:
            try:
                yield
                if self.peer_watch:
                    self.peer_watch.part()
            except _LOST as error:
                if self.workers == 1:
                    raise
                lost = self.peer_watch.lost if self.peer_watch else f"one of {self.workers} workers"
                raise PeerError.lost(lost, type(error).__name__) from error
            finally:
                if self.watchdog:
                    self.watchdog.stop()
                if self.peer_watch:
                    self.peer_watch.stop()

    def barrier(self) -> None:
        """Return once every worker has come here."""
        self._sum([0.0])

    def any(self, flag: bool) -> bool:
        """Return whether `flag` is true in any worker."""
        return bool(self._sum([flag])[0])

    def from_chief(self, number: float) -> float:
        """Return the chief's `number`, to every worker."""
        return float(self._sum([number if self.is_chief else 0.0])[0])

    def all_equal(self, number: int) -> bool:
        """Return whether all workers have one `number`, of less than 2^20."""
        total, squares = self._sum([number, number**2])
        # Equal numbers, and only they, have a mean square equal to the square of their mean.
        return bool(self.workers * squares == total**2)

    def next_call(self, stop: bool, updates: int) -> tuple[bool, int]:
        """Return whether any worker is to stop, and how many updates the chief wants to do next.

        Both in one exchange, since it stands between every two compiled calls.
        """
        stopping, most = self._sum([stop, updates if self.is_chief else 0])
        return bool(stopping), int(most)

    def _sum(self, values: Sequence[float]) -> np.ndarray:
        """Return `values` summed over the processes, float64, the same on each; a barrier."""
        if self.workers == 1:
            return np.asarray(values, np.float64)
        total = np.asarray(_summed(tf.constant(values, tf.float64)))
        if self.watchdog:
            self.watchdog.beat()
        return total


@tf.function(reduce_retracing=True, autograph=False)
def _summed(values: tf.Tensor) -> tf.Tensor:
    first = replicas.local()[0]

    def once(values: tf.Tensor) -> tf.Tensor:
        # All replicas of a process hold the same numbers; only the first one's are added up.
        mine = tf.identity(values) if replicas.index() == first else tf.zeros_like(values)
        return replicas.total(mine)

    return replicas.run(once, values)

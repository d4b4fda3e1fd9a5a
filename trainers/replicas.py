"""Data parallelism as a step sees it: which rows are its own, and sums over all replicas.

The same step runs on one device and on many. Every replica takes its share of the global batch;
losses are divided by the weight of the whole batch, so that adding up the replicas' gradients
gives the batch's, however unequal the shares are. On one device each function here is the
identity and adds nothing to the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import tensorflow as tf

Tensors = TypeVar("Tensors", tf.Tensor, list[tf.Tensor])


def count() -> int:
    """Return the number of replicas that the current scope trains together."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def index() -> int:
    """Return this replica's number, from 0; only inside `run`."""
    if count() == 1:
        return 0
    # Known while tracing: every replica has a graph of its own, so shares may differ in shape.
    identifier = tf.distribute.get_replica_context().replica_id_in_sync_group
    return int(tf.get_static_value(identifier))


def share(rows: int, number: int, replicas: int) -> tuple[int, int]:
    """Return the first row and the number of rows of replica `number`'s share of `rows`.

    Shares differ by at most one row; with fewer rows than replicas some are empty.
    """
    first = rows * number // replicas
    return first, rows * (number + 1) // replicas - first


def own(indices: tf.Tensor) -> tf.Tensor:
    """Return this replica's share of a global batch's indices, int32 `[rows]` of static length."""
    if count() == 1:
        return indices
    first, length = share(indices.shape[0], index(), count())
    return indices[first : first + length]


def total(tensors: Tensors) -> Tensors:
    """Return tensors summed over all replicas, the same on each; only inside `run`."""
    if count() == 1:
        return tensors
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tensors)


def run(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function on every replica; return what the first one of this process returns.

    The function must return the same on all replicas, by `total`.
    """
    if not tf.distribute.has_strategy():
        return function(*arguments)
    strategy = tf.distribute.get_strategy()
    result = strategy.run(function, args=arguments)
    return tf.nest.map_structure(lambda x: strategy.experimental_local_results(x)[0], result)

"""Data parallelism as a step sees it: which rows are its own, and sums over all replicas.

The same step runs on one device and on many. Every replica takes its share of the global batch;
losses are divided by the weight of the whole batch, so that adding up the replicas' gradients
gives the batch's, however unequal the shares are. On one device each function here is the
identity and adds nothing to the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import keras
import numpy as np
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


def largest_share(rows: int) -> int:
    """Return the number of rows of the largest share of a global batch's `rows`."""
    return -(-rows // count())


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


def whole(part: tf.Tensor, rows: int) -> tf.Tensor:
    """Return the `rows` rows of which every replica has its share `part`; only inside `run`."""
    if count() == 1:
        return part
    first, length = share(rows, index(), count())
    padding = [[first, rows - first - length]] + [[0, 0]] * (part.shape.rank - 1)
    return total(tf.pad(part, padding))


def run(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function on every replica; return what the first one of this process returns.

    The function must return the same on all replicas, by `total`.
    """
    if not tf.distribute.has_strategy():
        return function(*arguments)
    strategy = tf.distribute.get_strategy()
    result = strategy.run(function, args=arguments)
    return tf.nest.map_structure(lambda x: strategy.experimental_local_results(x)[0], result)


def local() -> range:
    """Return the numbers of the replicas that this process has."""
    if count() == 1:
        return range(1)
    strategy = tf.distribute.get_strategy()
    here = len(strategy.extended.worker_devices)
    # No public member says which replicas a worker of several has.
    first = int(strategy.extended._get_replica_id_in_sync_group(0))
    return range(first, first + here)


def local_positions(rows: int) -> np.ndarray:
    """Return which of a global batch's `rows` the replicas of this process read, in order."""
    shares = [share(rows, number, count()) for number in local()]
    return np.arange(shares[0][0], sum(shares[-1]), dtype=np.int32)


def spread(tensors: Any) -> Any:
    """Copy a structure of tensors to every device of this process, so that each reads its own."""
    if len(local()) == 1:
        return tensors
    strategy = tf.distribute.get_strategy()
    devices = strategy.extended.worker_devices

    def copied(tensor: tf.Tensor) -> Any:
        def on_device(context: tf.distribute.experimental.ValueContext) -> tf.Tensor:
            with tf.device(devices[context.replica_id_in_sync_group - local()[0]]):
                return tf.identity(tensor)

        return strategy.experimental_distribute_values_from_function(on_device)

    return tf.nest.map_structure(copied, tensors)


def separate_seeds(model: keras.Model) -> None:
    """Let every replica draw random numbers of its own, in dropout and the like.

    The seeds of a model are mirrored, so that all replicas would drop the same units of different
    examples. Here replica r's seed becomes its first word plus r 2^32. Replica 0 keeps the
    seed, which is the one that a checkpoint stores: call this after every restore.
    """
    if count() == 1:
        return
    strategy = tf.distribute.get_strategy()
    for variable in model.variables:
        if not variable.path.endswith("seed_generator_state"):
            continue
        for number, copy in zip(
            local(), strategy.experimental_local_results(variable.value), strict=True
        ):
            first, second = np.asarray(copy)
            copy.assign([first % 2**32 + number * 2**32, second])

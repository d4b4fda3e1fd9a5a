"""Where a configuration runs: one device, the GPUs of a machine, or the workers of a cluster."""

from __future__ import annotations

import contextlib

import tensorflow as tf

import configs
from trainers.distribution.devices import device_names, mirrored
from trainers.distribution.joining import join
from trainers.distribution.placement import Placement
from trainers.distribution.requested import requested_cluster, require_consistent
from trainers.distribution.signals import StopSignals


def place(config: configs.Config, stop: StopSignals, *, shares_batches: bool = True) -> Placement:
    """Return the placement of a configuration; before anything else uses TensorFlow.

    Args:
        config: its strategy, devices and timeouts count.
        stop: asks to give up waiting for other workers.
        shares_batches: whether the model and optimizer can share a batch among replicas, so that
            "auto" may take more than one device.

    Raises:
        ConfigError: the strategy, devices or cluster do not fit this machine.
        PeerError: the other workers did not come within `start_timeout_seconds`.
        PreemptedError: `stop` was requested while waiting for them.
    """
    require_consistent(config)
    cluster = requested_cluster(config)
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        # Else TensorFlow takes a GPU's whole memory, and a second process on it has none. Who has
        # used it before in this process, as in a notebook, has chosen.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(gpu, True)
    if cluster is not None:
        return join(config, cluster, stop)
    names = device_names(config, len(gpus), shares_batches)
    if len(names) > 1:
        return Placement(mirrored(tuple(names)))
    return Placement(device=names[0] if config.devices else None)

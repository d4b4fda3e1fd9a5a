"""Where a configuration runs: one device, the GPUs of a machine, or the workers of a cluster."""

from __future__ import annotations

import tensorflow as tf

import configs
from trainers.distribution import cluster as clusters
from trainers.distribution.devices import device_names, mirrored
from trainers.distribution.joining import join
from trainers.distribution.placement import Placement
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
    if config.strategy == "one_device" and (config.replicas or 1) > 1:
        raise configs.ConfigError(
            f"--strategy one_device with --replicas {config.replicas}; use --strategy mirrored"
        )
    cluster = clusters.from_environment() if config.strategy in ("auto", "multi_worker") else None
    if config.strategy == "multi_worker" and cluster is None:
        raise configs.ConfigError(
            "--strategy multi_worker finds no cluster: neither TF_CONFIG nor a Slurm step with "
            "more than one task; start it by `python -m trainers.launch --workers 2 -- ...`"
        )
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        # Else TensorFlow takes a GPU's whole memory, and a second process on it has none.
        tf.config.experimental.set_memory_growth(gpu, True)
    if cluster is not None:
        clusters.require_own_devices(config)
        return join(config, cluster, stop)
    names = device_names(config, len(gpus), shares_batches)
    if len(names) > 1:
        return Placement(mirrored(tuple(names)))
    return Placement(device=names[0] if config.devices else None)

"""What a configuration asks of devices, as far as it can be judged before TensorFlow is there."""

from __future__ import annotations

import configs
from trainers.distribution import cluster as clusters


def named_devices(config: configs.Config) -> list[str]:
    """Return the devices that `--devices` names, as in "GPU:0"; none where it is left out."""
    return [name.strip().upper() for name in (config.devices or "").split(",") if name.strip()]


def require_consistent(config: configs.Config) -> None:
    """Raise `ConfigError` for settings of strategy, replicas and devices that contradict."""
    names = named_devices(config)
    if config.strategy == "one_device" and (config.replicas or 1) > 1:
        raise configs.ConfigError(
            f"--strategy one_device with --replicas {config.replicas}; use --strategy mirrored"
        )
    if len(names) > 1 and config.strategy == "one_device":
        raise configs.ConfigError(
            f"--strategy one_device with --devices {config.devices}; name one of them"
        )
    if config.devices is not None and len(set(names)) < max(1, len(names)):
        raise configs.ConfigError(
            f"--devices is {config.devices!r}; give each device once, as in GPU:0,GPU:1"
        )
    if names and config.replicas not in (None, len(names)):
        raise configs.ConfigError(
            f"--replicas {config.replicas} with {len(names)} --devices; leave one out"
        )


def requested_cluster(config: configs.Config) -> clusters.Cluster | None:
    """Return the cluster that a configuration takes part in, or None for one process.

    Raises:
        ConfigError: there is none where one is asked for, or it allows no other devices.
    """
    cluster = clusters.from_environment() if config.strategy in ("auto", "multi_worker") else None
    if config.strategy == "multi_worker" and cluster is None:
        raise configs.ConfigError(
            "--strategy multi_worker finds no cluster: neither TF_CONFIG nor a Slurm step with "
            "more than one task; start it by `python -m trainers.launch --workers 2 -- ...`"
        )
    if cluster is not None:
        clusters.require_own_devices(config)
    return cluster

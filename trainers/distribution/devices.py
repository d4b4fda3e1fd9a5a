"""The devices of this machine that a configuration takes."""

from __future__ import annotations

import functools

import tensorflow as tf

import configs
from trainers.distribution.requested import named_devices


def device_names(config: configs.Config, gpus: int, shares_batches: bool) -> list[str]:
    """Return the devices of a configuration by name, as in "GPU:0".

    Args:
        config: its strategy, replicas and devices count; they do not contradict.
        gpus: how many this machine has; without any, parts of the CPU stand for devices.
        shares_batches: whether "auto" may take more than one.

    Raises:
        ConfigError: a device that is not there.
    """
    if names := named_devices(config):
        _require_present(names, gpus)
        return names
    alone = config.strategy == "one_device" or (config.strategy == "auto" and not shares_batches)
    wanted = config.replicas or (1 if alone else max(1, gpus))
    if not gpus:
        _split_cpu(wanted)
        return [f"CPU:{i}" for i in range(wanted)]
    if wanted > gpus:
        raise configs.ConfigError(
            f"--replicas {wanted}, but this machine has {gpus} GPUs; give at most {gpus}"
        )
    return [f"GPU:{i}" for i in range(wanted)]


def _require_present(names: list[str], gpus: int) -> None:
    allowed = [f"GPU:{i}" for i in range(gpus)] + ["CPU:0"]
    for name in names:
        if name not in allowed:
            raise configs.ConfigError(
                f"--devices has {name!r}; allowed, each once: {', '.join(allowed)}"
            )


def _split_cpu(parts: int) -> None:
    """Make logical devices of the CPU: every machine can then run several replicas."""
    (cpu,) = tf.config.list_physical_devices("CPU")
    present = tf.config.get_logical_device_configuration(cpu)
    if parts == 1 or (present and len(present) >= parts):
        return
    try:
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * parts
        )
    except RuntimeError as error:
        raise configs.ConfigError(
            f"--replicas {parts} came after TensorFlow was used in this process; start a new one"
        ) from error


@functools.cache
def mirrored(names: tuple[str, ...]) -> tf.distribute.Strategy:
    """Return the strategy of some devices of this machine, one for all who ask for the same."""
    # A second strategy on the same devices would number its exchanges as the first one did, and
    # TensorFlow takes equal numbers for one exchange.
    return tf.distribute.MirroredStrategy(list(names))

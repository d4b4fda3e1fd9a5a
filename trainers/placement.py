"""Where a run computes: one device, the GPUs of a machine, or the workers of a cluster."""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

import configs
from trainers import cluster as clusters
from trainers import optimizers, problems, replicas
from trainers.errors import PeerError
from trainers.lifeline import Lifeline
from trainers.rendezvous import meet
from trainers.signals import StopSignals
from trainers.watchdog import Watchdog

_LOST = (
    tf.errors.UnavailableError,
    tf.errors.DeadlineExceededError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.InternalError,
    tf.errors.FailedPreconditionError,
    tf.errors.UnknownError,
)


# A worker may take so many times `peer_timeout_seconds` before its own watchdog ends it.
_TIMES_SILENCE = 10


@dataclass(frozen=True)
class Placement:
    """A strategy, or None for one device, and this process's part in it."""

    strategy: tf.distribute.Strategy | None = None
    device: str | None = None
    cluster: clusters.Cluster | None = None
    watchdog: Watchdog | None = None
    lifeline: Lifeline | None = None

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
                if self.lifeline:
                    self.lifeline.part()
            except _LOST as error:
                if self.workers == 1:
                    raise
                raise PeerError.lost(self.workers, type(error).__name__) from error
            finally:
                if self.watchdog:
                    self.watchdog.stop()
                if self.lifeline:
                    self.lifeline.stop()

    def agree(self, values: Sequence[float]) -> np.ndarray:
        """Return `values` summed over the processes, float64, the same on each; a barrier."""
        if self.workers == 1:
            return np.asarray(values, np.float64)
        agreed = np.asarray(_summed(tf.constant(values, tf.float64)))
        if self.watchdog:
            self.watchdog.beat()
        return agreed


@tf.function(reduce_retracing=True)
def _summed(values: tf.Tensor) -> tf.Tensor:
    first = replicas.local()[0]

    def once(values: tf.Tensor) -> tf.Tensor:
        # Every replica of a process knows the same; its first one alone speaks.
        mine = tf.identity(values) if replicas.index() == first else tf.zeros_like(values)
        return replicas.total(mine)

    return replicas.run(once, values)


def place(config: configs.Config, stop: StopSignals) -> Placement:
    """Return the placement of a configuration; before anything else uses TensorFlow.

    Raises:
        ConfigError: the strategy, devices or cluster do not fit this machine.
        PeerError: the other workers did not come within `start_timeout_seconds`.
        PreemptedError: `stop` was requested while waiting for them.
    """
    _check(config)
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
        clusters.check(config)
        return _join(config, cluster, stop)
    names = _device_names(config, len(gpus))
    if len(names) > 1:
        return Placement(_mirrored(tuple(names)))
    return Placement(device=names[0] if config.devices else None)


@functools.cache
def _mirrored(names: tuple[str, ...]) -> tf.distribute.Strategy:
    # A second strategy on the same devices would number its exchanges as the first one did, and
    # TensorFlow takes equal numbers for one exchange.
    return tf.distribute.MirroredStrategy(list(names))


def _check(config: configs.Config) -> None:
    if config.strategy == "one_device" and (config.replicas or 1) > 1:
        raise configs.ConfigError(
            f"--strategy one_device with --replicas {config.replicas}; use --strategy mirrored"
        )


def _device_names(config: configs.Config, gpus: int) -> list[str]:
    if config.devices:
        names = [name.strip().upper() for name in config.devices.split(",")]
        allowed = [f"GPU:{i}" for i in range(gpus)] + ["CPU:0"]
        for name in names:
            if name not in allowed or names.count(name) > 1:
                raise configs.ConfigError(
                    f"--devices has {name!r}; allowed, each once: {', '.join(allowed)}"
                )
        if len(names) > 1 and config.strategy == "one_device":
            raise configs.ConfigError(
                f"--strategy one_device with --devices {config.devices}; name one of them"
            )
        if config.replicas not in (None, len(names)):
            raise configs.ConfigError(
                f"--replicas {config.replicas} with {len(names)} --devices; leave one out"
            )
        return names
    alone = config.strategy == "one_device" or (
        config.strategy == "auto" and not _shares_batches(config)
    )
    wanted = config.replicas or (1 if alone else max(1, gpus))
    if not gpus:
        _split_cpu(wanted)
        return [f"CPU:{i}" for i in range(wanted)]
    if wanted > gpus:
        raise configs.ConfigError(
            f"--replicas {wanted}, but this machine has {gpus} GPUs; give at most {gpus}"
        )
    return [f"GPU:{i}" for i in range(wanted)]


def _shares_batches(config: configs.Config) -> bool:
    second_order = optimizers.find(config.optimizer.name).second_order
    return problems.of_model(config.model.name).distributes and not second_order


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


def _join(config: configs.Config, cluster: clusters.Cluster, stop: StopSignals) -> Placement:
    count, patience = len(cluster.addresses), config.start_timeout_seconds
    connections = meet(cluster.addresses, cluster.index, patience, lambda: stop.requested)
    lifeline = Lifeline(count, connections)
    _configure_coordination(cluster, config.peer_timeout_seconds, patience)
    os.environ["TF_CONFIG"] = cluster.tf_config
    # A chief waits without end for a worker that has died since, and holds Python meanwhile.
    faulthandler.dump_traceback_later(2 * patience, exit=True)
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        reason = " ".join(str(error).split())[:160]
        raise PeerError(
            f"{cluster.task} could not join the {count} workers ({reason}); start all of them again"
        ) from error
    finally:
        faulthandler.cancel_dump_traceback_later()
    # TensorFlow has put a handler of its own in the place of ours.
    stop.install()
    watchdog = Watchdog(cluster.task, _TIMES_SILENCE * config.peer_timeout_seconds)
    return Placement(strategy, cluster=cluster, watchdog=watchdog, lifeline=lifeline)


def _configure_coordination(cluster: clusters.Cluster, silence: int, start: int) -> None:
    """Let TensorFlow's service notice a lost worker in `silence` seconds, and start in `start`."""
    # No public function sets the timeouts; the strategy keeps a configuration it finds.
    from tensorflow.compiler.xla.tsl.protobuf import coordination_config_pb2
    from tensorflow.python.eager import context

    leader = "chief" if "chief" in cluster.jobs else "worker"
    context.context().configure_coordination_service(
        service_type="standalone",
        service_leader=f"/job:{leader}/replica:0/task:0",
        coordinated_jobs=[
            coordination_config_pb2.CoordinatedJob(name=name, num_tasks=count)
            for name, count in cluster.jobs.items()
        ],
        heartbeat_timeout_in_ms=1000 * silence,
        cluster_register_timeout_in_ms=1000 * start,
    )

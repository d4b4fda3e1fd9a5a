"""Join the other workers: meet them, then let TensorFlow connect all."""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import os
import threading
from collections.abc import Iterator

import tensorflow as tf

import configs
from trainers.distribution.cluster import Cluster
from trainers.distribution.connecting import python_goes_on
from trainers.distribution.peer_watch import PeerWatch
from trainers.distribution.placement import Placement
from trainers.distribution.rendezvous import meet
from trainers.distribution.signals import StopSignals
from trainers.distribution.watchdog import Watchdog
from trainers.errors import PeerError
from zoo.errors import reason_of
from zoo.process.streams import write_line

# A worker may take so many times `peer_timeout_seconds` before its own watchdog ends it.
_TIMES_SILENCE = 10
# Where things are, and how long to wait, each machine may say for itself.
_OWN = (
    "dataset.data_dir",
    "dataset.data_path",
    "imports",
    "start_timeout_seconds",
    "peer_timeout_seconds",
)


def join(config: configs.Config, cluster: Cluster, stop: StopSignals) -> Placement:
    """Return this process's placement among the workers of `cluster`, once all are there.

    Raises:
        ConfigError, PeerError, PreemptedError: see `trainers.distribution.rendezvous.meet`.
    """
    # One that left alone later than here would leave the others waiting: all stop together.
    stop.may_leave(None)
    count, patience = len(cluster.addresses), config.start_timeout_seconds
    connections = meet(
        cluster.addresses, cluster.index, patience, lambda: stop.requested, _work(config)
    )
    peer_watch = PeerWatch(cluster.addresses, connections, config.peer_timeout_seconds)
    _configure_coordination(cluster, config.peer_timeout_seconds, patience)
    os.environ["TF_CONFIG"] = cluster.tf_config
    try:
        with python_goes_on() as goes_on, _bounded(cluster.task, 2 * patience, goes_on, peer_watch):
            strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        reason = reason_of(error, 160)
        raise PeerError(
            f"{cluster.task} could not join the {count} workers ({reason}); start all of them again"
        ) from error
    # TensorFlow has replaced our signal handlers by its own.
    stop.install()
    watchdog = Watchdog(cluster.task, _TIMES_SILENCE * config.peer_timeout_seconds)
    return Placement(strategy, cluster=cluster, watchdog=watchdog, peer_watch=peer_watch)


def _work(config: configs.Config) -> str:
    """Return a mark of the settings that must be the same in all workers.

    With others they would train something else together, and not notice.
    """
    values = configs.flattened(configs.to_dict(config))
    for own in _OWN:
        values.pop(own)
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()


@contextlib.contextmanager
def _bounded(task: str, seconds: float, goes_on: bool, peer_watch: PeerWatch) -> Iterator[None]:
    """End the process if what happens in here takes longer than `seconds`.

    Args:
        goes_on: whether Python's threads run meanwhile; without them there is no message, and no
            worker can say that it lives.
    """

    def give_up() -> None:
        write_line(
            f"error: {task} was not connected with the others within {seconds:g} s; start all of "
            "them again, or raise --start-timeout-seconds"
        )
        os._exit(PeerError.exit_code)

    if not goes_on:
        faulthandler.dump_traceback_later(seconds, exit=True)
        try:
            with peer_watch.silence_allowed():
                yield
        finally:
            faulthandler.cancel_dump_traceback_later()
        return
    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _configure_coordination(cluster: Cluster, silence: int, start: int) -> None:
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

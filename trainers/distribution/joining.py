"""Join the other workers: meet them, then let TensorFlow connect all."""

from __future__ import annotations

import faulthandler
import os

import tensorflow as tf

import configs
from trainers.distribution.cluster import Cluster
from trainers.distribution.peer_watch import PeerWatch
from trainers.distribution.placement import Placement
from trainers.distribution.rendezvous import meet
from trainers.distribution.signals import StopSignals
from trainers.distribution.watchdog import Watchdog
from trainers.errors import PeerError

# A worker may take so many times `peer_timeout_seconds` before its own watchdog ends it.
_TIMES_SILENCE = 10


def join(config: configs.Config, cluster: Cluster, stop: StopSignals) -> Placement:
    """Return this process's placement among the workers of `cluster`, once all are there.

    Raises:
        ConfigError, PeerError, PreemptedError: see `trainers.distribution.rendezvous.meet`.
    """
    # One that left alone later than here would leave the others waiting: all stop together.
    stop.may_leave(None)
    count, patience = len(cluster.addresses), config.start_timeout_seconds
    connections = meet(cluster.addresses, cluster.index, patience, lambda: stop.requested)
    peer_watch = PeerWatch(count, connections)
    _configure_coordination(cluster, config.peer_timeout_seconds, patience)
    os.environ["TF_CONFIG"] = cluster.tf_config
    # If a worker dies now, TensorFlow's chief waits for it without end, and holds Python's lock,
    # so that no Python thread could end the process.
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
    # TensorFlow has replaced our signal handlers by its own.
    stop.install()
    watchdog = Watchdog(cluster.task, _TIMES_SILENCE * config.peer_timeout_seconds)
    return Placement(strategy, cluster=cluster, watchdog=watchdog, peer_watch=peer_watch)


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

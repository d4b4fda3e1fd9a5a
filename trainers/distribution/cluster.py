"""Which cluster this process belongs to, as its environment says: TF_CONFIG or Slurm.

TF_CONFIG is what Kubernetes' training operator and `trainers.launch` set; under Slurm's `srun`
TensorFlow's own resolver reads the step's tasks and nodes.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import configs

_EXAMPLE = '{"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}'
# Each Slurm job has ports of its own, so that jobs on the same node do not take each other's.
_SLURM_PORTS, _SLURM_PORTS_PER_JOB = range(10000, 32000), 16


@dataclass(frozen=True)
class Cluster:
    """A cluster's addresses, chief first, and this process's place among them.

    Args:
        addresses: host:port of every task.
        index: which of them this process is.
        task: its name, as in "worker 1".
        source: who says so, "TF_CONFIG" or "Slurm".
        jobs: how many tasks each job has, by name.
    """

    addresses: tuple[str, ...]
    index: int
    task: str
    source: str
    jobs: dict[str, int]

    @property
    def tf_config(self) -> str:
        """What TF_CONFIG says of this cluster and task."""
        chiefs = self.jobs.get("chief", 0)
        jobs = {"chief": self.addresses[:chiefs], "worker": self.addresses[chiefs:]}
        kind, index = self.task.split()
        task = {"type": kind, "index": int(index)}
        return json.dumps({"cluster": {k: v for k, v in jobs.items() if v}, "task": task})


def from_environment() -> Cluster | None:
    """Return the cluster of more than one worker that the environment describes, or None.

    Raises:
        ConfigError: TF_CONFIG cannot be read or describes no such cluster.
    """
    if os.environ.get("TF_CONFIG"):
        cluster = parse(os.environ["TF_CONFIG"])
        return cluster if len(cluster.addresses) > 1 else None
    return _from_slurm() if slurm_tasks() > 1 else None


def slurm_tasks() -> int:
    """Return how many tasks the Slurm step has that this process is one of; 1 without Slurm."""
    text = os.environ.get("SLURM_STEP_NUM_TASKS", "1")
    return int(text) if text.isdigit() and "SLURM_PROCID" in os.environ else 1


def may_follow() -> bool:
    """Return whether this process may be a worker that leaves all writing to another, the chief."""
    if os.environ.get("TF_CONFIG"):
        cluster = from_environment()
        return cluster is not None and cluster.index > 0
    return slurm_tasks() > 1


def require_own_devices(config: configs.Config) -> None:
    """Raise `ConfigError` if a configuration asks for anything else than the workers' devices."""
    if config.strategy not in ("auto", "multi_worker"):
        raise configs.ConfigError(
            f"--strategy {config.strategy} is for one process, and these are several workers; "
            "use --strategy auto, or start one process"
        )
    if config.replicas or config.devices:
        raise configs.ConfigError(
            "--replicas and --devices do not apply to the workers of a cluster, which use every "
            "device they see; set CUDA_VISIBLE_DEVICES for each worker instead"
        )


def parse(text: str) -> Cluster:
    """Read the value of TF_CONFIG.

    Raises:
        ConfigError: what is wrong with it.
    """
    try:
        values = json.loads(text)
        jobs, task = values["cluster"], values["task"]
        kind, index = str(task["type"]), int(str(task["index"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise configs.ConfigError(
            f"TF_CONFIG cannot be read ({type(error).__name__}: {error}); set it to {_EXAMPLE}"
        ) from error
    _check_jobs(jobs)
    if kind not in jobs or not 0 <= index < len(jobs[kind]):
        raise configs.ConfigError(
            f"TF_CONFIG says that this is {kind} {index}, but its cluster has "
            f"{ {name: len(hosts) for name, hosts in jobs.items()} }; the first index is 0"
        )
    addresses = [*jobs.get("chief", []), *jobs.get("worker", [])]
    for address in addresses:
        _check_address(address)
    if len(set(addresses)) < len(addresses):
        raise configs.ConfigError(
            f"TF_CONFIG names an address twice: {', '.join(addresses)}; give every task its own"
        )
    before = len(jobs.get("chief", [])) if kind == "worker" else 0
    counts = {name: len(jobs[name]) for name in ("chief", "worker") if jobs.get(name)}
    return Cluster(tuple(addresses), before + index, f"{kind} {index}", "TF_CONFIG", counts)


def _check_jobs(jobs: Any) -> None:
    if not isinstance(jobs, dict) or not all(isinstance(hosts, list) for hosts in jobs.values()):
        raise configs.ConfigError(
            f"TF_CONFIG has the cluster {jobs!r}; allowed: a list of addresses by job: {_EXAMPLE}"
        )
    if not set(jobs) <= {"chief", "worker"}:
        raise configs.ConfigError(
            f"TF_CONFIG has the jobs {', '.join(jobs)}; allowed: chief and worker, which train "
            "alike"
        )
    if len(jobs.get("chief", [])) > 1:
        raise configs.ConfigError(
            f"TF_CONFIG has {len(jobs['chief'])} chiefs; name one, and the others as workers"
        )


def _check_address(address: Any) -> None:
    host, _, port = str(address).rpartition(":")
    is_number = port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536
    if not isinstance(address, str) or not host or host.split() != [host] or not is_number:
        raise configs.ConfigError(
            f"TF_CONFIG has the address {address!r}; allowed: host:port with a port from 1 to 65535"
        )


def _from_slurm() -> Cluster:
    import tensorflow as tf

    tasks = slurm_tasks()
    try:
        job = int(os.environ.get("SLURM_JOB_ID", "0"))
        port = _SLURM_PORTS[job * _SLURM_PORTS_PER_JOB % len(_SLURM_PORTS)]
        # The resolver divides by numbers of GPUs, which these workers find for themselves.
        resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
            port_base=port, gpus_per_node=tasks, gpus_per_task=1, auto_set_gpu=False
        )
        addresses = tuple(resolver.cluster_spec().as_dict()["worker"])
        index = _slurm_index(addresses, port)
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        raise configs.ConfigError(
            f"Slurm's environment cannot be read ({error}); start the workers with srun, or set "
            "TF_CONFIG for each"
        ) from error
    return Cluster(addresses, index, f"worker {index}", "Slurm", {"worker": len(addresses)})


def _slurm_index(addresses: tuple[str, ...], first_port: int) -> int:
    if "SLURMD_NODENAME" not in os.environ:
        return int(os.environ["SLURM_PROCID"])
    # The resolver sorts hosts as text, node10 before node9; Slurm numbers tasks otherwise.
    port = first_port + int(os.environ["SLURM_LOCALID"])
    return addresses.index(f"{os.environ['SLURMD_NODENAME']}:{port}")

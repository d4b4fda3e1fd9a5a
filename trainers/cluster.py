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

_SLURM_PORT = 12345


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
    if int(os.environ.get("SLURM_STEP_NUM_TASKS", "1")) > 1 and "SLURM_PROCID" in os.environ:
        return _from_slurm()
    return None


def parse(text: str) -> Cluster:
    """Read the value of TF_CONFIG.

    Raises:
        ConfigError: what is wrong with it.
    """
    example = '{"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}'
    try:
        values = json.loads(text)
        jobs, task = values["cluster"], values["task"]
        kind, index = task["type"], int(task["index"])
    except (ValueError, KeyError, TypeError) as error:
        raise configs.ConfigError(
            f"TF_CONFIG cannot be read ({type(error).__name__}: {error}); set it to {example}"
        ) from error
    if not isinstance(jobs, dict) or not set(jobs) <= {"chief", "worker"}:
        names = ", ".join(jobs) if isinstance(jobs, dict) else repr(jobs)
        raise configs.ConfigError(
            f"TF_CONFIG has the jobs {names}; allowed: chief and worker, which train alike"
        )
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


def _check_address(address: Any) -> None:
    host, _, port = str(address).rpartition(":")
    if not isinstance(address, str) or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise configs.ConfigError(
            f"TF_CONFIG has the address {address!r}; allowed: host:port with a port from 1 to 65535"
        )


def _from_slurm() -> Cluster:
    import tensorflow as tf

    tasks = int(os.environ["SLURM_STEP_NUM_TASKS"])
    try:
        # The resolver divides by numbers of GPUs, which these workers find for themselves.
        resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
            port_base=_SLURM_PORT, gpus_per_node=tasks, gpus_per_task=1, auto_set_gpu=False
        )
        addresses = tuple(resolver.cluster_spec().as_dict()["worker"])
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        raise configs.ConfigError(
            f"Slurm's environment cannot be read ({error}); start the workers with srun, or set "
            "TF_CONFIG for each"
        ) from error
    index = int(os.environ["SLURM_PROCID"])
    return Cluster(addresses, index, f"worker {index}", "Slurm", {"worker": len(addresses)})

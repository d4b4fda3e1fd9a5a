"""What TF_CONFIG and Slurm say of a cluster; a mistake in either is told in one line."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest
from places import ROOT

import configs
from trainers.cli.exit import describe
from trainers.distribution import cluster
from trainers.distribution.local_workers import free_addresses
from trainers.distribution.rendezvous import meet, split

TWO = ["a:1000", "b:1001"]
SLURM = {"SLURM_PROCID": "0", "SLURM_JOB_ID": "7", "SLURM_STEP_NUM_TASKS": "4"}
SLURM |= {"SLURM_STEP_NODELIST": "node[9-10]", "SLURM_STEP_TASKS_PER_NODE": "2(x2)"}


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch):
    for name in os.environ:
        if name == "TF_CONFIG" or name.startswith("SLURM"):
            monkeypatch.delenv(name)


def tf_config(jobs, kind="worker", index=0):
    return json.dumps({"cluster": jobs, "task": {"type": kind, "index": index}})


def test_workers_are_numbered_in_their_order():
    found = cluster.parse(tf_config({"worker": TWO}, index=1))
    assert found == cluster.Cluster(tuple(TWO), 1, "worker 1", "TF_CONFIG", {"worker": 2})
    assert json.loads(found.tf_config) == json.loads(tf_config({"worker": TWO}, index=1))


@pytest.mark.parametrize(("kind", "index", "expected"), [("chief", 0, 0), ("worker", 1, 2)])
def test_chief_comes_before_the_workers(kind, index, expected):
    text = tf_config({"worker": TWO, "chief": ["[::1]:9"]}, kind, index)
    found = cluster.parse(text)
    assert found.addresses == ("[::1]:9", *TWO)
    assert (found.index, found.task) == (expected, f"{kind} {index}")
    assert found.jobs == {"chief": 1, "worker": 2}
    assert json.loads(found.tf_config) == json.loads(text)


def test_index_given_as_text_is_a_number_afterwards():
    found = cluster.parse(tf_config({"worker": TWO}, index="1"))
    assert json.loads(found.tf_config)["task"]["index"] == 1


BAD = {
    "{": "cannot be read (JSONDecodeError: ",
    "[1]": "cannot be read (TypeError: ",
    "3": "cannot be read (TypeError: ",
    "[" * 100_000: "cannot be read (RecursionError: ",
    '{"task": {"type": "worker", "index": 0}}': "cannot be read (KeyError: 'cluster')",
    json.dumps({"cluster": {"worker": TWO}}): "cannot be read (KeyError: 'task')",
    json.dumps({"cluster": {"worker": TWO}, "task": {"type": "worker"}}): "(KeyError: 'index')",
    json.dumps({"cluster": {"worker": TWO}, "task": 0}): "cannot be read (TypeError: ",
    tf_config({"worker": TWO}, index="one"): "cannot be read (ValueError: ",
    tf_config({"worker": TWO}, index=1.5): "cannot be read (ValueError: ",
    tf_config({"worker": TWO}, index=None): "cannot be read (ValueError: ",
    tf_config({"worker": TWO}, index=True): "cannot be read (ValueError: ",
    tf_config({"worker": TWO}, index=2): "this is worker 2, but its cluster has {'worker': 2}",
    tf_config({"worker": TWO}, index=-1): "this is worker -1, but",
    tf_config({"worker": TWO}, "chief"): "this is chief 0, but its cluster has {'worker': 2}",
    tf_config({"worker": TWO}, ["worker"]): "this is ['worker'] 0, but",
    tf_config({}): "this is worker 0, but its cluster has {}",
    tf_config(TWO): "has the cluster ['a:1000', 'b:1001']; allowed: a list of addresses by job",
    tf_config({"worker": "a:1"}): "has the cluster {'worker': 'a:1'}; allowed: a list of",
    tf_config({"worker": None}): "has the cluster {'worker': None}; allowed: a list of",
    tf_config({"worker": TWO, "ps": ["c:1"]}): "has the jobs worker, ps; allowed: chief and worker",
    tf_config({"chief": TWO}, "chief"): "has 2 chiefs; name one",
    tf_config({"worker": ["a", "b:1"]}): "has the address 'a'; allowed: host:port",
    tf_config({"worker": [":1", "b:1"]}): "has the address ':1'; allowed: host:port",
    tf_config({"worker": ["a:x", "b:1"]}): "has the address 'a:x'; allowed: host:port",
    tf_config({"worker": ["a:0", "b:1"]}): "has the address 'a:0'; allowed: host:port",
    tf_config({"worker": ["a:65536", "b:1"]}): "has the address 'a:65536'; allowed: host:port",
    tf_config({"worker": ["a:²", "b:1"]}): "has the address 'a:²'; allowed: host:port",
    tf_config({"worker": ["a b:1", "b:1"]}): "has the address 'a b:1'; allowed: host:port",
    tf_config({"worker": ["a:" + "9" * 5000, "b:1"]}): "allowed: host:port",
    tf_config({"worker": [1, "b:1"]}): "has the address 1; allowed: host:port",
    tf_config({"worker": ["a:1", "a:1"]}): "names an address twice: a:1, a:1; give every task",
    tf_config({"chief": ["a:1"], "worker": ["a:1"]}): "names an address twice",
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:60])
def test_mistake_in_tf_config_is_one_line(text):
    with pytest.raises(configs.ConfigError) as caught:
        cluster.parse(text)
    code, line = describe(caught.value)
    assert code == 2
    assert line.startswith("TF_CONFIG ")
    assert BAD[text] in line


def start(environment, *argv):
    began = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "trainers.run", "--model", "mlp", *argv],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    told = [line for line in result.stderr.splitlines() if not line.startswith("import time:")]
    assert " tensorflow\n" not in result.stderr
    return result.returncode, told, time.monotonic() - began


@pytest.mark.parametrize("text", ["{", tf_config({"worker": ["a:1", "a:1"]})])
def test_fault_48_bad_tf_config_is_told_before_tensorflow_is_waited_for(text, tmp_path):
    """Seen to fail where TF_CONFIG is left to TensorFlow."""
    code, told, seconds = start({"TF_CONFIG": text}, "--run-dir", str(tmp_path / "run"))
    assert code == 2
    assert len(told) == 1
    assert told[0].startswith("error: TF_CONFIG ")
    assert seconds < 10
    assert not (tmp_path / "run").exists()


def test_fault_48_port_in_use_is_one_line():
    """Seen to fail without the conversion of the system's error."""
    addresses = free_addresses(2)
    with (
        socket.create_server(split(addresses[0])),
        pytest.raises(configs.ConfigError, match=r"worker 0 cannot listen on .* free the port"),
    ):
        meet(addresses, 0, 5, lambda: False)


def test_without_a_cluster_or_with_one_worker_there_is_none(monkeypatch):
    assert cluster.from_environment() is None
    monkeypatch.setenv("TF_CONFIG", tf_config({"worker": ["a:1"]}))
    assert cluster.from_environment() is None
    monkeypatch.delenv("TF_CONFIG")
    for name, value in {**SLURM, "SLURM_STEP_NUM_TASKS": "1"}.items():
        monkeypatch.setenv(name, value)
    assert cluster.from_environment() is None


def slurm(monkeypatch, **changes):
    for name, value in {**SLURM, **changes}.items():
        monkeypatch.setenv(name, value)
    return cluster.from_environment()


def test_slurm_tasks_get_an_address_each(monkeypatch):
    port = 10000 + 7 * 16
    found = slurm(monkeypatch, SLURM_STEP_NODELIST="n[1-2]", SLURM_PROCID="3")
    assert found.addresses == (f"n1:{port}", f"n1:{port + 1}", f"n2:{port}", f"n2:{port + 1}")
    assert (found.index, found.task, found.source) == (3, "worker 3", "Slurm")
    assert cluster.parse(found.tf_config).addresses == found.addresses


def test_slurm_task_has_the_address_of_its_own_node_whatever_its_number(monkeypatch):
    """TensorFlow's resolver puts node10 before node9, and Slurm may deal tasks out in turn."""
    names = {0: ("node9", 0), 1: ("node10", 0), 2: ("node9", 1), 3: ("node10", 1)}
    seen = {}
    for number, (node, local) in names.items():
        places = {"SLURMD_NODENAME": node, "SLURM_LOCALID": str(local)}
        found = slurm(monkeypatch, SLURM_PROCID=str(number), **places)
        assert found.addresses[found.index] == f"{node}:{10000 + 7 * 16 + local}"
        seen[found.index] = number
    assert sorted(seen) == [0, 1, 2, 3]


def test_jobs_on_one_node_have_ports_of_their_own(monkeypatch):
    ports = set()
    for job in range(7, 9):
        found = slurm(monkeypatch, SLURM_JOB_ID=str(job))
        ports |= {address.partition(":")[2] for address in found.addresses}
    assert len(ports) == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"SLURM_STEP_TASKS_PER_NODE": "1(x2)"},
        {"SLURM_PROCID": "x"},
        {"SLURM_STEP_NODELIST": "node["},
        {"SLURMD_NODENAME": "elsewhere", "SLURM_LOCALID": "0"},
    ],
    ids=str,
)
def test_mistake_in_slurms_environment_is_one_line(monkeypatch, changes):
    with pytest.raises(configs.ConfigError, match=r"Slurm's environment cannot be read \("):
        slurm(monkeypatch, **changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"strategy": "mirrored"}, "--strategy mirrored is for one process"),
        ({"strategy": "one_device"}, "--strategy one_device is for one process"),
        ({"replicas": 2}, "--replicas and --devices do not apply to the workers"),
        ({"devices": "CPU:0"}, "--replicas and --devices do not apply to the workers"),
    ],
)
def test_workers_refuse_the_placements_of_one_process(changes, expected):
    with pytest.raises(configs.ConfigError, match=f"^{expected}"):
        cluster.require_own_devices(configs.Config(**changes))
    cluster.require_own_devices(configs.Config())


@pytest.mark.parametrize(("index", "follows"), [(0, False), (1, True)])
def test_only_the_chief_refuses_an_existing_run_early(monkeypatch, index, follows):
    monkeypatch.setenv("TF_CONFIG", tf_config({"worker": TWO}, index=index))
    assert cluster.may_follow() == follows

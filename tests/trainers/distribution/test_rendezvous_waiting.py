"""Workers that wait for others: who is missing is named in time, and a stop ends the waiting."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from places import ROOT

from trainers.distribution import rendezvous
from trainers.distribution.local_workers import free_addresses
from trainers.errors import PeerError, PreemptedError


def never():
    return False


def test_missing_workers_are_named_in_time():
    addresses = free_addresses(3)
    began = time.monotonic()
    with pytest.raises(PeerError) as caught:
        rendezvous.meet(addresses, 1, 0.5, never)
    assert 0.5 <= time.monotonic() - began < 3
    assert str(caught.value) == (
        f"worker 0 ({addresses[0]}), worker 2 ({addresses[2]}) did not start within 0.5 s; start "
        "every worker, or raise --start-timeout-seconds"
    )


def test_those_that_came_name_the_same_missing_one():
    addresses = free_addresses(3)

    def worker(index):
        with pytest.raises(PeerError) as caught:
            rendezvous.meet(addresses, index, 1, never)
        return str(caught.value)

    with ThreadPoolExecutor(2) as pool:
        texts = list(pool.map(worker, [0, 2]))
    begins = f"worker 1 ({addresses[1]}) did not start"
    assert [text[: len(begins)] for text in texts] == [begins, begins]


def test_stop_ends_the_waiting():
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    with pytest.raises(PreemptedError, match="nothing was written"):
        rendezvous.meet(free_addresses(2), 0, 60, stop.is_set)
    assert time.monotonic() - began < 3


def test_who_is_waited_for_is_told_once(monkeypatch, capsys):
    monkeypatch.setattr(rendezvous, "_NOTICE_SECONDS", 0.2)
    addresses = free_addresses(2)
    with pytest.raises(PeerError):
        rendezvous.meet(addresses, 0, 0.6, never)
    assert capsys.readouterr().err == f"worker 0 waits for worker 1 ({addresses[1]})\n"


def test_waiting_worker_stops_by_a_real_signal(tmp_path):
    config = {"cluster": {"worker": free_addresses(2)}, "task": {"type": "worker", "index": 0}}
    code = (
        "import sys, time\n"
        "from trainers.cli.exit import run_main\n"
        "from trainers.distribution import cluster, rendezvous\n"
        "from trainers.distribution.signals import StopSignals\n"
        "def main(argv):\n"
        "    with StopSignals() as stop:\n"
        "        found = cluster.from_environment()\n"
        "        print('waits', flush=True)\n"
        "        rendezvous.meet(found.addresses, found.index, 60, lambda: stop.requested)\n"
        "run_main(main)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "TF_CONFIG": json.dumps(config)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "waits\n"
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate()
    assert time.monotonic() - began < 5
    assert process.returncode == 75
    assert re.sub(r"\s+", " ", errors) == (
        "SIGTERM: saving, then stopping "
        "error: stopped before all workers were there; nothing was written "
    )

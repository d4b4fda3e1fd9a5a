"""The watchdog ends a process whose main thread is stuck, and only then."""

import subprocess
import sys
import time

import pytest
from places import ROOT

from trainers.distribution.watchdog import Watchdog


def run(code):
    program = f"import time\nfrom trainers.distribution.watchdog import Watchdog\n{code}"
    began = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    return result.returncode, result.stderr, time.monotonic() - began


def test_stuck_process_ends_with_one_line():
    code, errors, seconds = run("Watchdog('worker 1', 1).beat()\ntime.sleep(50)")
    assert code == 7
    assert seconds < 10
    assert errors == (
        "error: worker 1 got no further for 1 s: it hangs or waits for one that does; start all "
        "workers again with --resume, or raise --peer-timeout-seconds\n"
    )


def test_process_stuck_in_writing_where_nobody_reads_ends_too():
    code = "import os\nWatchdog('worker 1', 1).beat()\nos.write(2, bytes(1 << 20))"
    program = f"from trainers.distribution.watchdog import Watchdog\n{code}"
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE
    ) as process:
        assert process.wait(30) == 7


def test_nothing_is_watched_before_the_first_beat_and_after_the_stop():
    # Watched, it would end within a second: it looks twice a second, and tells first.
    code = "watchdog = Watchdog('worker 1', 0.1)\ntime.sleep(1.3)\n"
    assert run(f"{code}watchdog.beat()\nwatchdog.stop()\ntime.sleep(1.3)")[0] == 0


def test_steady_beats_keep_a_process_alive():
    code = "watchdog = Watchdog('worker 1', 1)\nfor _ in range(15):\n"
    assert run(f"{code}    watchdog.beat()\n    time.sleep(0.1)\n")[0] == 0


def test_limit_grows_with_the_longest_legal_work():
    watchdog = Watchdog("worker 1", 30)
    assert watchdog.limit == 30
    watchdog.beat()
    time.sleep(0.2)
    watchdog.beat()
    watchdog.beat()
    assert watchdog.limit == pytest.approx(32, abs=1.5)
    assert watchdog.limit >= 32
    watchdog.stop()

"""`kill -9` at random instants over the whole of a run, until 200 have hit: nothing is lost."""

import random
import signal
import time

import pytest
from long_runs import Life, arguments, steps_of, summary_of, write_text

from trainers.runs import checkpoints

pytestmark = pytest.mark.slow
# Kills by run; the last one is of two workers, one of which is killed.
KILLS = {"mlp": 35, "lstm": 35, "char_lstm": 35, "policy": 35, "gan": 35, "mlp on two workers": 25}
SEED = 20_261_126


def interval(argv):
    return int(argv[argv.index("--checkpoint-every-steps") + 1])


class Counts:
    """What the kills of one run hit."""

    def __init__(self):
        self.kills = self.past_first = self.runs = 0


@pytest.fixture(scope="module")
def text_file(tmp_path_factory):
    return write_text(tmp_path_factory.mktemp("text") / "words.txt")


@pytest.mark.parametrize("name", KILLS)
def test_fault_01_random_kills_lose_nothing(name, tmp_path, text_file, survived):
    """Seen to fail when dropout's seeds, or the carried state, are left out of a checkpoint."""
    workers = 2 if name.endswith("workers") else 1
    argv = arguments(text_file)[name.split()[0]]
    if workers > 1:
        # As long as that of one process, which makes its steps in a tenth of the time.
        argv = [*argv, "--epochs", "6", "--start-timeout-seconds", "20"]
    straight = tmp_path / "straight"
    began = time.monotonic()
    with Life(*argv, "--run-dir", straight, workers=workers) as life:
        ends = life.ends()
    assert [code for code, _ in ends] == [0] * workers, ends
    whole, last = time.monotonic() - began, summary_of(straight)["steps"]
    expected = summary_of(straight)["final_weights_sha256"]
    rows = (straight / "metrics.csv").read_text().count("\n")

    chance, counts = random.Random(f"{SEED} {name}"), Counts()
    while counts.kills < KILLS[name]:
        run_dir = tmp_path / f"run {counts.runs}"
        counts.runs += 1
        ended = False
        while not ended:
            begun = (run_dir / "config.yaml").exists()
            most = KILLS[name]
            ended = live(argv, run_dir, begun, chance, whole, last, workers, counts, most)
        assert summary_of(run_dir)["final_weights_sha256"] == expected, run_dir
        assert (run_dir / "metrics.csv").read_text().count("\n") == rows
    assert counts.past_first >= counts.kills / 2
    survived(
        "`kill -9` of one of two workers at a random instant"
        if workers > 1
        else "`kill -9` at a random instant of a run of `mlp`, `lstm`, `char_lstm`, `policy` or "
        "`gan`",
        counts.kills,
        {
            "past the first checkpoint": counts.past_first,
            "runs ended, all in the bits of the one left alone": counts.runs,
        },
    )


def live(argv, run_dir, begun, chance, whole, last, workers, counts, most):
    """Start or resume a run and kill it, unless enough were killed; return whether it ended.

    One kill in four comes at any second of a run's, its start among them; the others somewhere
    behind an update that is drawn from those to come.
    """
    before = steps_of(run_dir)[0] if begun else 0
    words = ["--run-dir", run_dir, "--resume"] if begun else [*argv, "--run-dir", run_dir]
    with Life(*words, workers=workers) as life:
        if counts.kills >= most:
            ended = True
        elif chance.random() < 0.25:
            ended = life.ended_within(chance.uniform(0, whole))
        else:
            at = chance.randint(before, last)
            ended = life.ended_before(lambda: max(steps_of(run_dir), default=-1) >= at)
            ended = ended or life.ended_within(chance.uniform(0, 0.1))
        if ended:
            ends = life.ends()
            assert [code for code, _ in ends] == [0] * workers, ends
            return True
        victim = chance.randrange(workers)
        life.kill(victim)
        ends = life.ends()
    codes = [code for code, _ in ends]
    if codes == [0] * workers:
        return True  # it had just ended
    assert codes.pop(victim) == -signal.SIGKILL, ends
    # Behind the last update the others have nothing left to do, and may have ended well.
    assert set(codes) <= ({0, 7} if last in steps_of(run_dir) else {7}), ends
    counts.kills += 1
    steps = steps_of(run_dir)
    if steps:
        assert steps[0] >= before
        assert checkpoints.load(run_dir / "checkpoints", steps[0]).step == steps[0]
    counts.past_first += bool(steps and steps[0] >= interval(argv))
    return False

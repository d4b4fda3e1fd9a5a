"""`--seeds`: each run is that of `--seed` alone, and the figures over them are told."""

import json
import math

import numpy as np
import pytest

import configs
from trainers import evaluate, run
from trainers.cli.exit import describe
from trainers.cli.seed_list import seeds_of
from trainers.engine.loop import Loop
from trainers.errors import DivergedError
from trainers.seeds import summary as summaries
from trainers.seeds import training
from trainers.seeds.folder import Sweep, runs_of


@pytest.fixture(scope="module")
def sweep(train_here, small_arguments, tmp_path_factory):
    """A finished sweep of three seeds, with dropout, two epochs of 34 updates each."""
    folder = tmp_path_factory.mktemp("sweep") / "run"
    return folder, train_here(folder, *small_arguments, "--epochs", "2", "--seeds", "0,3,1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0-4", (0, 1, 2, 3, 4)), ("0,3,7", (0, 3, 7)), ("7", (7,)), ("2-3, 0", (2, 3, 0))],
)
def test_seeds_are_read_in_their_order(text, expected):
    assert seeds_of(text) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "give seeds as in 0-4 or 0,3,7"),
        ("-1", "give seeds"),
        ("4-0", "4-0 runs backwards"),
        ("0,x", "'x' is no seed"),
        ("0-3,2", "2 stands twice"),
        ("2147483648", "above 2147483647"),
        ("0-99999", "more than 10,000 seeds"),
    ],
)
def test_other_words_are_refused(text, told):
    with pytest.raises(configs.ConfigError, match=told):
        seeds_of(text)


def test_every_seed_has_the_weights_of_its_own_run(sweep, train_here, small_arguments, tmp_path):
    folder, values = sweep
    argv = [*small_arguments, "--epochs", "2"]
    # The second and third take over what the first has compiled.
    for seed in (0, 1):
        alone = train_here(tmp_path / str(seed), *argv, "--seed", str(seed))
        own = json.loads((folder / f"seed-{seed:04d}" / "summary.json").read_text())
        assert own["final_weights_sha256"] == alone["final_weights_sha256"]
        assert own["best"] == alone["best"]
        assert values["final_weights_sha256"][str(seed)] == alone["final_weights_sha256"]
        saved = [
            path / "config.yaml" for path in (folder / f"seed-{seed:04d}", tmp_path / str(seed))
        ]
        assert saved[0].read_text() == saved[1].read_text()
    assert len(set(values["final_weights_sha256"].values())) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "argv",
    [
        ["--model", "policy", "--steps", "4", "--problem.horizon-steps", "16"],
        ["--model", "autoencoder", "--steps", "6", "--ema-momentum", "0.9"],
        ["--model", "lstm", "--model.units", "4", "--steps", "6"],
    ],
    ids=lambda argv: argv[1],
)
def test_seeds_of_other_problems_have_the_weights_of_their_own_runs(argv, train_here, tmp_path):
    train_here(tmp_path / "sweep", *argv, "--seeds", "0-1")
    alone = train_here(tmp_path / "alone", *argv, "--seed", "1")
    own = json.loads((tmp_path / "sweep" / "seed-0001" / "summary.json").read_text())
    assert own["final_weights_sha256"] == alone["final_weights_sha256"]


def test_mean_and_interval_are_students(sweep):
    found = sweep[1]["figures"]["test"]["loss"]
    values = np.array([found["seeds"][seed] for seed in ("0", "3", "1")])
    # The quantile of Student's t at 0.975 of 2 degrees of freedom, from a printed table.
    half = 4.302653 * values.std(ddof=1) / math.sqrt(3)
    assert found["mean"] == pytest.approx(values.mean())
    assert [found["low"], found["high"]] == pytest.approx(
        [values.mean() - half, values.mean() + half]
    )
    assert (sweep[1]["kind"], sweep[1]["ended"]) == ("seeds", [0, 3, 1])


def test_one_seed_has_no_interval():
    ended = {
        5: {
            "best": {"validation": {"loss": 1.0}, "test": {"loss": 2.0}},
            "final_weights_sha256": "a",
            "seconds": {"train": 1.0},
        }
    }
    config = {"model": {"name": "mlp"}, "dataset": {"name": "digits"}}
    values = summaries.summary(Sweep((5,), config, None), ended, {})
    found = values["figures"]["test"]["loss"]
    assert (found["mean"], found["low"], found["high"]) == (2.0, None, None)
    json.loads(json.dumps(values, allow_nan=False))


def test_runs_of_a_sweep_are_told_in_order_and_of_a_run_none(sweep, small_run):
    assert [path.name for path in runs_of(sweep[0])] == ["seed-0000", "seed-0001", "seed-0003"]
    assert runs_of(small_run[0]) == []


def test_commands_that_want_one_run_name_the_seeds_folders(sweep):
    for command, argv in (
        (evaluate.main, [str(sweep[0])]),
        (run.main, ["--model", "mlp", "--run-dir", str(sweep[0])]),
    ):
        with pytest.raises(configs.ConfigError) as caught:
            command(argv)
        code, line = describe(caught.value)
        assert code == 2
        assert "holds the runs of several seeds; give one of" in line
        assert "seed-0003" in line


def test_what_is_missing_is_trained_and_nothing_else(
    train_here, small_arguments, tmp_path, monkeypatch, capsys
):
    argv = [*small_arguments, "--epochs", "1"]
    train_here(tmp_path / "run", *argv, "--seeds", "0-1")
    whole, trained = training.train, []

    def noted(plan, path, *given, **options):
        trained.append((path.name, options["resume"]))
        return whole(plan, path, *given, **options)

    monkeypatch.setattr(training, "train", noted)
    # As a kill leaves it that comes before the run's end.
    (tmp_path / "run" / "seed-0001" / "summary.json").unlink()
    values = train_here(tmp_path / "run", "--resume", "--seeds", "4")
    assert trained == [("seed-0001", True), ("seed-0004", False)]
    assert (values["seeds"], values["ended"]) == ([0, 1, 4], [0, 1, 4])
    assert "95 % interval" in capsys.readouterr().out
    alone = train_here(tmp_path / "alone", *argv, "--seed", "4")
    assert values["final_weights_sha256"]["4"] == alone["final_weights_sha256"]


def test_a_change_reaches_every_seed_or_none(train_here, small_arguments, tmp_path):
    folder = tmp_path / "run"
    train_here(folder, *small_arguments, "--epochs", "1", "--seeds", "0-1")
    before = (folder / "several.json").read_bytes()
    with pytest.raises(configs.ConfigError, match="learning_rate"):
        train_here(folder, "--resume", "--learning-rate", "0.01")
    assert (folder / "several.json").read_bytes() == before
    with pytest.raises(configs.ConfigError, match="give --seeds to add some"):
        train_here(folder, "--resume", "--seed", "4")
    train_here(folder, "--resume", "--epochs", "2")
    for path in runs_of(folder):
        assert json.loads((path / "summary.json").read_text())["steps"] == 68


def test_a_seed_that_diverges_is_told_and_the_others_end(
    train_here, small_arguments, tmp_path, monkeypatch
):
    whole = training.train

    def diverging(plan, path, *given, **options):
        if plan.config.seed == 1:
            raise DivergedError("the loss of update 7 is nan")
        return whole(plan, path, *given, **options)

    monkeypatch.setattr(training, "train", diverging)
    with pytest.raises(DivergedError, match="seed 1 of 2 diverged; the others have ended"):
        train_here(tmp_path / "run", *small_arguments, "--epochs", "1", "--seeds", "0-1")
    values = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert values["diverged"] == {"1": "the loss of update 7 is nan"}
    assert values["ended"] == [0]


def test_the_loop_is_compiled_for_the_first_seed_alone(
    train_here, small_arguments, tmp_path, monkeypatch
):
    loops, begin = [], Loop.__init__

    def counted(self, *given):
        loops.append(self)
        begin(self, *given)

    monkeypatch.setattr(Loop, "__init__", counted)
    train_here(tmp_path / "run", *small_arguments, "--epochs", "1", "--seeds", "0-2")
    assert len(loops) == 1


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--seeds", "0-1", "--seed", "3"], "--seed and --seeds are given"),
        (["--seeds", "a"], "give seeds as in 0-4 or 0,3,7"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(argv, told, tmp_path):
    with pytest.raises(configs.ConfigError, match=told):
        run.main(["--model", "mlp", *argv, "--run-dir", str(tmp_path / "run")])
    assert list(tmp_path.iterdir()) == []


def test_a_single_run_does_not_become_several(small_run):
    with pytest.raises(configs.ConfigError, match="the run of one seed; leave --seeds out"):
        run.main(["--run-dir", str(small_run[0]), "--resume", "--seeds", "0-1"])


def test_a_damaged_file_is_one_line(tmp_path):
    (tmp_path / "several.json").write_text("{")
    with pytest.raises(configs.ConfigError, match="is damaged"):
        evaluate.main([str(tmp_path)])

"""Runs in environments of Gymnasium: killed and resumed exactly, and ended where they fail."""

import os
import signal
from pathlib import Path

import numpy as np
import own_environments
import pytest
from forked import Command, users_environment
from PIL import Image
from places import ROOT

import configs
import datasets
import trainers
import zoo
from trainers import evaluate, run
from trainers.cli.exit import describe
from trainers.runs import checkpoints

OWN = ["--import", own_environments.__file__]
SHORT = ["--model", "policy", "--model.hidden-units", "8", "--batch-size", "3"]
SHORT += ["--problem.horizon-steps", "12", "--histograms", "true", "--evaluate-every-steps", "9"]
ACROBOT = [*OWN, *SHORT, "--dataset", "ShortAcrobot-v0", "--steps", "9"]
ACROBOT += ["--checkpoint-every-steps", "3", "--keep-checkpoints", "9"]


@pytest.fixture(scope="module")
def straight(train_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("acrobot") / "run"
    return folder, train_here(folder, *ACROBOT)


def test_acrobot_killed_in_an_episode_ends_in_the_uninterrupted_bits(
    straight, tmp_path, train_here
):
    folder, expected = straight
    # 84 steps of 3 environments: the second episodes are under way, the probe has been elsewhere.
    paths = [str(Path(__file__).parents[2] / "runs"), str(ROOT), str(ROOT / "tests")]
    environment = users_environment(PYTHONPATH=os.pathsep.join(paths))
    run_dir = tmp_path / "run"
    argv = [7, *ACROBOT, "--run-dir", run_dir]
    with Command("killed_run", *argv, env=environment) as killed:
        assert killed.wait(120) == -signal.SIGKILL
    saved = checkpoints.load_newest(run_dir / "checkpoints")
    assert saved.step == 6
    elapsed = [array for key, array in saved.arrays.items() if array.shape == (3, 60)]
    assert len(elapsed) == 1
    assert elapsed[0].any()  # actions of episodes that have not ended
    resumed = train_here(run_dir, "--resume", *OWN)
    assert resumed["final_weights_sha256"] == expected["final_weights_sha256"]
    assert resumed["final"] == expected["final"]
    for key, value in checkpoints.load(folder / "checkpoints", 9).arrays.items():
        again = checkpoints.load(run_dir / "checkpoints", 9).arrays[key]
        np.testing.assert_array_equal(value, again, err_msg=key)


def test_run_in_a_gymnasium_environment_is_drawn_and_measured_again(straight, capsys):
    folder, summary = straight
    with Image.open(folder / "episode.gif") as moving:
        assert moving.size == (200, 200)  # Acrobot's pictures are square
        assert moving.n_frames > 3
    assert "reward_threshold" not in summary  # the short one has none
    evaluate.main([str(folder), "--split", "test", *OWN])
    shown = capsys.readouterr().out
    assert f"{summary['best']['test']['mean_return']:.4f}" in shown


def test_threshold_of_the_registry_ends_the_summary(tmp_path, train_here, capsys):
    summary = train_here(tmp_path / "run", *OWN, *SHORT, "--dataset", "Walk", "--steps", "1")
    assert summary["reward_threshold"] == -5
    assert summary["solved"] == (summary["best"]["test"]["mean_return"] >= -5)
    told = "reached" if summary["solved"] else "not reached"
    assert f"solved    at a mean_return of -5, which is {told}\n" in capsys.readouterr().out
    assert not (tmp_path / "run" / "episode.gif").exists()  # and without a warning


# Before the first update, and inside the graph that trains.
@pytest.mark.parametrize(("name", "steps"), [("Walk-raises-v0", 5), ("Walk-raises-late-v0", 17)])
def test_environment_that_fails_ends_the_run_with_its_own_line(name, steps, tmp_path):
    argv = [*OWN, *SHORT, "--dataset", name, "--run-dir", str(tmp_path / "run")]
    with pytest.raises(datasets.DataError, match=f"failed after {steps} steps") as caught:
        run.main([*argv, "--steps", "3", "--histograms", "false"])
    code, text = describe(caught.value)
    assert code == 3
    assert text.endswith("RuntimeError: the floor is gone")


@pytest.mark.parametrize("name", ["Acrobt-v1", "Pendulum-v1"])
def test_environment_that_cannot_be_played_writes_nothing(name, tmp_path):
    with pytest.raises(datasets.DataError, match=r"Acrobot-v1|are Box"):
        run.main([*SHORT, "--dataset", name, "--run-dir", str(tmp_path / "run")])
    assert not (tmp_path / "run").exists()


def test_ids_are_names_of_data_in_python_too(tmp_path):
    settings = {"batch_size": 2, "steps": 2, "run_dir": tmp_path / "run", "histograms": False}
    settings |= {"hidden_units": (4,), "horizon_steps": 4, "evaluated_actions": "drawn"}
    fitted = trainers.fit("policy", "Walk", normalize_inputs=True, **settings)
    # What its observations are normalized by, it has counted: 2 segments of 2 environments.
    trained = zoo.trained_model(fitted.model)
    assert (
        8 < float(trained.get_layer("normalization").count) <= 16
    )  # but for steps between episodes
    assert fitted.evaluate("test")["mean_return"] < 0
    with pytest.raises(configs.ConfigError, match=r"dataset .Acrobot-v1. for control"):
        trainers.fit("mlp", "Acrobot-v1", run_dir=tmp_path / "other")

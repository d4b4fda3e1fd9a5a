"""Runs of a policy: exact resume, the pictures they leave, and what they refuse."""

import json
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

import configs
import datasets
import zoo
from trainers import run
from trainers.output.theme import colour
from trainers.problems.reinforcement.pictures import changes
from trainers.runs import checkpoints

SHORT = ["--model", "policy", "--model.hidden-units", "8", "--batch-size", "4"]
SHORT += ["--problem.horizon-steps", "12", "--histograms", "true"]


@pytest.fixture(scope="module")
def short_run(train_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("policy") / "run"
    every = ["--checkpoint-every-steps", "3", "--keep-checkpoints", "9"]
    return folder, train_here(folder, *SHORT, "--steps", "9", *every)


def test_run_resumed_in_the_middle_ends_in_the_uninterrupted_bits(
    short_run, tmp_path, train_here, rows_of
):
    folder = shutil.copytree(short_run[0], tmp_path / "resumed")
    kept = folder / "checkpoints"
    for step in checkpoints.available(kept):
        if step > 3:
            shutil.rmtree(kept / f"step-{step:09d}")
    summary = train_here(folder, "--resume")
    assert summary["final_weights_sha256"] == short_run[1]["final_weights_sha256"]
    assert summary["final"] == short_run[1]["final"]
    straight, resumed = (
        checkpoints.load(each / "checkpoints", 9) for each in (short_run[0], folder)
    )
    for key, value in straight.arrays.items():
        np.testing.assert_array_equal(value, resumed.arrays[key], err_msg=key)
    rows = rows_of(short_run[0])
    assert set(rows_of(folder)) == set(rows)


def test_run_leaves_pictures_of_an_episode(short_run, events_of):
    folder, _ = short_run
    with Image.open(folder / "episode.gif") as moving:
        assert moving.n_frames >= 3
        assert moving.size == (300, 200)
        assert moving.info["duration"] == 100
    with Image.open(folder / "episode.png") as strip:
        pixels = np.asarray(strip)
    assert pixels.shape[2] == 3
    assert len(np.unique(pixels)) > 5
    assert 1400 < pixels.shape[1] < 1600  # eight stills, as wide as a slide
    assert any(tag.startswith("episode") for tag, _ in events_of(folder, "train"))


def test_what_has_changed_in_an_episode_is_drawn_in_two_colours():
    """A balanced pole looks alike in all stills: what is shown is how far it has moved."""
    stills = np.full((3, 6, 8, 3), 255, np.uint8)
    stills[0, :, 2], stills[1, :, 2], stills[2, :, 5] = 0, 0, 0
    shown = changes(stills)
    assert (shown[:2] == 255).all()  # nothing has moved
    left, come = shown[2, 0, 2], shown[2, 0, 5]
    assert "#{:02x}{:02x}{:02x}".format(*left) == colour("train")
    assert "#{:02x}{:02x}{:02x}".format(*come) == colour("wrong")
    assert (np.delete(shown[2], [2, 5], axis=1) == 255).all()
    # Half as dark is half as strong.
    stills[2, :, 5] = 127
    half = changes(stills)[2, 0, 5].astype(int)
    assert abs(half - (255 + come.astype(int)) / 2).max() <= 1


def test_missing_pygame_costs_the_pictures_and_not_the_run(
    tmp_path, train_here, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "pygame.gfxdraw", None)
    train_here(tmp_path / "run", *SHORT, "--steps", "1")
    assert not (tmp_path / "run" / "episode.gif").exists()
    assert (
        "warning: the picture of an episode failed (DataError: drawing CartPole-v1"
        in capsys.readouterr().err
    )
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["compile"] == "graph"


REFUSED = {
    ("--compile", "xla"): "--compile xla cannot train 'policy'",
    ("--precision", "mixed_bfloat16"): "allowed for this model: float32",
    ("--loss", "mse"): "control",
    ("--dataset", "digits"): "model 'policy' is for control",
    ("--problem.discount", "1.5"): "discount=1.5; allowed: float in [0, 1]",
    ("--problem.horizon-steps", "0"): "horizon_steps=0; allowed: int in [1, inf)",
    ("--batch-size", "5000"): "larger than the training set",
}


@pytest.mark.parametrize("given", sorted(REFUSED), ids=" ".join)
def test_what_a_policy_cannot_do_is_refused_on_one_line(tmp_path, given):
    kinds = (configs.ConfigError, datasets.DataError, zoo.ModelOptionError)
    with pytest.raises(kinds) as caught:
        run.main([*SHORT, *given, "--run-dir", str(tmp_path / "run")])
    assert REFUSED[given] in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()

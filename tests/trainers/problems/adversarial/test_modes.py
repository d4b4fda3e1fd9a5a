"""Figures of points over modes, against sums written out, and whole runs of points."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

import configs
import datasets
import zoo
from trainers import evaluate, generate
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.cli.exit import describe
from trainers.cli.run_arguments import parse
from trainers.problems.adversarial.modes import Modes
from trainers.problems.adversarial.point_pictures import scatter

ARGUMENTS = ["--model", "gan", "--dataset", "ring", "--model.generator-units", "6"]
ARGUMENTS += ["--model.discriminator-units", "5", "--model.maxout-pieces", "2", "--model.pack", "2"]
ARGUMENTS += ["--model.latent-dim", "2", "--batch-size", "32", "--evaluate-every-steps", "3"]
ARGUMENTS += ["--compile", "graph"]

# Three modes, of unlike shares, and unlike in both coordinates.
MODES = Modes(
    classes=np.array([0, 1, 3]),
    centres=np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 8.0]]),
    deviations=np.array([[1.0, 1.0], [0.5, 1.0], [1.0, 2.0]]),
    shares=np.array([0.5, 0.25, 0.25]),
    good_share=0.96,
)
# Good at the third, at the first and at the second; and one astray, which is nearest to that.
POINTS = np.array([[0.0, 2.9], [-1.0, 0.0], [4.0, -2.0], [7.0, 0.0]])


def test_nearest_mode_is_by_that_modes_own_deviations():
    nearest, distances = MODES.nearest(POINTS)
    # By plain distance the first would be nearest to the first mode, and here 5.1 / 2 is less.
    np.testing.assert_array_equal(nearest, [2, 0, 1, 1])
    np.testing.assert_allclose(distances, [5.1 / 2, 1, 2, 3 / 0.5])


def test_figures_are_their_sums_written_out():
    figures = MODES.figures(POINTS)
    shares = {0: 0.25, 1: 0.5, 3: 0.25}
    expected = {0: 0.5, 1: 0.25, 3: 0.25}
    assert figures["modes_covered"] == 3
    assert figures["good_share"] == 0.75
    good = {0: 0.25, 1: 0.25, 3: 0.25}
    assert figures["reverse_kl"] == pytest.approx(
        sum(q / 0.75 * np.log(q / 0.75 / expected[k]) for k, q in good.items())
    )
    at_modes = sum(q * np.log(q / (expected[k] * 0.96)) for k, q in good.items())
    assert figures["divergence"] == pytest.approx(at_modes + 0.25 * np.log(0.25 / 0.04))
    assert {name: figures[f"share_{name}"] for name in shares} == shares


def test_all_points_at_one_mode_have_the_divergence_of_its_share():
    figures = MODES.figures(np.zeros((7, 2)))
    assert figures["modes_covered"] == 1
    assert figures["reverse_kl"] == pytest.approx(np.log(2))
    assert figures["divergence"] == pytest.approx(-np.log(0.5 * 0.96))


def test_where_no_point_is_good_all_are_counted_to_their_nearest_mode():
    figures = MODES.figures(np.array([[0.0, 100.0], [1.0, 100.0], [100.0, 0.0], [0.0, -100.0]]))
    assert figures["good_share"] == 0
    shares = np.array([figures[f"share_{name}"] for name in (0, 1, 3)])
    some = shares > 0
    assert figures["reverse_kl"] == pytest.approx(
        (shares[some] * np.log(shares[some] / MODES.shares[some])).sum()
    )


@pytest.fixture(scope="module")
def ring():
    return load_data(resolve(parse(ARGUMENTS).config)).dataset


def test_modes_of_the_ring_are_its_centres_and_its_own_points_are_as_good_as_it_gets(ring):
    modes = Modes.of(ring)
    angles = np.pi / 4 * np.arange(8)
    np.testing.assert_allclose(
        modes.centres, np.stack([np.cos(angles), np.sin(angles)], 1), atol=2e-3
    )
    np.testing.assert_allclose(modes.deviations, 0.01, rtol=0.05)
    figures = modes.figures(ring.splits["test"].inputs)
    assert figures["modes_covered"] == 8
    assert figures["good_share"] == pytest.approx(1 - np.exp(-4.5), abs=0.005)
    assert figures["reverse_kl"] < 1e-4
    assert figures["divergence"] < 2e-3


def test_a_mode_without_any_spread_is_refused_by_name(ring):
    train = ring.splits["train"]
    inputs = np.where(train.targets[:, None] == 2, np.float32(0), train.inputs)
    flat = dataclasses.replace(
        ring, splits={**ring.splits, "train": dataclasses.replace(train, inputs=inputs)}
    )
    with pytest.raises(datasets.DataError, match=r"class '\(0, 1\)' of 'ring' are all equal"):
        Modes.of(flat)


def test_a_mode_left_out_is_crossed_in_the_picture(ring):
    modes = Modes.of(ring)
    test = ring.splits["test"]
    some = test.inputs[test.targets != 0]
    whole, without = scatter(test.inputs, test.inputs, modes), scatter(some, test.inputs, modes)
    black = [(picture[:, 400:].max(axis=2) < 60).sum() for picture in (whole, without)]
    assert whole.shape == without.shape
    assert black[1] > black[0] + 20


@pytest.fixture(scope="module")
def whole(train_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("points") / "run"
    return folder, train_here(folder, *ARGUMENTS, "--steps", "6")


def test_a_run_of_points_has_their_figures_and_pictures(whole, events_of):
    folder, summary = whole
    test = summary["best"]["test"]
    assert sum(test[f"share_{mode}"] for mode in range(8)) == pytest.approx(1)
    assert 0 <= test["good_share"] < test["good_share_of_real"]
    assert test["frechet_of_halves"] < test["frechet_distance"]
    assert not (folder / "feature_classifier.keras").exists()
    names = {"step-000000003.png", "step-000000006.png", "final.png"}
    assert {path.name for path in (folder / "samples").iterdir()} == names
    with Image.open(folder / "samples" / "final.png") as picture:
        assert picture.size == (540, 540)
    shown = {step for tag, step in events_of(folder, "train") if tag.startswith("samples")}
    assert shown == {3, 6}


def test_points_are_evaluated_again_and_resumed_to_the_same_bits(
    whole, train_here, tmp_path, capsys
):
    folder, summary = whole
    capsys.readouterr()
    evaluate.main([str(folder), "--split", "validation", "--json"])
    printed = json.loads(capsys.readouterr().out)
    for name, value in summary["best"]["validation"].items():
        assert printed[name] == value
    train_here(tmp_path / "run", *ARGUMENTS, "--steps", "4")
    resumed = train_here(tmp_path / "run", "--resume", "--steps", "6")
    assert resumed["final_weights_sha256"] == summary["final_weights_sha256"]
    assert resumed["final"] == summary["final"]


def test_the_model_of_a_run_draws_points(whole):
    model = zoo.load_model(whole[0] / "model.keras")
    drawn = model(np.zeros((3, 2), np.float32))
    assert drawn["points"].shape == (3, 2)
    assert drawn["scores"].shape == (3, 1)


def test_generate_draws_points_by_seed_and_writes_what_it_prints(whole, tmp_path, capsys):
    folder, printed = str(whole[0]), []
    capsys.readouterr()
    for seed in ("1", "1", "2"):
        generate.main([folder, "--count", "5", "--seed", seed])
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] != printed[2]
    rows = np.genfromtxt(printed[0].splitlines(), delimiter=",", names=True)
    assert rows.dtype.names == ("x", "y")
    for name in ("points.csv", "points.npy"):
        generate.main([folder, "--count", "5", "--seed", "1", "--output", str(tmp_path / name)])
    assert (tmp_path / "points.csv").read_text() == printed[0]
    written = np.load(tmp_path / "points.npy")
    np.testing.assert_allclose(written, np.stack([rows["x"], rows["y"]], axis=1), rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prompt", "O"], "--prompt changes nothing: "),
        (["--length", "3"], "draws examples, and no text; leave it out"),
        (["--count", "0"], "--count is 0; give a number from 1 to 1000000"),
        (["--seed", "-1"], "--seed is -1; give a number from 0 to 2147483647"),
        (["--output", "points.png"], "points are written as .csv or .npy; give a file of such"),
        (["--output", "absent/points.csv"], "lies in no folder absent; make it, or choose another"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(whole, arguments, message):
    with pytest.raises(configs.ConfigError) as caught:
        generate.main([str(whole[0]), *arguments])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--problem.classifier-steps", "5"], "without a classifier; leave it out"),
        (["--dataset", "iris"], "got rows of 4 numbers; allowed: images, or points of 2 numbers"),
        (["--dataset", "digits"], "which changes nothing where it draws images; leave it out"),
    ],
)
def test_what_points_cannot_be_drawn_with_is_refused_in_one_line(arguments, message):
    plan = resolve(parse([*ARGUMENTS, *arguments]).config)
    dataset = load_data(plan).dataset
    with pytest.raises((configs.ConfigError, zoo.ModelError)) as caught:
        assemble(plan, dataset)
    code, told = describe(caught.value)
    assert message in told
    assert "\n" not in told
    assert code == 2

"""A generator's whole run: what it leaves to look at, its classifier, and an exact resume."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import configs
from trainers import evaluate, generate
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse
from trainers.problems.adversarial import feature_classifier
from trainers.problems.adversarial.feature_classifier import ClassifierKeeper

ARGUMENTS = ["--model", "gan", "--model.filters", "4", "--model.latent-dim", "8"]
ARGUMENTS += ["--batch-size", "32", "--problem.classifier-steps", "40"]
ARGUMENTS += ["--evaluate-every-steps", "6", "--histograms", "false", "--compile", "graph"]


@pytest.fixture(scope="module")
def whole(train_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("generation") / "run"
    return folder, train_here(folder, *ARGUMENTS, "--steps", "12")


@pytest.fixture(scope="module")
def data():
    return load_data(resolve(parse(ARGUMENTS).config)).dataset


@pytest.fixture
def counted(monkeypatch):
    """Count the classifiers that are trained."""
    trained = []

    def train(dataset, steps):
        trained.append(steps)
        return original(dataset, steps)

    original = feature_classifier.train
    monkeypatch.setattr(feature_classifier, "train", train)
    return trained


@pytest.mark.slow
def test_stopped_and_resumed_run_ends_in_the_same_bits_with_the_same_classifier(
    whole, train_here, tmp_path, rows_of, counted
):
    folder, straight = whole
    train_here(tmp_path / "run", *ARGUMENTS, "--steps", "7")
    content = (tmp_path / "run" / "feature_classifier.keras").read_bytes()
    resumed = train_here(tmp_path / "run", "--resume", "--steps", "12")
    assert counted == [40]
    assert (tmp_path / "run" / "feature_classifier.keras").read_bytes() == content
    assert resumed["final_weights_sha256"] == straight["final_weights_sha256"]
    assert resumed["final"] == straight["final"]
    rows, expected = rows_of(tmp_path / "run"), rows_of(folder)
    for key in (key for key in expected if key[0] == "validation"):
        assert rows[key] == expected[key], key
    pictures = {path.name for path in (folder / "samples").iterdir()}
    for name in pictures - {"final.png", "interpolation.png", "classes.png"}:
        assert (tmp_path / "run" / "samples" / name).read_bytes() == (
            folder / "samples" / name
        ).read_bytes()


def test_pictures_are_written_in_the_folder_and_in_tensorboard(whole, events_of):
    folder, _ = whole
    sizes = {}
    for path in (folder / "samples").iterdir():
        with Image.open(path) as picture:
            sizes[path.name] = picture.size
    side = 8 * 57 - 1
    assert sizes.pop("classes.png")[0] > 600
    # A frame, and above a line of words; of the interpolation two.
    assert sizes == {
        "step-000000006.png": (side + 16, side + 40),
        "step-000000012.png": (side + 16, side + 40),
        "final.png": (side + 16, side + 40),
        "interpolation.png": (10 * 57 - 1 + 16, side + 61),
    }
    shown = {step for tag, step in events_of(folder, "train") if tag.startswith("samples")}
    assert shown == {6, 12}


def test_generate_draws_a_grid_of_images_into_a_file(whole, tmp_path):
    generate.main([str(whole[0]), "--count", "5", "--output", str(tmp_path / "images.png")])
    with Image.open(tmp_path / "images.png") as picture:
        assert picture.size == (3 * 57 - 1, 2 * 57 - 1)
        assert not np.asarray(picture)[57:, 2 * 57 :].any()  # the sixth place is empty
    generate.main([str(whole[0]), "--count", "2", "--output", str(tmp_path / "images.npy")])
    assert np.load(tmp_path / "images.npy").shape == (2, 8, 8, 1)
    with pytest.raises(configs.ConfigError, match=r"give one, e\.g\. --output images\.png"):
        generate.main([str(whole[0])])


def test_figures_of_a_split_are_whole_and_sum_to_one(whole):
    test = whole[1]["best"]["test"]
    shares = [test[f"share_{number}"] for number in range(10)]
    assert sum(shares) == pytest.approx(1)
    assert test["smallest_class_share"] == min(shares)
    assert test["classes_present"] == sum(share > 0.05 for share in shares)
    assert 0 < test["frechet_of_halves"] < test["frechet_distance"]
    record = json.loads((whole[0] / "feature_classifier.json").read_text(encoding="utf-8"))
    assert test["classifier_accuracy"] == pytest.approx(record["test_accuracy"])


def test_evaluate_uses_the_runs_own_classifier_and_writes_nothing(whole, counted, capsys):
    folder, summary = whole
    before = sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob("*"))
    capsys.readouterr()
    evaluate.main([str(folder), "--split", "validation", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert counted == []
    for name, value in summary["best"]["validation"].items():
        assert printed[name] == value
    assert sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob("*")) == before


@pytest.mark.parametrize("damage", ["none", "file", "accuracy", "steps"])
def test_a_classifier_that_does_not_fit_is_said_and_trained_anew(
    whole, tmp_path, data, counted, damage, capsys
):
    for name in ("feature_classifier.keras", "feature_classifier.json"):
        shutil.copy(whole[0] / name, tmp_path / name)
    if damage == "file":
        (tmp_path / "feature_classifier.keras").write_bytes(b"not a model")
    if damage == "accuracy":
        record = json.loads((tmp_path / "feature_classifier.json").read_text(encoding="utf-8"))
        record["test_accuracy"] /= 2
        (tmp_path / "feature_classifier.json").write_text(json.dumps(record))
    keeper = ClassifierKeeper(data, 41 if damage == "steps" else 40)
    keeper.begin(tmp_path)
    assert ("is damaged or missing; it is trained anew" in capsys.readouterr().err) == bool(counted)
    images = data.splits["test"].inputs[:20]
    features, classes = keeper.classifier.look(images)
    assert counted == ([] if damage == "none" else [41 if damage == "steps" else 40])
    assert features.shape == (20, 64)
    assert classes.shape == (20,)
    # What was trained anew is saved, so that the next keeper reads it.
    again = ClassifierKeeper(data, 41 if damage == "steps" else 40)
    again.read(tmp_path)
    np.testing.assert_array_equal(again.classifier.look(images)[0], features)
    assert len(counted) <= 1

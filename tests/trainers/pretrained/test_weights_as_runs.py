"""Wherever a run or a model's file is asked for, trained weights are taken by their name."""

import json

import numpy as np
import pytest
from PIL import Image
from places import require_embedded

import configs
import zoo
from trainers import evaluate, export, generate, plot, predict, run
from trainers.cli.exit import describe
from trainers.pretrained.weights import typed_run
from zoo.weights import names
from zoo.weights.arrays import read_arrays
from zoo.weights.names import ARRAYS, CARD, file_of
from zoo.weights.variable_names import named_weights

NAME = "perceptron:digits"


@pytest.fixture
def picture(tmp_path):
    """A test digit of the card's data, as a file."""
    import datasets

    test = datasets.load("digits").splits["test"]
    pixels = np.rint(np.asarray(test.inputs[0]) * 255).astype(np.uint8)  # a file's white is 255
    Image.fromarray(pixels[..., 0]).save(tmp_path / "digit.png")
    return tmp_path / "digit.png", int(test.targets[0])


def test_a_picture_is_predicted_as_the_model_says(picture, capsys):
    path, label = picture
    predict.main([NAME, str(path), "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out)
    pixels = np.rint(np.asarray(Image.open(path)) * (16 / 255)).astype(np.uint8)[None, ..., None]
    answers = np.asarray(zoo.load_model(NAME)(pixels))[0]
    assert str(answers.argmax()) == str(label)
    assert str(label) in json.dumps(found)


def test_the_split_that_the_card_measured_is_evaluated(capsys):
    evaluate.main([NAME, "--json"])
    found, card = json.loads(capsys.readouterr().out), zoo.weights_card(NAME)
    assert found["accuracy"] == pytest.approx(card.test.value, abs=2e-4)
    assert found["step"] == card.best_step
    assert found["classes"]["3"]["recall"] == pytest.approx(card.classes["3"]["recall"], abs=0.05)


def test_other_data_are_evaluated_as_they_are_by_a_run(tmp_path, picture, capsys):
    path, label = picture
    folder = tmp_path / "pictures" / str(label)
    folder.mkdir(parents=True)
    path.rename(folder / "digit.png")
    where = ["--dataset", "images", "--data-path", str(tmp_path / "pictures")]
    evaluate.main([NAME, *where, "--json"])
    assert json.loads(capsys.readouterr().out)["accuracy"] == 1.0


@pytest.mark.slow
def test_examples_that_the_weights_have_seen_are_told(capsys):
    require_embedded("mnist_5k")
    evaluate.main(["cnn:mnist", "--dataset", "mnist_5k", "--json"])
    told = capsys.readouterr()
    assert json.loads(told.out)["accuracy"] > 0.98
    assert "note: mnist_5k is part of mnist's training examples, which the model saw" in told.err


def test_export_writes_here_what_answers_alike(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    export.main([NAME, "--format", "keras"])
    assert "examples of the run's test split" in capsys.readouterr().out
    written = zoo.load_model(tmp_path / "perceptron-digits.keras")
    images = np.random.default_rng(0).integers(0, 17, (5, 8, 8, 1)).astype(np.uint8)
    np.testing.assert_allclose(written(images), zoo.load_model(NAME)(images), atol=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["perceptron-digits.keras"]


def test_a_run_begins_with_them(tmp_path, capsys):
    words = [
        "--model",
        "perceptron",
        "--init-from",
        NAME,
        "--steps",
        "1",
        "--learning-rate",
        "1e-9",
    ]
    run.main([*words, "--run-dir", str(tmp_path / "run")])
    assert f"taken from {NAME}: 2 of 2 variables" in capsys.readouterr().err
    card, arrays = zoo.weights_card(NAME), read_arrays(zoo.weights_card(NAME))
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["initial_weights"]["sha256"] == card.sha256
    assert configs.load_recipe(tmp_path / "run" / "config.yaml")["init_from"] == NAME
    trained = zoo.trained_model(zoo.load_model(tmp_path / "run" / "model.keras"))
    for path, variable in named_weights(trained).items():
        np.testing.assert_allclose(variable.numpy(), arrays[path], atol=1e-6)


@pytest.mark.parametrize(
    ("command", "words", "code", "told"),
    [
        (predict, ["perceptron:digist", "x.png"], 2, f"did you mean '{NAME}'? allowed: "),
        (
            predict,
            ["perceptron-digits", "x.png"],
            2,
            f"no config.yaml; did you mean '{NAME}'? runs",
        ),
        (predict, ["./perceptron:digits", "x.png"], 2, "is not a run folder"),
        (evaluate, ["perceptron:digist"], 2, f"did you mean '{NAME}'? allowed: "),
        (evaluate, [NAME, "--checkpoint", "newest"], 2, "come without checkpoints; give a run's"),
        (evaluate, [NAME, "--dataset", "diabetes"], 2, "diabetes"),
        (export, ["perceptron:digist", "--format", "keras"], 2, f"did you mean '{NAME}'?"),
        (
            generate,
            [NAME],
            2,
            f"weights '{NAME}' are of a classification, and text is continued by",
        ),
        (plot, [NAME], 2, "come without learning curves; give a run's folder: `python -m"),
        (run, ["--init-from", "perceptron:digist"], 2, f"did you mean '{NAME}'? allowed: "),
        (
            run,
            ["--init-from", "perceptron-digits"],
            2,
            f"is not there; did you mean '{NAME}'? give",
        ),
    ],
)
def test_what_cannot_be_is_refused_on_one_line(command, words, code, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError) as caught:
        command.main(words)
    found, line = describe(caught.value)
    assert (found, told in line) == (code, True), line
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def damaged(tmp_path, monkeypatch):
    """The zoo's folder with the arrays of one model changed by a bit."""
    for suffix in (ARRAYS, CARD):
        content = bytearray(file_of(NAME, suffix).read_bytes())
        content[-3] ^= 4 if suffix == ARRAYS else 0
        (tmp_path / f"perceptron-digits{suffix}").write_bytes(content)
    monkeypatch.setattr(names, "FOLDER", tmp_path)


@pytest.mark.usefixtures("damaged")
@pytest.mark.parametrize(
    ("command", "words"),
    [
        (predict, [NAME, "x.png"]),
        (evaluate, [NAME]),
        (export, [NAME, "--format", "keras"]),
        (run, ["--model", "perceptron", "--init-from", NAME, "--steps", "1"]),
    ],
)
def test_damaged_weights_end_every_command_as_a_damaged_checkpoint_does(command, words):
    with pytest.raises(zoo.ModelFileError) as caught:
        command.main(words)
    code, line = describe(caught.value)
    assert code == 4
    assert "is damaged or another file: its SHA-256 is" in line


def test_a_folder_of_the_name_goes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert isinstance(typed_run(NAME), zoo.WeightsCard)
    (tmp_path / NAME).mkdir()
    assert str(typed_run(NAME)) == NAME
    with pytest.raises(configs.ConfigError, match="is not a run folder"):
        evaluate.main([NAME])

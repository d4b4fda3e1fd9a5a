"""`trainers.predict`: raw files in, answers out, and what is said where there are none."""

import csv
import io
import json

import keras
import numpy as np
import pytest
from PIL import Image

import configs
import datasets
import zoo
from trainers import predict
from trainers.cli.exit import describe
from trainers.errors import CheckpointError
from trainers.predictions.predictor import Predictor

NUMBER = {"kind": "number", "mean": 1.0, "deviation": 2.0, "fill": 1.0, "indicator": True}
TABLE = {
    "inputs": {
        "kind": "table",
        "columns": [
            {"name": "size", **NUMBER},
            {"name": "col/our", "kind": "category", "categories": ["red"]},
        ],
    },
    "outputs": {
        "kind": "numbers",
        "names": ["price", "age"],
        "mean": [10.0, 0.0],
        "deviation": [2.0, 1.0],
    },
}
SYMBOLS = ["a", "b", "\n"]
TEXT = {
    "inputs": {"kind": "symbols", "symbols": SYMBOLS, "unknown": None},
    "outputs": {"kind": "symbols", "names": SYMBOLS},
}
PICTURES = {
    "inputs": {"kind": "images", "shape": [4, 4, 1], "scale": 255.0, "resize": "fit"},
    "outputs": {"kind": "classes", "names": ["cat", "dog", "emu"]},
}


def saved(folder, model, preparation):
    """A model with its preparation around it, in a file, and its weights."""
    path = folder / f"{model.name}.keras"
    zoo.deployable(model, preparation).save(path)
    return path, [np.asarray(each) for each in model.get_weights()]


@pytest.fixture(scope="module")
def table_model(tmp_path_factory):
    keras.utils.set_random_seed(1)
    model = zoo.create_model("linear_regression", num_classes=2, input_shape=(4,))
    return saved(tmp_path_factory.mktemp("table"), model, TABLE)


@pytest.fixture(scope="module")
def text_model(tmp_path_factory):
    keras.utils.set_random_seed(1)
    model = zoo.create_model("lstm", num_classes=3, input_shape=(5,), units=4)
    return saved(tmp_path_factory.mktemp("text"), model, TEXT)[0], model


@pytest.fixture(scope="module")
def picture_model(tmp_path_factory):
    keras.utils.set_random_seed(1)
    model = zoo.create_model("perceptron", num_classes=3, input_shape=(4, 4, 1))
    return saved(tmp_path_factory.mktemp("pictures"), model, PICTURES)[0]


@pytest.fixture
def shown(capsys):
    """What `trainers.predict` prints to standard output."""

    def run(*argv):
        capsys.readouterr()
        predict.main([str(word) for word in argv])
        return capsys.readouterr().out

    return run


def test_a_runs_model_alone_reaches_its_test_figure_on_raw_arrays(small_run, tmp_path, shown):
    folder, summary = small_run
    test = datasets.load("digits").splits["test"]
    raw = np.rint(test.inputs * 16).astype(np.uint8)
    np.savez(tmp_path / "raw.npz", X=raw)
    found = json.loads(shown(folder, tmp_path / "raw.npz", "--format", "json", "--top", "20"))
    assert [row["row"] for row in found] == list(range(test.size))
    said = np.array([int(row["predictions"][0]["class"]) for row in found])
    assert (said == test.targets).mean() == pytest.approx(
        summary["best"]["test"]["accuracy"], abs=1e-12
    )
    chances = [{each["class"]: each["probability"] for each in row["predictions"]} for row in found]
    assert {len(each) for each in chances} == {10}
    true = [row[str(number)] for row, number in zip(chances, test.targets, strict=True)]
    assert -np.log(true).mean() == pytest.approx(summary["best"]["test"]["loss"], abs=1e-5)


def test_a_table_gives_its_targets_in_their_own_units(table_model, tmp_path, shown):
    path, (kernel, bias) = table_model
    (tmp_path / "rows.csv").write_text("col/our,size,more\nred,3,x\nblue,,y\n,-1,z\n")
    features = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [-1, 0, 0, 1]], np.float32)
    wanted = (features @ kernel + bias) * [2, 1] + [10, 0]
    rows = list(csv.reader(io.StringIO(shown(path, tmp_path / "rows.csv", "--format", "csv"))))
    assert rows[0] == ["row", "price", "age"]
    assert [row[0] for row in rows[1:]] == ["0", "1", "2"]
    values = np.array([row[1:] for row in rows[1:]], float)
    np.testing.assert_allclose(values, wanted, rtol=1e-5)
    found = json.loads(shown(path, tmp_path / "rows.csv", "--format", "json", "--batch-size", "2"))
    assert found[2]["values"]["age"] == pytest.approx(wanted[2, 1], rel=1e-5)
    lines = shown(path, tmp_path / "rows.csv").splitlines()
    assert lines[0].split() == ["row", "price", "age"]
    assert lines[1].split() == ["0", *(f"{value:.6g}" for value in np.float32(wanted[0]))]
    raw = {"size": [3.0, np.nan, -1.0], "col/our": ["red", "blue", ""]}
    answers = Predictor.of(zoo.load_model(path)).predict(raw)
    np.testing.assert_allclose(answers, wanted, rtol=1e-5)


def test_standard_input_is_read_once_and_a_file_is_written_whole(
    table_model, tmp_path, shown, monkeypatch
):
    path, output = table_model[0], tmp_path / "answers.csv"
    table = b"size;col/our\n3;red\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(table)))
    printed = shown(path, "-", "--format", "csv")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(table)))
    assert shown(path, "-", "--format", "csv", "--output", output) == f"written: {output}\n"
    assert output.read_text() == printed
    with pytest.raises(configs.ConfigError, match="- is given twice"):
        predict.main([str(path), "-", "-"])


def test_pictures_of_several_sizes_are_answered_in_their_order(picture_model, tmp_path, shown):
    random = np.random.default_rng(0)
    arrays = [random.integers(0, 256, shape, np.uint8) for shape in ((4, 4), (8, 8), (4, 4))]
    for number, array in enumerate(arrays):
        Image.fromarray(array).save(tmp_path / f"{number}.png")
    answer = Predictor.of(zoo.load_model(picture_model))
    wanted = np.concatenate([answer.predict(array[None, ..., None]) for array in arrays])
    rows = shown(picture_model, tmp_path, "--format", "csv", "--top", "1").splitlines()
    assert rows[0] == "file,class_1,probability_1"
    for number, row in enumerate(rows[1:]):
        place = wanted[number].argmax()
        name, said, probability = row.split(",")
        assert (name, said) == (str(tmp_path / f"{number}.png"), ["cat", "dog", "emu"][place])
        assert float(probability) == pytest.approx(wanted[number, place], abs=1e-6)


def test_one_damaged_picture_is_named_before_anything_is_printed(picture_model, tmp_path, capsys):
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no picture")
    argv = [str(picture_model), str(tmp_path), "--batch-size", "1"]
    output = tmp_path / "answers.csv"
    for more in ([], ["--output", str(output)]):
        with pytest.raises(datasets.DataError, match=r"b\.png is damaged, or no picture"):
            predict.main([*argv, *more])
    assert capsys.readouterr().out == ""
    assert not output.exists()


def test_a_text_of_any_length_gets_its_next_symbols(text_model, tmp_path, shown):
    path, model = text_model
    (tmp_path / "text").write_text("abba")
    found = json.loads(
        shown(path, tmp_path / "text", "--text", "aabbaab", "--format", "json", "--top", "9")
    )
    assert [row["text"] for row in found] == ["aabbaab", "abba"]
    for row in found:
        numbers = np.array([[SYMBOLS.index(each) for each in row["text"]]], np.int32)
        longest = zoo.create_model("lstm", num_classes=3, input_shape=(numbers.shape[1],), units=4)
        longest.set_weights(model.get_weights())
        scores = np.asarray(longest(numbers))[0, -1]
        wanted = np.exp(scores) / np.exp(scores).sum()
        said = {each["class"]: each["probability"] for each in row["predictions"]}
        np.testing.assert_allclose([said[each] for each in SYMBOLS], wanted, rtol=1e-5)
    assert "'\\n'" in shown(path, "--text", "ab")


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["{model}"], 2, "nothing to predict; give files or folders, - for standard input"),
        (["{model}", "x.csv", "--top", "0"], 2, "--top is 0; give at least 1"),
        (["{model}", "x.csv", "--batch-size", "0"], 2, "--batch-size is 0"),
        (["{model}", "x.csv", "--format", "xml"], 2, "--format"),
        (["{model}", "x.csv", "--output", "{folder}"], 2, "is a folder; give a file in one"),
        (["{model}", "x.csv", "--output", "no/y.csv"], 2, "no/y.csv lies in no folder no"),
        (["{model}", "--text", "a"], 2, "--text is for models of text, and this one takes tables"),
        (["{model}", "{folder}"], 3, "is a folder, and the model takes tables"),
        (["{model}", "nothing.csv"], 3, "nothing.csv is not there; the model takes tables"),
        (["{folder}", "x.csv"], 2, "is not a run folder"),
        (["nothing.keras", "x.csv"], 2, "nothing.keras is not there"),
        (["{damaged}", "x.csv"], 4, "is damaged or no .keras file"),
    ],
)
def test_what_cannot_be_predicted_is_one_line(argv, code, message, table_model, tmp_path):
    damaged = tmp_path / "damaged.keras"
    damaged.write_bytes(b"PK")
    places = {"model": table_model[0], "folder": tmp_path, "damaged": damaged}
    with pytest.raises(Exception, match=message) as caught:
        predict.main([word.format(**places) for word in argv])
    assert describe(caught.value)[0] == code


def test_models_that_answer_no_single_inputs_say_what_they_do_instead(tmp_path):
    for name, told in {
        "gan": "draws pictures from noise",
        "autoencoder": "gives pictures back",
        "policy": "python -m trainers.evaluate",
    }.items():
        (tmp_path / "config.yaml").write_text(f"model:\n  name: {name}\n")
        with pytest.raises(configs.ConfigError, match=told):
            predict.main([str(tmp_path), "x"])
    (tmp_path / "config.yaml").write_text("model:\n  name: mlp\n")
    with pytest.raises(configs.ConfigError, match="the run is not finished; continue it with"):
        predict.main([str(tmp_path), "x"])
    bare = zoo.create_model("linear_regression", num_classes=1, input_shape=(2,))
    bare.save(tmp_path / "bare.keras")
    with pytest.raises(CheckpointError, match="does not map raw inputs to classes"):
        predict.main([str(tmp_path / "bare.keras"), "x"])


def test_flags_stand_before_between_and_after_the_inputs(picture_model, tmp_path, shown):
    files = [tmp_path / "a.png", tmp_path / "b.png"]
    for file in files:
        Image.fromarray(np.full((4, 4), 90, np.uint8)).save(file)
    expected = shown(picture_model, *files, "--top", "1", "--format", "csv")
    assert expected.splitlines()[0] == "file,class_1,probability_1"
    assert len(expected.splitlines()) == 3
    for argv in (
        ["--top", "1", "--format=csv", picture_model, *files],
        [picture_model, "--top", "1", *files, "--format", "csv"],
        [picture_model, files[0], "--top", "1", "--format", "csv", files[1]],
        [picture_model, "--top", "1", "--format", "csv", "--", *files],
    ):
        assert shown(*argv) == expected

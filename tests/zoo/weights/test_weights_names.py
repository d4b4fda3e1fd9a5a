"""What trained weights are called, told without TensorFlow, and what their cards say."""

import json
import subprocess
import sys

import pytest
from places import ROOT

import zoo
from zoo.__main__ import main
from zoo.weights import names
from zoo.weights.names import ARRAYS, CARD, FOLDER, file_of, is_name

MOST_BYTES, MOST_BYTES_TOGETHER = 2 * 2**20, 15 * 2**20


def test_listing_and_cards_import_neither_keras_nor_tensorflow():
    code = (
        "import sys, zoo; names = zoo.list_weights(); [zoo.weights_card(name) for name in names]; "
        "print(len(names), {'keras', 'tensorflow', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(len(zoo.list_weights())), "set()"]


def test_patterns_are_of_the_whole_name_or_of_the_model():
    assert zoo.list_weights() == sorted(zoo.list_weights())
    assert "perceptron:digits" in zoo.list_weights()
    own = zoo.list_weights("perceptron")
    assert own
    assert {name.partition(":")[0] for name in own} == {"perceptron"}
    assert zoo.list_weights("perceptron:dig*") == ["perceptron:digits"]
    assert set(zoo.list_weights("*:digits")) <= set(zoo.list_weights())
    assert zoo.list_weights("none") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("cnn:mnist", True), ("lstm_regressor:oscillators", True), ("CNN:MNIST", True)),
        *(("C:mnist", False), ("./cnn:mnist", False), ("file:///a", False), ("runs/a:b", False)),
        *(("cnn", False), ("cnn:", True), (":mnist", False), ("cnn:mnist:1", False)),
    ],
)
def test_names_are_told_from_paths_and_drives(text, expected):
    assert is_name(text) is expected


def test_a_file_or_folder_of_the_name_goes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_name("perceptron:digits")
    (tmp_path / "perceptron:digits").mkdir()
    assert not is_name("perceptron:digits")


@pytest.mark.parametrize("given", ["perceptron:digist", "Perceptron:Digits", "perceptron-digits"])
def test_an_unknown_name_gives_the_nearest_and_the_list(given):
    with pytest.raises(zoo.UnknownWeightsError) as caught:
        zoo.weights_card(given)
    assert "did you mean 'perceptron:digits'? allowed: " in str(caught.value)
    assert ", ".join(zoo.list_weights()) in str(caught.value)


def test_files_are_small_and_each_has_a_card():
    sizes = {path.stem: path.stat().st_size for path in FOLDER.glob(f"*{ARRAYS}")}
    assert set(sizes) == {path.stem for path in FOLDER.glob(f"*{CARD}")}
    assert max(sizes.values()) < MOST_BYTES
    assert sum(sizes.values()) < MOST_BYTES_TOGETHER


@pytest.mark.parametrize("name", zoo.list_weights())
def test_a_card_says_what_it_must(name):
    card = zoo.weights_card(name)
    assert card.name == name
    assert zoo.is_model(card.model)
    assert name == f"{card.model}:{card.dataset.partition(':')[0]}"
    assert (ROOT / card.recipe).is_file()
    assert card.recipe in card.command or f"--model {card.model}" in card.command
    assert set(card.splits) == {"train", "validation", "test", "drawn"}
    assert card.figures[card.test.name] == card.test.value
    if card.test.low is not None:
        assert card.test.low < card.test.value < card.test.high
    assert len(card.limits) >= 2
    assert all(limit.endswith(".") for limit in card.limits)
    assert card.latency_ms > 0
    assert {each["dtype"] for each in card.variables.values()} == {"float32"}
    if card.task == "classification":
        supports = {label: each["support"] for label, each in card.classes.items()}
        assert sum(supports.values()) == card.splits["test"]
        for label, support in supports.items():
            assert sum(card.confusion[label].values()) == support
            hits = card.confusion[label].get(label, 0)
            assert card.classes[label]["recall"] == pytest.approx(hits / support)
    # No path of the machine that it was made on.
    assert not {"data_dir", "data_path"} & set(card.config["dataset"])
    assert card.as_json() == file_of(name, CARD).read_text(encoding="utf-8")


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A folder with one card, to damage."""
    for suffix in (ARRAYS, CARD):
        path = file_of("perceptron:digits", suffix)
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(names, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"name": "perceptron:digits"}', b"\xff", b'{"test": 3}']
)
def test_a_damaged_card_is_one_line(copied, content):
    (copied / f"perceptron-digits{CARD}").write_bytes(content)
    with pytest.raises(zoo.ModelFileError, match="card of weights 'perceptron:digits', cannot be"):
        zoo.weights_card("perceptron:digits")


def test_the_card_of_other_weights_is_refused(copied):
    path = copied / f"perceptron-digits{CARD}"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"name": "mlp:digits"}))
    with pytest.raises(zoo.ModelFileError, match="is the card of weights 'mlp:digits', expected"):
        zoo.weights_card("perceptron:digits")


def test_the_command_shows_a_card_a_list_and_the_weights_of_a_model(capsys):
    assert main(["perceptron:digits"]) == 0
    shown = capsys.readouterr().out
    card = zoo.weights_card("perceptron:digits")
    for text in (card.sha256, card.command, f"{card.test.value:.4g}", "Known limits:", "FLOPs"):
        assert text in shown
    assert f"accuracy {card.test.value:.4g}, 95 % interval {card.test.low:.4g}" in shown
    assert main(["perceptron"]) == 0
    assert "perceptron:digits  accuracy" in capsys.readouterr().out
    assert main(["perceptron:*"]) == 0
    assert capsys.readouterr().out.startswith("perceptron:digits")


@pytest.mark.parametrize("given", ["perceptron:digist", "*:nothing"])
def test_the_command_refuses_unknown_weights(given, capsys):
    assert main([given]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"error: no trained weights are called '{given}'; ")
    assert line.count("\n") == 1

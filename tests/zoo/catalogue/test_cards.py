"""Cards, measured figures and the command line."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import zoo
from zoo.__main__ import main
from zoo.catalogue import cards

FIGURES = {
    "options": {"hidden_units": [77, 5], "dropout": 0.125},
    "parameters": 12345,
    "flops_per_example": 67890,
    "default_parameters": 2260,
    "default_flops_per_example": 4480,
    "metric": "accuracy",
    "value": 0.97531,
    "command": "python -m trainers.run --model mlp --a-flag-long-enough-to-be-cut-at-80-columns",
    "hardware": "2 CPU cores of a kind that takes some words to describe in full length here",
    "seconds": 1.25,
}


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "measured.json"
    path.write_text(json.dumps({"mlp": FIGURES}))
    monkeypatch.setattr(cards, "MEASURED_PATH", path)
    return path


def test_a_card_holds_what_the_builder_says() -> None:
    card = zoo.model_card("lstm")
    assert card.task == "next_symbol"
    assert card.default_dataset == "reber"
    assert "1997" in card.paper
    assert card.options["units"].default == 32
    assert "\n" not in card.summary


@pytest.mark.usefixtures("measured")
def test_a_card_holds_the_measured_figures() -> None:
    card = zoo.model_card("mlp")
    assert (card.parameters, card.flops_per_example) == (12345, 67890)
    assert (card.default_parameters, card.default_flops_per_example) == (2260, 4480)
    assert card.recipe_options == FIGURES["options"]
    assert (card.metric_name, card.metric_value) == ("accuracy", 0.97531)
    assert (card.measured_with, card.hardware) == (FIGURES["command"], FIGURES["hardware"])
    assert card.seconds == 1.25
    assert zoo.model_card("cnn").parameters is None


def test_a_missing_file_leaves_the_fields_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "MEASURED_PATH", tmp_path / "missing.json")
    assert zoo.model_card("mlp").metric_value is None


@pytest.mark.parametrize("content", ["not json", "[]", '{"mlp": 3}'])
def test_a_damaged_file_is_named(measured: Path, content: str) -> None:
    measured.write_text(content)
    with pytest.raises(zoo.ModelError, match=r"measured\.json is not .*restore the project's own"):
        zoo.model_card("mlp")


def test_every_card_has_a_summary_a_paper_and_a_dataset() -> None:
    for name in zoo.list_models():
        card = zoo.model_card(name)
        assert card.summary.endswith(".")
        assert card.paper
        data = {"digits", "diabetes", "reber", "cartpole", "stdlib_source", "oscillators"}
        data |= {"mnist_5k"}
        assert card.default_dataset in data


@pytest.mark.usefixtures("measured")
def test_the_table_lists_every_model_uncut(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    output = capsys.readouterr().out
    for name in zoo.list_models():
        assert name in output
    assert "12,345" in output
    assert "accuracy 0.9753" in output
    assert "…" not in output


@pytest.mark.usefixtures("measured")
def test_a_card_is_printed_uncut(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mlp"]) == 0
    output = capsys.readouterr().out
    for text in (str(FIGURES["command"]), str(FIGURES["hardware"]), zoo.model_card("mlp").paper):
        assert text in output
    assert "[batch, features...]" in output
    assert "tuple[int, ...] in [1, inf)" in output
    assert "python -m trainers.run --model mlp" in output
    assert 'zoo.create_model("mlp", ' in output


@pytest.mark.usefixtures("measured")
def test_a_card_shows_the_recipe_beside_the_builders_defaults(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["mlp"])
    output = capsys.readouterr().out
    rows = [[cell.strip() for cell in re.split("[│┃]", line)[1:-1]] for line in output.split("\n")]
    table = {row[0]: row[1:3] for row in rows if row and row[0]}
    assert [row[1:3] for row in rows if len(row) == 4 and "recipe" in row] == [
        ["recipe", "builder's default"]
    ]
    assert table["hidden_units"] == ["77,5", "30"]
    assert table["dropout"] == ["0.125", "0.0"]
    assert table["parameters"] == ["12,345", "2,260"]
    assert table["FLOPs per example"] == ["67,890", "4,480"]
    main(["cnn"])
    assert "builder's default" in capsys.readouterr().out


def test_a_pattern_filters_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["*lstm*"]) == 0
    output = capsys.readouterr().out
    assert "lstm_classifier" in output
    assert "cnn" not in output


@pytest.mark.parametrize(("name", "hint"), [("lstn", "did you mean 'lstm'?"), ("x*", "no model")])
def test_an_unknown_name_is_one_line_on_stderr(
    name: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert hint in captured.err


@pytest.mark.parametrize("arguments", [[], ["lstm"], ["lstn"], ["--help"]])
def test_the_command_imports_neither_keras_nor_tensorflow(arguments: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "zoo", *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == (2 if arguments == ["lstn"] else 0)
    imported = {
        line.rpartition("|")[2].strip().partition(".")[0]
        for line in result.stderr.splitlines()
        if line.startswith("import time:")
    }
    assert "zoo" in imported
    assert not imported & {"keras", "tensorflow", "numpy"}

"""Whatever is given, the line about it fits a screen and says at its end what to do."""

import json

import pytest
from forked import Command, users_environment
from places import ROOT

import configs
from trainers import (
    bench,
    evaluate,
    export,
    generate,
    gradcheck,
    launch,
    plot,
    predict,
    reproduce,
    run,
)
from trainers.cli.exit import run_main
from trainers.problems.text import vocabulary
from zoo.__main__ import main as zoo_main
from zoo.process import command

LONG = "lorem-ipsum " * 2000
LONGEST = 1200 + len("error: \n")


@pytest.fixture
def line_of(monkeypatch, capsys, tmp_path):
    """What a command prints to standard error before it ends with an error."""
    monkeypatch.chdir(tmp_path)

    def ended(main, argv):
        monkeypatch.setattr("sys.argv", ["program", *argv])
        with pytest.raises(SystemExit) as caught:
            run_main(main)
        assert caught.value.code in (2, 3)
        return capsys.readouterr().err

    return ended


TEXT = ["--model", "char_lstm", "--dataset", "text"]
CASES = {
    "model": (run.main, ["--model", LONG]),
    "optimizer": (run.main, ["--optimizer", LONG]),
    "loss": (run.main, ["--loss", LONG]),
    "dataset": (run.main, ["--dataset", LONG]),
    "dataset that is a path": (run.main, ["--dataset", f"./{LONG}"]),
    "number": (run.main, ["--seed", LONG]),
    "digits": (run.main, ["--seed", "9" * 20000]),
    "choice": (run.main, ["--schedule", LONG]),
    "option": (run.main, ["--model.hidden-units", LONG]),
    "flag": (run.main, [f"--{LONG}", "1"]),
    "word": (run.main, [LONG]),
    "recipe": (run.main, ["--config", LONG]),
    "run folder": (run.main, ["--resume", "--run-dir", LONG]),
    "variable": (run.main, ["--run-dir", f"$NO{LONG}"]),
    "text": (run.main, [*TEXT, "--data-path", LONG]),
    "encoding": (run.main, [*TEXT, "--data-path", ".", "--encoding", LONG]),
    "pattern": (run.main, ["--pattern", LONG]),
    "module": (run.main, ["--import", LONG]),
    "devices": (run.main, ["--devices", LONG, "--strategy", LONG]),
    "evaluate": (evaluate.main, [LONG]),
    "export": (export.main, [LONG, "--format", "keras"]),
    "export's format": (export.main, [".", "--format", LONG]),
    "generate": (generate.main, [LONG]),
    "plot": (plot.main, [LONG]),
    "predict": (predict.main, [LONG, LONG]),
    "bench": (bench.main, [LONG]),
    "gradcheck": (gradcheck.main, ["--model", LONG]),
    "reproduce": (reproduce.main, [LONG]),
    "launch": (launch.main, ["--workers", LONG, "--", "--model", "mlp"]),
    "launched": (launch.main, ["--", "--model", LONG]),
}


@pytest.mark.parametrize("case", CASES)
def test_message_about_much_that_was_given_is_one_line_of_a_screen(case, line_of):
    line = line_of(*CASES[case])
    assert line.startswith("error: ")
    assert line.count("\n") == 1
    assert len(line) <= LONGEST


def test_recipes_values_and_keys_are_bounded_too(line_of, tmp_path):
    for text in (f"seed: {LONG}", f"{'k' * 20000}: 1", f"model: [{'x, ' * 9000}]", LONG):
        (tmp_path / "recipe.yaml").write_text(text)
        assert len(line_of(run.main, ["--config", "recipe.yaml"])) <= LONGEST


def test_cluster_that_nobody_understands_is_told_in_one_line_of_a_screen(tmp_path):
    for cluster in (LONG, json.dumps({"cluster": {"worker": [LONG]}, "task": LONG})):
        environment = users_environment(PYTHONPATH=str(ROOT), TF_CONFIG=cluster)
        with Command("trainers.run", cwd=tmp_path, env=environment) as process:
            _, errors = process.communicate(120)
        assert process.returncode == 2
        assert errors.startswith("error: TF_CONFIG")
        assert errors.count("\n") == 1
        assert len(errors) <= LONGEST


@pytest.mark.parametrize("argv", [[LONG], ["--import", LONG], ["mlp", *LONG.split()]])
def test_registry_bounds_its_messages_too(argv, capsys):
    assert zoo_main(argv) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert len(line) <= LONGEST


def test_prompt_of_unknown_characters_is_told_by_the_first_few():
    characters = ("\n", *map(chr, range(0x4E00, 0x5E00)))
    prompt = "".join(map(chr, range(0x3041, 0x3041 + 4000)))
    with pytest.raises(configs.ConfigError) as caught:
        vocabulary.numbers(prompt, characters)
    text = str(caught.value)
    assert len(text) < 400
    assert text.startswith("the prompt has 'ぁ', 'あ', 'ぃ', 'い', 'ぅ' and ")
    assert "more, which the model has not seen; allowed: 一丁" in text
    assert text.endswith(" and 3,996 more and line breaks")


def test_long_line_is_cut_in_its_middle_and_moves_no_cursor():
    assert command.one_line("a  b\nc") == "a b c"
    assert command.one_line("red \x1b[31m \udcff") == "red \\x1b[31m \\udcff"
    assert command.one_line("x" * 1200) == "x" * 1200
    cut = command.one_line("given " + "y" * 5000 + "; do this")
    assert len(cut) == 1200
    assert cut.startswith("given yyy")
    assert cut.endswith("yyy; do this")
    assert " ... " in cut

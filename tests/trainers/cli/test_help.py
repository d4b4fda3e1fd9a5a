"""`--help` shows what will run: its defaults are those of `--print-config`, for every option."""

import importlib
import re

import pytest
import yaml

import configs
import datasets
import zoo
from trainers import run
from trainers.cli.options import GROUPS
from trainers.objectives.losses import LOSSES
from trainers.optimizers.catalogue import OPTIMIZERS

# Every model as it is, one of them under every optimizer, and a recipe of one's own.
COMMANDS = [["--model", name] for name in zoo.list_models()]
COMMANDS += [["--model", "perceptron", "--optimizer", name] for name in OPTIMIZERS]
COMMANDS += [["--config", "configs/char_lstm_shakespeare.yaml"], []]
OTHERS = ["bench", "cards", "evaluate", "export", "generate", "gradcheck", "launch", "plot"]
OTHERS += ["predict", "reproduce"]
_OPTION = re.compile(r"^  (--[a-z0-9.-]+) (\S+)")


def printed(capsys, argv):
    run.main(argv)
    return capsys.readouterr().out


def defaults_of(text):
    """Return flag -> the default that a help shows, of all that show one."""
    found, flag, told = {}, "", ""
    for line in [*text.splitlines(), "  --end X"]:
        match = _OPTION.match(line)
        if match or not line.startswith("   "):
            shown = re.search(r"\(default: (.*)\)$", " ".join(told.split()))
            if flag and shown:
                found[flag] = shown[1]
            flag, told = (match[1], line[match.end() :]) if match else ("", "")
        else:
            told += " " + line
    return found


def flag_of(key, flags):
    """Return the flag of a dotted key, as it is typed."""
    section, _, name = key.replace("_", "-").rpartition(".")
    return next(
        flag
        for flag in (f"--{section}.{name}", f"--{name}" if name != "name" else f"--{section}")
        if flag in flags
    )


@pytest.mark.parametrize("argv", COMMANDS, ids=lambda argv: " ".join(argv) or "nothing")
def test_every_default_in_the_help_is_what_would_run(argv, capsys):
    shown = defaults_of(printed(capsys, [*argv, "--help"]))
    config = yaml.safe_load(printed(capsys, [*argv, "--print-config"]))
    values = configs.flattened(configs.to_dict(configs.from_dict(config)))
    values.pop("imports")
    expected = {flag_of(key, shown): value for key, value in values.items()}
    assert set(shown) - {"--run-dir"} == set(expected)
    for flag, value in expected.items():
        text = shown[flag]
        if value is None:
            assert text.partition(", ")[0] == "null", flag  # in words, it may go on
        else:
            assert yaml.safe_load(f"[{text}]" if isinstance(value, list) else text) == value, flag


@pytest.mark.parametrize("argv", COMMANDS, ids=lambda argv: " ".join(argv) or "nothing")
def test_help_fits_80_columns_and_shows_no_python_types(argv, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    text = printed(capsys, [*argv, "--help"])
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"Union|Literal|Optional|<class|NoneType|function ", text)


@pytest.mark.parametrize("columns", [40, 60])
def test_help_fits_a_narrow_terminal_but_for_single_long_words(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    usage, *lines = printed(capsys, ["--help"]).splitlines()
    assert usage == "usage: python -m trainers.run [--model NAME] [options]"
    for line in lines:
        assert len(line) <= columns or len(line.split()) <= 2


def test_help_is_in_groups_and_lists_what_there_is(capsys):
    text = printed(capsys, ["--help"])
    titles = re.findall(r"^(\w.*):$", text, re.MULTILINE)
    assert titles == ["options", *GROUPS]
    words = " ".join(text.split())
    for names in (zoo.list_models(), datasets.list_datasets(), LOSSES, OPTIMIZERS):
        assert ", ".join(names) in words


def test_help_shows_the_named_models_and_optimizers_options(capsys):
    text = printed(capsys, ["--model", "lstm", "--optimizer=momentum", "--help"])
    assert "--model.unit-forget-bias" in text
    assert "--optimizer.nesterov" in text
    assert "--learning-rate " in text
    assert "--model.unit-forget-bias" not in printed(capsys, ["--model", "mlp", "--help"])


def explained(text, name):
    for block in re.split(r"\n  (?=-)", text)[1:]:
        flag, *words = re.sub(r"\(default: .*\)", "", " ".join(block.split())).split()
        assert len(words) >= 2, f"{flag} of {name} has no help"


def test_every_option_is_explained(capsys):
    for argv in COMMANDS:
        explained(printed(capsys, [*argv, "--help"]), argv)


@pytest.mark.parametrize("name", OTHERS)
def test_every_option_of_the_other_commands_is_explained_with_its_default(name, capsys):
    importlib.import_module(f"trainers.{name}").main(["--help"])
    text = capsys.readouterr().out
    explained(text, name)
    assert max(map(len, text.splitlines())) <= 80
    # What takes one of a list has one of them as its default.
    for block in re.split(r"\n  (?=-)", text[text.index("options:") :]):
        if allowed := re.match(r"--\S+ \{(.*)\}", block):
            shown = re.search(r"\(default: (.*)\)", " ".join(block.split()))
            assert shown is not None, block
            assert shown[1] in allowed[1].split(",")

"""Paths as people type them, and commands that a shell reads as they were meant."""

import os
import subprocess
from pathlib import Path

import pytest

from zoo.errors import PathError
from zoo.process import shell
from zoo.process.shell import command_line, shown, typed_path


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setenv("SCRATCH", str(tmp_path / "scratch disk"))
    monkeypatch.delenv("NOWHERE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("~", "home"),
        ("~/a b", "home/a b"),
        ("$HOME/x", "home/x"),
        ("${SCRATCH}/x/", "scratch disk/x"),
        ("$SCRATCH", "scratch disk"),
        ("file://~", None),
        ("file:///tmp/my%20pics%5B1%5D", "/tmp/my pics[1]"),
        ("file://localhost/tmp/a#b?c", "/tmp/a#b?c"),
        ("runs/x/", "runs/x"),
        ("./-x", "-x"),
        ("a$", "a$"),
        ("läufe [1]/日本語 👩‍🔬", "läufe [1]/日本語 👩‍🔬"),
        ("C: $5", "C: $5"),
        ("~draft.txt", "~draft.txt"),
    ],
)
def test_path_is_what_the_user_means(typed, meant, tmp_path):
    if meant is None:
        with pytest.raises(PathError, match="a URL; give a path on this machine"):
            typed_path(typed, "--run-dir")
        return
    absolute = meant.startswith("/")
    relative = not typed.startswith(("~/", "~", "$")) or typed == "~draft.txt"
    expected = Path(meant) if absolute or relative else tmp_path / meant
    if typed == "C: $5":
        (tmp_path / typed).touch()
    assert typed_path(typed, "--run-dir") == expected


def test_file_that_is_called_like_a_variable_is_itself(tmp_path):
    (tmp_path / "cost $HOME").mkdir()
    assert typed_path("cost $HOME", "--run-dir") == Path("cost $HOME")
    assert typed_path("cost $HOME/new", "--run-dir") == Path("cost $HOME/new")
    assert typed_path("cost $HOME/$SCRATCH/x", "--run-dir") == tmp_path / "scratch disk/x"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "--data-dir is empty; give a path"),
        ("$NOWHERE/x", "there is no variable $NOWHERE in the environment; set it"),
        ("a/${NOWHERE}", "there is no variable ${NOWHERE} in the environment"),
        ("~nobody-at-all/x", "there is no such user"),
        ("https://example.org/x", "a URL; give a path on this machine"),
        ("gs://bucket/x", "a URL; give a path on this machine"),
        ("file://server/x", "a URL; give a path on this machine"),
        ("two\nlines", "a character that cannot be printed"),
        ("nul\0", "a character that cannot be printed"),
        ("\x1b[2J", "a character that cannot be printed"),
        (os.fsdecode(b"\xff"), "a character that cannot be printed"),
        ("x" * 5000, "a longer name than files have here; give a shorter one"),
    ],
)
def test_path_that_cannot_be_meant_is_refused_in_one_line(typed, message):
    with pytest.raises(PathError) as caught:
        typed_path(typed, "--data-dir")
    text = str(caught.value)
    assert text.startswith("--data-dir is ")
    assert message in text
    assert text.isprintable()


HARD = ["my run", "läufe [1]", "it's", 'say "hi"', "$HOME", "`date`", "a;b", "-x", "~", "~root/x"]
HARD += ["a\\b", "*", "!x", "#x", "日本語", "👩‍🔬", "a&b", "(x)", "x=y", "-", "--run-dir"]


@pytest.mark.skipif(os.name == "nt", reason="bash reads what is printed for it")
@pytest.mark.parametrize("name", HARD)
def test_printed_command_is_read_back_by_a_shell_as_the_same_path(name, tmp_path):
    (tmp_path / name).mkdir(parents=True)
    printed = command_line("printf %s", Path(name))
    result = subprocess.run(["bash", "-c", printed], capture_output=True, text=True, check=True)
    assert not result.stdout.startswith(("-", "~"))
    assert typed_path(result.stdout, "RUN_DIR").samefile(tmp_path / name)


def test_plain_paths_and_words_stay_as_they_are():
    assert command_line("python -m x", Path("runs/mlp-2026"), "--steps", "3") == (
        "python -m x runs/mlp-2026 --steps 3"
    )
    assert shown(Path("/tmp/a b")) == "'/tmp/a b'"


def test_windows_gets_its_own_quotes(monkeypatch):
    monkeypatch.setattr(shell.os, "name", "nt")
    assert shell.quoted("C:\\my runs\\x") == '"C:\\my runs\\x"'

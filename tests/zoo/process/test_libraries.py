"""What users ask of libraries for themselves ends no command of ours."""

import os
import subprocess
import sys
import warnings

import pytest
from forked import users_environment
from places import ROOT

from zoo.process import libraries

DRAW = """
import os
from zoo.process import libraries
libraries.settle()
import matplotlib.pyplot as plt
figure, axes = plt.subplots()
axes.set_title("a_title")
figure.savefig(os.environ["PICTURE"])
"""


def test_picture_is_drawn_under_any_settings_of_matplotlib(tmp_path):
    folder = tmp_path / ".config" / "matplotlib"
    folder.mkdir(parents=True)
    (folder / "matplotlibrc").write_text("text.usetex: True\nno.such.setting: 3\n")
    picture = tmp_path / "picture.png"
    environment = users_environment(
        HOME=str(tmp_path), PATH="", MPLBACKEND="no_such_backend", PICTURE=str(picture)
    )
    environment.pop("XDG_CONFIG_HOME", None)
    done = subprocess.run(
        [sys.executable, "-c", DRAW], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_folder_that_matplotlib_cannot_write_is_not_told_of(tmp_path):
    environment = users_environment(HOME="/dev/null/nowhere", PICTURE=str(tmp_path / "picture.png"))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", DRAW], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def settled_here(monkeypatch):
    for name in ("MPLBACKEND", "MATPLOTLIBRC"):
        monkeypatch.setenv(name, os.devnull)  # what `settle` sets is gone after the test


@pytest.mark.usefixtures("settled_here")
def test_warnings_that_were_made_errors_are_warnings_again_and_others_as_they_were():
    asked = [("error", None, UserWarning, None, 0), ("ignore", None, Warning, None, 0)]
    with warnings.catch_warnings():
        warnings.filters[:] = asked
        libraries.settle()
        assert warnings.filters == [("default", *asked[0][1:]), asked[1]]


@pytest.mark.usefixtures("settled_here")
@pytest.mark.parametrize(
    ("given", "kept"), [("-3", None), ("0", None), ("wide", None), ("90", "90")]
)
def test_width_that_is_none_is_taken_back(given, kept, monkeypatch):
    monkeypatch.setenv("COLUMNS", given)
    libraries.settle()
    assert os.environ.get("COLUMNS") == kept

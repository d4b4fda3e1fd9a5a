"""What users ask of libraries for themselves ends no command of ours."""

import subprocess
import sys

from forked import users_environment
from places import ROOT

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

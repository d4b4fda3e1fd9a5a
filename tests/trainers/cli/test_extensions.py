"""`--import`: what users register of their own is there for every command, and nothing unasked."""

import importlib.metadata
import os
import subprocess
import sys
from typing import NamedTuple

import pytest
from forked import Command, users_environment
from places import ROOT

MODEL = '''
import zoo


@zoo.register_model(task="classification", default_dataset="digits", ranges={"units": "[1, inf)"})
def my_model(input_shape, num_classes, *, units: int = 4):
    """One hidden layer.

    Args:
        units: of the hidden layer.
    """
    import keras  # here, so that no listing waits for it

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),
            layers.Dense(units, "relu"),
            layers.Dense(num_classes, dtype="float32"),
        ]
    )
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A user's folder: a file, a package, files that fail, and a finished run of the first."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "my_models.py").write_text(MODEL)
    (folder / "fails.py").write_text("import zoo\n\nraise RuntimeError('not today')\n")
    (folder / "imports_keras.py").write_text("import keras\n")
    (folder / "wrong.py").write_text("def oops(:\n")
    (folder / "hungry.py").write_text("import nothing_of_this_name\n")
    (folder / "twice.py").write_text(
        "import zoo\n\n\n@zoo.register_model()\ndef mlp(input_shape, num_classes): ...\n"
    )
    run("trainers.run", *TRAIN, "--import", "my_models.py", cwd=folder)
    return folder


TRAIN = ("--model", "my_model", "--steps", "4", "--run-dir", "run", "--histograms", "false")


class Told(NamedTuple):
    stdout: str
    stderr: str


def run(module, *argv, cwd, code=0, **environment):
    variables = users_environment(**{"PYTHONPATH": str(ROOT), **environment})
    with Command(module, *argv, cwd=cwd, env=variables) as process:
        out, errors = process.communicate(120)
    assert process.returncode == code, errors
    return Told(out, errors)


def refused(*argv, cwd):
    result = run("trainers.run", *argv, cwd=cwd, code=2)
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_run_remembers_the_module_and_says_how_to_go_on(folder):
    text = (folder / "run" / "config.yaml").read_text(encoding="utf-8")
    assert text.endswith(f"imports:\n- {folder / 'my_models.py'}\n")


@pytest.mark.parametrize(
    ("module", "argv"),
    [
        ("trainers.run", ["--run-dir", "run", "--resume", "--steps", "6"]),
        ("trainers.evaluate", ["run"]),
        ("trainers.run", ["--config", "run/config.yaml", "--print-config"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_opening_a_run_or_a_recipe_imports_nothing_and_asks_for_the_flag(folder, module, argv):
    result = run(module, *argv, cwd=folder, code=2)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    flag = f"--import {folder / 'my_models.py'}"
    assert f"was made with {flag}; nothing is imported unasked" in result.stderr


def test_flag_given_again_opens_the_run(folder):
    result = run("trainers.evaluate", "run", "--import", "my_models.py", cwd=folder)
    assert "my_model on digits, test, step 4" in result.stdout


def test_module_that_imports_keras_itself_lets_no_chatter_through(folder):
    """In an interpreter of its own, which has not imported Keras yet."""
    argv = ("-m", "trainers.run", "--import", "imports_keras.py", "--print-config")
    result = subprocess.run(
        [sys.executable, *argv],
        cwd=folder,
        env=users_environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_name_that_no_module_registers_is_refused_as_ever(folder):
    assert "no model is called 'my_model'" in refused("--model", "my_model", cwd=folder)


def test_model_is_in_the_help_the_listing_and_the_plot(folder):
    flag = ("--import", "my_models.py")
    shown = run("trainers.run", *flag, "--model", "my_model", "--help", cwd=folder).stdout
    assert "--model.units N             units of the hidden layer; [1, inf) (default: 4)" in shown
    card = run("zoo", *flag, "my_model", cwd=folder).stdout
    assert "my_model: One hidden layer." in card
    assert "--model my_model --import my_models.py --epochs 10" in card
    assert "my_model" in run("zoo", *flag, cwd=folder).stdout
    run("trainers.plot", *flag, "run", "--output", "picture.png", cwd=folder)
    assert (folder / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_module_of_the_python_path_is_imported_by_its_name(folder):
    argv = ["--import=my_models", "--model", "my_model", "--steps", "2", "--print-config"]
    assert "name: my_model" in run("trainers.run", *argv, cwd=folder).stdout


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nosuch.py", "--import nosuch.py: there is no such file"),
        ("nosuch", "--import nosuch: there is no such module; name a module that Python finds"),
        ("fails.py", "--import fails.py, line 3 failed: RuntimeError: not today"),
        ("wrong.py", "--import wrong.py failed: SyntaxError: "),
        ("hungry.py", "--import hungry.py, line 1 failed: ModuleNotFoundError: No module named "),
        ("twice.py", "the model name 'mlp' is already taken by zoo.mlp; choose another name"),
        ("", "--import needs a module or a file, as in --import my_models.py"),
    ],
)
def test_module_that_cannot_be_imported_is_one_line(folder, name, message):
    before = sorted(folder.iterdir())
    assert message in refused("--import", name, "--model", "mlp", cwd=folder)
    assert [path for path in sorted(folder.iterdir()) if path.name != "__pycache__"] == [
        path for path in before if path.name != "__pycache__"
    ]


def install(folder, name, module):
    """Put the metadata of an installed package with a plugin beside the user's modules."""
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[keras_fundamentals_zoo]\n{name} = {module}\n")


def test_installed_plugin_is_there_without_a_flag(folder, tmp_path):
    install(tmp_path, "myplugin", "my_models")
    (tmp_path / "my_models.py").write_text(MODEL)
    path = os.pathsep.join([str(ROOT), str(tmp_path)])
    assert list(importlib.metadata.distributions(path=[str(tmp_path)]))
    result = run("zoo", "my_model", cwd=tmp_path, PYTHONPATH=path)
    assert "my_model: One hidden layer." in result.stdout
    argv = ["--model", "my_model", "--epochs", "1", "--print-config"]
    printed = run("trainers.run", *argv, cwd=tmp_path, PYTHONPATH=path).stdout
    assert "imports: []" in printed  # the environment has it, as it has TensorFlow


def test_plugin_that_fails_is_a_warning_and_stops_nothing(tmp_path):
    install(tmp_path, "broken", "broken_module")
    (tmp_path / "broken_module.py").write_text("raise ValueError('broken')\n")
    path = os.pathsep.join([str(ROOT), str(tmp_path)])
    result = run("trainers.run", "--print-config", cwd=tmp_path, PYTHONPATH=path)
    assert result.stderr == ("warning: the plugin 'broken' is left out: ValueError: broken\n")

"""`python -m trainers.run` as users type it: what is printed, exit codes, nothing left behind."""

import os
import subprocess
import sys

import pytest
from places import ROOT

import configs
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse


def run(*argv, cwd=ROOT, **environment):
    variables = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    variables |= {"PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, *argv], cwd=cwd, env=variables, capture_output=True, text=True, timeout=120
    )


def test_help_and_print_config_import_no_tensorflow(tmp_path):
    code = (
        "import sys\n"
        "from trainers.run import main\n"
        "main(['--help'])\n"
        "main(['--model', 'lstm', '--print-config', '--learning-rate', '1e-3'])\n"
        "heavy = {'tensorflow', 'keras', 'sklearn', 'tensorflow_datasets'} & set(sys.modules)\n"
        "sys.exit(f'imported {sorted(heavy)}' if heavy else 0)\n"
    )
    result = run("-c", code, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "usage: python -m trainers.run" in result.stdout
    printed = result.stdout[result.stdout.index("model:\n") :]
    path = tmp_path / "printed.yaml"
    path.write_text(printed, encoding="utf-8")
    expected = resolve(parse(["--model", "lstm", "--learning-rate", "1e-3"]).config).config
    assert configs.from_dict(configs.load_recipe(path)) == expected
    assert list(tmp_path.iterdir()) == [path]


def test_help_succeeds_as_a_command():
    result = run("-m", "trainers.run", "--model", "cnn", "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "--model.filters" in result.stdout


BAD_COMMANDS = [
    ["--model", "nosuch"],
    ["--model", "mlp", "--optimizer", "adamx"],
    ["--model", "mlp", "--lr", "1"],
    ["--model", "mlp", "--learning-rate", "nan"],
    ["--config", "nosuch.yaml"],
]


@pytest.mark.parametrize("argv", BAD_COMMANDS, ids=" ".join)
def test_bad_command_exits_2_with_one_line_and_no_run_folder(argv, tmp_path):
    run_dir = tmp_path / "run"
    result = run("-m", "trainers.run", *argv, "--run-dir", str(run_dir), cwd=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_debug_adds_the_traceback(tmp_path):
    result = run("-m", "trainers.run", "--model", "nosuch", "--debug", cwd=tmp_path)
    assert result.returncode == 2
    assert "Traceback (most recent call last)" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("error: no model is called 'nosuch'")


def test_misfit_of_model_and_dataset_exits_2_without_chatter_or_folder(tmp_path):
    run_dir = tmp_path / "run"
    argv = ["--model", "mlp", "--dataset", "diabetes", "--epochs", "1", "--run-dir", str(run_dir)]
    result = run("-m", "trainers.run", *argv, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "error: model 'mlp' is for classification, dataset 'diabetes' for regression; "
        "models for it: linear_regression"
    ]
    assert not run_dir.exists()


def test_a_real_run_prints_nothing_of_tensorflows(tmp_path):
    run_dir = tmp_path / "run"
    argv = ["--model", "mlp", "--epochs", "1", "--run-dir", str(run_dir)]
    result = run("-m", "trainers.run", *argv, cwd=tmp_path)
    assert result.returncode == 0
    first, second = result.stderr.splitlines()
    assert first == f"mlp on digits -> {run_dir}"
    assert second.startswith("epoch 1  step ")
    words = [line.split()[0] for line in result.stdout.splitlines()]
    assert words[:5] == ["test", "time", "run", "look", "evaluate"]

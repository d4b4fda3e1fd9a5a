"""`python -m trainers.run` as users type it: what is printed, exit codes, nothing left behind."""

import shutil
import subprocess
import sys
import tomllib

import pytest
from forked import users_environment
from places import ROOT

import configs
import datasets
import trainers
import zoo
from trainers import evaluate
from trainers.assembly.resolve import resolve
from trainers.cli.exit import describe
from trainers.cli.run_arguments import parse
from trainers.run import main


def run(*argv, cwd=ROOT, **environment):
    variables = users_environment(**{"PYTHONPATH": str(ROOT), **environment})
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
    argv = ["--model", "autoencoder", "--dataset", "diabetes", "--run-dir", str(run_dir)]
    result = run("-m", "trainers.run", *argv, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "error: model 'autoencoder' is for classification, dataset 'diabetes' for regression; "
        "models for it: cnn, linear_regression, lstm_regressor, mlp, perceptron"
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
    assert words[:6] == ["test", "time", "speed", "run", "look", "evaluate"]


def test_a_run_in_float64_prints_nothing_of_tensorflows(tmp_path):
    argv = ["--model", "linear_regression", "--precision", "float64", "--dry-run"]
    result = run("-m", "trainers.run", *argv, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


# What a run refuses before its data are loaded, `--print-config` refuses with the same line.
REFUSED = {
    "--activation scaled_tan": "model 'mlp' got activation='scaled_tan'; did you mean",
    "--initializer huh": "model 'mlp' got initializer='huh'; allowed: dcgan | ",
    "--model.dropout 1": "model 'mlp' got dropout=1.0; allowed: float in [0, 1)",
    "--dataset acrobot": "unknown dataset 'acrobot'",
    "--dataset text --model char_lstm": "needs data_path, which is None",
    "--dataset text --model char_lstm --data-path /no/where": "check the path and its permissions",
    "--data-path x": "x' with dataset 'digits', allowed only with dataset 'arrays' or",
    "--model policy --dataset digits": "model 'policy' is for control, dataset 'digits'",
    "--model char_lstm --dataset reber": "models for it: gru, lstm",
    "--loss hinge --model linear_regression": "use --loss mse, mae, huber",
    "--loss mse --model policy": "leave --loss out",
    "--l2 0.1 --model policy": "use --weight-decay",
    "--optimizer newton": "use --model.dropout 0",
    "--optimizer newton --model gan": "use a first-order one, e.g. --optimizer adam",
    "--optimizer newton --model perceptron --precision mixed_bfloat16": "use --precision float32",
    "--optimizer newton --model perceptron --replicas 2": "trains on one device",
    "--diagnostics true --model policy": "leave --diagnostics out",
    "--compile xla --model policy": "use --compile auto or graph",
    "--compile eager --replicas 2": "use --compile auto or graph",
    "--strategy one_device --replicas 2": "use --strategy mirrored",
    "--strategy multi_worker": "finds no cluster",
    "--devices gpu:0,gpu:0": "give each device once",
}


OF_DATA = {words for words in REFUSED if "--data-path" in words or "--dataset text" in words}


@pytest.mark.parametrize("words", sorted(REFUSED))
def test_print_config_refuses_what_the_run_refuses(words, tmp_path, capsys):
    # The run would stop before it imports TensorFlow, so that both are asked for here.
    for request in (["--print-config"], ["--run-dir", str(tmp_path / "run")]):
        with pytest.raises((configs.ConfigError, zoo.ModelError, ValueError)) as caught:
            main([*words.split(), *request])
        code, message = describe(caught.value)
        assert code == (3 if words in OF_DATA else 2)
        assert REFUSED[words] in message
        assert "\n" not in message
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []


def test_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    printed = capsys.readouterr().out
    assert printed == f"python -m trainers.run {trainers.__version__}\n"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_is_a_script_of_the_shell_with_the_models_options(shell, capsys, tmp_path):
    main(["--model", "cnn", "--print-completion", shell])
    script = capsys.readouterr().out
    assert "zoo-train" in script
    assert "model.filters" in script
    assert "learning-rate" in script
    if program := shutil.which(shell):
        path = tmp_path / "completion"
        path.write_text(script)
        assert subprocess.run([program, "-n", path]).returncode == 0


def test_batch_larger_than_the_training_set_exits_3_with_both_sizes(tmp_path):
    arguments = ["--model", "mlp", "--batch-size", "5000", "--run-dir", str(tmp_path / "run")]
    with pytest.raises(datasets.DataError) as caught:
        main(arguments)
    code, line = describe(caught.value)
    assert code == 3
    assert "5000" in line
    assert "1077 examples" in line
    assert not (tmp_path / "run").exists()


def test_unknown_dataset_exits_2_before_a_folder_is_made(tmp_path):
    with pytest.raises(datasets.UnknownDatasetError) as caught:
        main(["--model", "mlp", "--dataset", "digitz", "--run-dir", str(tmp_path / "run")])
    assert describe(caught.value)[0] == 2
    assert not (tmp_path / "run").exists()


def test_evaluate_refuses_what_is_no_run(tmp_path):
    with pytest.raises(configs.ConfigError) as caught:
        evaluate.main([str(tmp_path)])
    assert str(caught.value) == (
        f"{tmp_path} is not a run folder: it has no config.yaml; runs are under runs/ by default"
    )


def test_dry_run_measures_what_two_steps_give(tmp_path, monkeypatch, capsys, train_here):
    monkeypatch.chdir(tmp_path)
    # A schedule would be stretched over another length, and give other rates.
    arguments = ["--model", "perceptron", "--optimizer.schedule", "constant"]
    main([*arguments, "--dry-run"])
    printed = capsys.readouterr().out.splitlines()
    assert list(tmp_path.iterdir()) == []
    summary = train_here(tmp_path / "run", *arguments, "--steps", "2")
    loss = summary["final"]["validation"]["loss"]
    assert printed[1].startswith(f"validation: loss {loss:.4f}  accuracy ")

"""Runs and data under names as people choose them, moved, and opened from other folders."""

import json
import shlex
import shutil

import pytest
from forked import Command, users_environment
from places import ROOT

import configs
import datasets
from trainers import evaluate, generate, plot, run
from trainers.assembly.resolve import require_known_data, resolve

HARD = "läufe [1] it's 日本 & $1 more"
SMALL = ["--model", "char_lstm", "--model.units", "8", "--window-steps", "8", "--batch-size", "2"]
SMALL += ["--warmup-steps", "0", "--schedule", "constant", "--compile", "graph"]
SMALL += ["--checkpoint-every-steps", "2", "--keep-checkpoints", "9", "--histograms", "false"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    folder = home / HARD
    folder.mkdir()
    (folder / "poem 1.txt").write_text("to be or not to be\n" * 20)
    (folder / "my models.py").write_text("import zoo\n")
    (folder / "a recipe.yaml").write_text("model: char_lstm\nsteps: 4\ndataset: text\n")
    argv = ["--config", f"{HARD}/a recipe.yaml", "--import", f"./{HARD}/my models.py"]
    argv += ["--data-path", f"./{HARD}/poem 1.txt", "--run-dir", f"{HARD}/run/"]
    environment = users_environment(PYTHONPATH=str(ROOT))
    with Command("trainers.run", *argv, *SMALL, cwd=home, env=environment) as process:
        out, errors = process.communicate(240)
    assert process.returncode == 0, errors
    return home, out


@pytest.fixture
def copy(trained, tmp_path):
    """A copy of all that the run needed, in which the run knows the text's old place."""
    shutil.copytree(trained[0], tmp_path / "home")
    return tmp_path / "home" / HARD


def refusal(module, *argv, cwd):
    environment = users_environment(PYTHONPATH=str(ROOT))
    with Command(module, *argv, cwd=cwd, env=environment) as process:
        _, errors = process.communicate(120)
    assert errors.count("\n") == 1, errors
    return process.returncode, errors


def test_fault_18_hard_names_in_every_path_flag_and_printed_commands_work(
    trained, monkeypatch, capsys
):
    """What a run under a hard name prints is pasted, in its folder, and then from another one.

    Seen to fail without the quotes around printed paths, and with paths saved as they were typed.
    """
    home, printed = trained
    commands = {line.split()[0]: shlex.split(line[10:]) for line in printed.splitlines()}
    monkeypatch.chdir(home)
    python, module, name, folder, *options = commands["evaluate"]
    assert (python, module, name, folder) == ("python", "-m", "trainers.evaluate", f"{HARD}/run")
    evaluate.main([folder, *options, "--json"])
    shown = json.loads(capsys.readouterr().out)
    summary = json.loads((home / HARD / "run" / "summary.json").read_text(encoding="utf-8"))
    assert shown["loss"] == pytest.approx(summary["best"]["test"]["loss"])
    assert commands["look"] == ["tensorboard", "--logdir", f"{HARD}/run"]
    assert commands["longer"][3:6] == ["--run-dir", f"{HARD}/run", "--resume"]

    (home / "elsewhere").mkdir()
    monkeypatch.chdir(home / "elsewhere")
    evaluate.main([f"../{HARD}/run", *options, "--json"])
    assert json.loads(capsys.readouterr().out) == shown
    generate.main([f"../{HARD}/run", "--length", "5"])
    assert len(capsys.readouterr().out) >= 6
    (home / "elsewhere" / HARD / "pictures [2]").mkdir(parents=True)
    plot.main([f"../{HARD}/run", "--output", f"{HARD}/pictures [2]/curve s.png"])
    assert (home / "elsewhere" / HARD / "pictures [2]" / "curve s.png").is_file()


def test_fault_18_prepared_data_may_lie_under_a_hard_name(tmp_path, monkeypatch, train_here):
    """Embedded data are prepared under such a name, and read from there again.

    Seen to fail with `--data-dir` taken as it is typed.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINE", str(tmp_path))
    argv = ["--model", "perceptron", "--steps", "1", "--data-dir", f"$MINE/{HARD}"]
    for number in (1, 2):
        train_here(tmp_path / f"run {number}", *argv)
    assert [path.name for path in (tmp_path / HARD).iterdir()] == ["digits"]


def test_fault_19_moved_run_folder_resumes_to_the_same_weights(copy, trained, monkeypatch):
    """A run that stood at half of its steps goes on under another name, from another folder.

    Seen to fail with the text's path saved as it was typed.
    """
    whole = json.loads((trained[0] / HARD / "run" / "summary.json").read_text(encoding="utf-8"))
    moved = copy / "runs [2]" / "of today"
    moved.parent.mkdir()
    (copy / "run").rename(moved)
    shutil.rmtree(moved / "checkpoints" / "step-000000004")
    (moved / "summary.json").unlink()
    monkeypatch.chdir(moved.parent)
    run.main(["--resume", "--run-dir", "of today", "--import", f"{trained[0]}/{HARD}/my models.py"])
    resumed = json.loads((moved / "summary.json").read_text(encoding="utf-8"))
    assert resumed["final_weights_sha256"] == whole["final_weights_sha256"]


def test_fault_56_moved_text_is_told_with_the_flag_that_finds_it(copy, trained, capsys):
    """Evaluating and resuming say where the text was, exit with 3, and go on as they advise.

    Seen to fail without `require_known_data(plan, saved=True)` in both commands.
    """
    config = configs.load_recipe(copy / "run" / "config.yaml")
    assert config["dataset"]["data_path"] == str(trained[0] / HARD / "poem 1.txt")
    text = (copy / "run" / "config.yaml").read_text(encoding="utf-8")
    gone = text.replace(str(trained[0]), str(copy.parent))
    (copy / "run" / "config.yaml").write_text(gone, encoding="utf-8")
    moved = copy / "on another disk.txt"
    (copy / "poem 1.txt").rename(moved)
    flags = ["--import", f"{trained[0]}/{HARD}/my models.py"]
    for module, argv in (
        ("trainers.evaluate", [copy / "run"]),
        ("trainers.run", ["--resume", "--run-dir", copy / "run"]),
    ):
        code, line = refusal(module, *argv, *flags, cwd=copy)
        assert code == 3
        old = shlex.quote(str(copy / "poem 1.txt"))
        assert f"{old}, the data of this run, are not there" in line
        assert "pass --data-path with where it is now" in line
    found = [*flags, "--data-path", str(moved)]
    evaluate.main([str(copy / "run"), *found, "--json"])
    assert json.loads(capsys.readouterr().out)["step"] in (2, 4)
    for command in (generate, plot):  # need no data, and take the same flags
        command.main([str(copy / "run"), *found])
        command.main([str(copy / "run"), *flags])
    run.main(["--resume", "--run-dir", str(copy / "run"), *found])
    saved = configs.load_recipe(copy / "run" / "config.yaml")
    assert saved["dataset"]["data_path"] == str(moved)


@pytest.mark.parametrize("name", ["mnist", "prepared_elsewhere"])
@pytest.mark.parametrize("folder", ["gone", "emptied"])
def test_fault_56_moved_data_folder_is_told_with_the_flag_that_finds_it(name, folder, tmp_path):
    """A run's TFDS folder is not there, or no longer has a set that nobody can download.

    Seen to fail without `require_known_data(plan, saved=True)`.
    """
    (tmp_path / "emptied").mkdir()
    data = {"name": name, "data_dir": str(tmp_path / folder)}
    plan = resolve(configs.recipe("mlp", dataset=data))
    if (name, folder) == ("mnist", "emptied"):
        require_known_data(plan, saved=True)  # can be downloaded again
        return
    with pytest.raises(datasets.DataError, match="pass --data-dir with where it is now") as caught:
        require_known_data(plan, saved=True)
    assert not isinstance(caught.value, datasets.UnknownDatasetError)
    assert str(tmp_path / folder) in str(caught.value)

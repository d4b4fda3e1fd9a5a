"""CONTRIBUTING's table is true: a toy of each kind is added by exactly its edits, and runs.

The same toys are registered by a module of the user's own too, brought by `--import`.
"""

import os
import re
import shutil

import pytest
from forked import Command
from imports import PACKAGES
from places import ROOT

TOYS = ROOT / "tests" / "toys"
# Kind -> (its NAME, the toy's file for each file that the table names, its row).
EDITS = {
    "a model": (
        "toy_model",
        {"zoo/NAME.py": "toy_model.py", "configs/NAME.yaml": "toy_model.yaml"},
        "",
    ),
    "a dataset": (
        "toy_data",
        {"datasets/embedded/NAME.py": "toy_data.py"},
        '"toy_data": EmbeddedDataset("datasets.embedded.toy_data.ToyData", "classification", "a"),',
    ),
    "an environment": (
        "toy_corridor",
        {"datasets/environments/NAME.py": "toy_corridor.py"},
        '"toy_corridor": EnvironmentRow("datasets.environments.toy_corridor.Corridor", "a toy"),',
    ),
    "a first-order optimizer": (
        "toy_descent",
        {},
        '"toy_descent": Optimizer("SGD", 0.05, (Option("momentum", "float", 0.0, help="a toy"),)),',
    ),
    "a loss": (
        "toy_loss",
        {},
        '"toy_loss": Loss(_keras("mean_squared_error"), ("classes", "numbers")),',
    ),
    "a learning problem": (
        "toy",
        {
            "trainers/problems/NAME/__init__.py": "",
            "trainers/problems/NAME/problem.py": "toy_problem.py",
            "trainers/problems/NAME/step.py": "toy_step.py",
        },
        '"toy": Problem("trainers.problems.toy.problem", "classification", "loss",'
        ' options=(Option("size", "float", 1.0),)),',
    ),
    "an experiment": (
        "toy_experiment",
        {
            "trainers/experiments/NAME.py": "toy_experiment.py",
            "configs/experiments/NAME.yaml": "toy_experiment.yaml",
        },
        "",
    ),
    "a published figure": ("toy_row", {"configs/reproduce/NAME.yaml": "toy_row.yaml"}, ""),
}
# The toys together, then each of those that need a run of their own.
COMMANDS = """
import sys
import keras
from trainers import reproduce, run

flags = sys.argv[1:]
quiet = ["--histograms", "false", "--report", "false", "--compile", "graph", *flags]
whole = ["--model", "toy_model", "--dataset", "toy_data", "--loss", "toy_loss", "--epochs", "2"]
run.main([*whole, "--optimizer", "toy_descent", "--run-dir", "whole", *quiet])
policy = ["--model", "policy", "--dataset", "toy_corridor", "--steps", "2"]
run.main([*policy, "--problem.horizon-steps", "8", "--run-dir", "policy", *quiet])
shrinker = ["--model", "toy_shrinker", "--problem.size", "2.5", "--epochs", "8"]
run.main([*shrinker, "--learning-rate", "0.05", "--run-dir", "problem", *quiet])
reproduce.main(["toy_experiment", "--short", *flags])
reproduce.main(["toy_row", "--short", *flags])
"""


def table():
    """Return kind -> (files to write, table and file of its row, rest), as CONTRIBUTING has it."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = {}
    for line in re.findall(r"^\|(.*)\|$", text, re.MULTILINE):
        kind, files, row, _ = (cell.strip() for cell in line.split("|"))
        if not kind.startswith("a"):
            continue  # the head
        paths = [path for path in re.findall(r"`([^`]+)`", files) if "/" in path]
        rows[kind] = paths, re.findall(r"to `(\w+)` in `([^`]+)`", row)
    return rows


def test_every_kind_of_the_table_has_a_toy_with_the_same_edits():
    assert {kind: (set(files), bool(row)) for kind, (_, files, row) in EDITS.items()} == {
        kind: (set(files), bool(rows)) for kind, (files, rows) in table().items()
    }


def run(folder, tree, *argv):
    """Run `COMMANDS` with the project that lies in `tree`; return what they print."""
    (folder / "commands.py").write_text(COMMANDS)
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    with Command("commands", *argv, cwd=folder, env=environment) as process:
        out, errors = process.communicate(300)
    assert process.returncode == 0, errors
    return out, errors


def require_all_ran(folder, out, errors):
    assert re.search(r"^toy_model on toy_data -> whole$", errors, re.MULTILINE)
    assert re.search(r"^policy on toy_corridor -> policy$", errors, re.MULTILINE)
    losses = [float(x) for x in re.findall(r"validation  loss (\S+)$", errors, re.MULTILINE)]
    assert len(losses) == 8
    assert losses[-1] < losses[0] / 2  # the toy problem is learned
    assert "holds  mean = 2, expected 1 to 3" in out
    assert "shortened: parameters: printed 650, found 650" in out
    written = {
        run: (folder / run / "config.yaml").read_text() for run in ("whole", "policy", "problem")
    }
    for word in ("name: toy_model", "name: toy_data", "name: toy_loss", "name: toy_descent"):
        assert word in written["whole"]
    assert "size: 2.5" in written["problem"]
    # An environment that is added is the one that is played: CartPole's actions are not numbered
    # otherwise, but its returns are never below 0.
    returns = [float(x) for x in re.findall(r"mean_return (\S+)", errors)]
    assert returns
    assert max(returns) < 0


def test_the_tables_edits_are_enough(tmp_path):
    tree = tmp_path / "tree"
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tree / package, ignore=ignored)
    rows = table()
    for kind, (name, files, row) in EDITS.items():
        for path, toy in files.items():
            target = tree / path.replace("NAME", name)
            assert not target.exists()
            target.parent.mkdir(exist_ok=True)
            target.write_text((TOYS / toy).read_text() if toy else '"""A toy."""\n')
        for variable, path in rows[kind][1]:
            source = (tree / path).read_text()
            opened = re.sub(rf"^({variable}\b.* = {{)$", rf"\1\n    {row}", source, flags=re.M)
            assert opened != source
            (tree / path).write_text(opened)
    require_all_ran(tmp_path, *run(tmp_path, tree))


@pytest.fixture
def own_folder(tmp_path):
    """A user's folder with the toys' files and the module that registers them."""
    folder = tmp_path / "own"
    shutil.copytree(TOYS, folder, ignore=shutil.ignore_patterns("toy_problem.py", "toy_step.py"))
    (folder / "toy").mkdir()
    (folder / "toy" / "__init__.py").write_text("")
    for name in ("problem", "step"):
        source = (TOYS / f"toy_{name}.py").read_text()
        (folder / "toy" / f"{name}.py").write_text(source.replace("trainers.problems.toy", "toy"))
    return folder


@pytest.mark.slow
def test_a_module_of_ones_own_brings_the_same(own_folder, tmp_path):
    require_all_ran(tmp_path, *run(tmp_path, ROOT, "--import", own_folder / "toys.py"))

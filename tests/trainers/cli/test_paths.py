"""Paths in every flag of every command: typed alike, saved so that they hold from anywhere."""

import ast
import sys

import pytest
from places import ROOT

import configs
from trainers import bench, cards, evaluate, export, generate, plot, predict, report, reproduce, run
from trainers.cli.options import arguments
from trainers.cli.run_arguments import PATHS, parse
from trainers.errors import StorageError
from zoo.__main__ import main as zoo_main
from zoo.errors import PathError

TEXT = ["--model", "char_lstm", "--dataset", "text"]
# Every flag and argument that is a path, and how to give it one.
TYPED = {
    ("run", "--run-dir"): (run.main, ["--run-dir", "{}"]),
    ("run", "--run-dir of --resume"): (run.main, ["--resume", "--run-dir", "{}"]),
    ("run", "--config"): (run.main, ["--config", "{}"]),
    ("run", "--import"): (run.main, ["--import", "{}"]),
    ("run", "--data-dir"): (run.main, ["--data-dir", "{}"]),
    ("run", "--init-from"): (run.main, ["--init-from", "{}"]),
    ("run", "--data-path"): (run.main, [*TEXT, "--data-path", "{}"]),
    ("bench", "--data-dir"): (bench.main, ["loading", "--data-dir", "{}"]),
    ("evaluate", "RUN_DIR"): (evaluate.main, ["{}"]),
    ("evaluate", "--data-dir"): (evaluate.main, ["{run}", "--data-dir", "{}"]),
    ("evaluate", "--data-path"): (evaluate.main, ["{run}", "--data-path", "{}"]),
    ("export", "RUN_DIR"): (export.main, ["{}", "--format", "keras"]),
    ("export", "--output"): (export.main, ["{run}", "--format", "keras", "--output", "{}"]),
    ("generate", "RUN_DIR"): (generate.main, ["{}"]),
    ("generate", "--output"): (generate.main, ["{run}", "--output", "{}"]),
    ("plot", "RUN_DIR"): (plot.main, ["{}"]),
    ("plot", "--output"): (plot.main, ["{run}", "--output", "{}"]),
    ("predict", "RUN_DIR"): (predict.main, ["{}", "x"]),
    ("predict", "--output"): (predict.main, ["{run}", "x", "--output", "{}"]),
    ("report", "RUN_DIR"): (report.main, ["{}"]),
    ("report", "--output"): (report.main, ["{run}", "--output", "{}"]),
    ("reproduce", "--output"): (reproduce.main, ["xor", "--output", "{}"]),
    ("reproduce", "--data-dir"): (reproduce.main, ["nielsen_shallow", "--data-dir", "{}"]),
    ("reproduce", "--data-path"): (reproduce.main, ["sonar", "--data-path", "{}"]),
    ("cards", "--data-dir"): (cards.main, ["--data-dir", "{}"]),
    ("zoo", "--import"): (zoo_main, ["--import", "{}"]),
}


@pytest.mark.parametrize("case", TYPED, ids=" ".join)
@pytest.mark.parametrize("path", ["$NO_SUCH_VARIABLE/x.py", "https://example.org/x.py"])
def test_every_path_is_read_by_the_same_rules(case, path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("epochs: 1\n")
    main, argv = TYPED[case]
    argv = [word.format(path, run=tmp_path) for word in argv]
    if main is zoo_main:
        assert main(argv) == 2
        text = capsys.readouterr().err
    else:
        with pytest.raises(PathError) as caught:
            main(argv)
        text = str(caught.value)
    assert text.removeprefix("error: ").startswith(f"{case[1].split()[0]} is {path!r}")


def test_no_flag_that_is_a_path_is_left_out_here():
    found = {("bench", "--output")}  # measures before it writes
    words = {"run_dir": "RUN_DIR", "--import": "--import"}
    for path in [*(ROOT / "trainers").glob("*.py"), ROOT / "zoo" / "__main__.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
                flag = node.args[0].value if isinstance(node.args[0], ast.Constant) else "--import"
                flag = words.get(flag, flag)
                if flag in words.values() or flag.endswith(("-dir", "-path", "--output")):
                    found.add((path.stem.replace("__main__", "zoo"), flag))
    found |= {("run", flag) for flag in ("--config", "--run-dir", "--import", *PATHS.values())}
    found |= {("evaluate", PATHS[f"dataset.{name}"]) for name in ("data_dir", "data_path")}
    assert found - {("bench", "--output")} == {case for case in TYPED if " " not in case[1]}
    places = {each.short_flag for each in arguments("mlp", "adam") if each.metavar in PLACES}
    assert places == set(PATHS.values())


PLACES = ("FOLDER", "PATH", "FILE")


def test_bench_reads_its_output_by_the_same_rules():
    with pytest.raises(PathError, match="--output is 'https://x/y'"):
        bench.main(["fit", "--output", "https://x/y"])


def test_bench_refuses_an_output_that_it_could_not_write_before_it_measures(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "trainers.benchmarks.runs", None)  # an import would be told
    (tmp_path / "file.json").touch()
    (tmp_path / "folder.json").mkdir()
    for name, error, said in (
        (
            "folder.json",
            configs.ConfigError,
            "folder.json is a folder; give a file whose",
        ),
        (
            "table.md",
            configs.ConfigError,
            "table.md is no JSON file; give a file whose",
        ),
        ("file.json/x.json", StorageError, "cannot write to .*file.json .*; give a writable --out"),
    ):
        with pytest.raises(error, match=said):
            bench.main(["runs", "--output", str(tmp_path / name)])
    with pytest.raises(ModuleNotFoundError):
        bench.main(["runs", "--output", str(tmp_path / "new" / "x.json")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.json", "folder.json"]


def test_saved_paths_are_absolute_wherever_they_were_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    data = parse([*TEXT, "--data-path", "~/poem.txt", "--data-dir", "data/"]).config.dataset
    assert data.data_path == str(tmp_path / "home" / "poem.txt")
    assert data.data_dir == str(tmp_path / "data")
    (tmp_path / "recipe.yaml").write_text("dataset: {name: text, data_path: $HOME/a b.txt}\n")
    given = parse(["--config", "recipe.yaml", "--epochs", "1"]).config.dataset
    assert given.data_path == str(tmp_path / "home" / "a b.txt")


def test_what_a_run_has_saved_is_no_longer_read_as_typed(tmp_path, monkeypatch):
    """A name that looks like a variable, in a folder that is gone, is data that were moved."""
    config = configs.recipe("mlp", dataset={"data_dir": "/gone/cost $NO_SUCH_VARIABLE"})
    (tmp_path / "config.yaml").write_text(configs.to_yaml(config))
    resumed = parse(["--resume", "--run-dir", str(tmp_path)]).config
    assert resumed.dataset.data_dir == "/gone/cost $NO_SUCH_VARIABLE"

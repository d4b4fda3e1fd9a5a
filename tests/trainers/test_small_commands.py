"""The commands that look, time and record: plot, bench, cards, and what all small ones share."""

import json
import shutil

import pytest

import configs
import zoo
from trainers import bench, cards, evaluate, plot
from trainers.assembly.resolve import resolve
from trainers.benchmarks import fit
from trainers.distribution.signals import StopSignals
from trainers.errors import CheckpointError
from trainers.reports import cards as reports
from trainers.reports.curves import curves
from trainers.train import train


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    path = tmp_path_factory.mktemp("commands") / "run"
    train(resolve(configs.recipe("perceptron", epochs=3)), path, StopSignals())
    return path


def test_plot_draws_every_validation_figure_of_the_run(run_dir, capsys):
    plot.main([str(run_dir)])
    assert (run_dir / "curves.png").read_bytes().startswith(b"\x89PNG")
    points = curves(run_dir)
    assert [epoch for epoch, _ in points["validation", "loss"]] == [1, 2, 3]
    assert {name for split, name in points if split == "validation"} == {"loss", "accuracy"}
    assert capsys.readouterr().out == f"written: {run_dir / 'curves.png'}\n"


def test_plot_refuses_a_file_it_cannot_draw(run_dir):
    with pytest.raises(configs.ConfigError, match=r"give a \.png, \.svg or \.pdf file"):
        plot.main([str(run_dir), "--output", "curves.docx"])


def test_plot_writes_into_a_folder_that_is_there_and_over_none(run_dir, tmp_path):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(configs.ConfigError, match=r"folder\.png is a folder; give a file in one"):
        plot.main([str(run_dir), "--output", str(tmp_path / "folder.png")])
    with pytest.raises(configs.ConfigError, match=r"lies in no folder .*absent; make it"):
        plot.main([str(run_dir), "--output", str(tmp_path / "absent" / "x.png")])
    assert [each.name for each in tmp_path.iterdir()] == ["folder.png"]


def test_evaluate_takes_a_data_dir_and_both_spellings(run_dir, tmp_path, capsys):
    arguments = [str(run_dir), "--data_dir", str(tmp_path), "--split=validation", "--json"]
    evaluate.main(arguments)
    shown = json.loads(capsys.readouterr().out)
    summary = json.loads((run_dir / "summary.json").read_text())
    assert shown["loss"] == summary["best"]["validation"]["loss"]
    assert (tmp_path / "digits").is_dir()


def test_bench_measures_every_contender_and_writes_the_ratios(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(fit, "_FEWEST_UPDATES", 1)
    monkeypatch.setattr(fit, "_FEWEST_EXAMPLES", 1)
    output = tmp_path / "bench.json"
    bench.main(
        ["fit", "--models=perceptron", "--batch-sizes=full", "--repeats=1", f"--output={output}"]
    )
    (row,) = json.loads(output.read_text())["rows"]
    assert (row["model"], row["batch_size"], row["examples"]) == ("perceptron", "full", 1077)
    assert {"ours", "fit default"} < set(row["seconds"])
    assert row["best_fit"] in row["seconds"]
    best = row["seconds"][row["best_fit"]][0] / row["seconds"]["ours"][0]
    assert row["over_best_fit"]["median"] == pytest.approx(best)
    assert "perceptron" in capsys.readouterr().out


def test_bench_reads_pictures_as_keras_does(tmp_path, capsys):
    output = tmp_path / "bench.json"
    bench.main(["images", "--pictures=30", "--repeats=1", f"--output={output}"])
    grey, mixed = json.loads(output.read_text())["rows"]
    assert (grey["pictures"], grey["of"], mixed["of"]) == (30, "one size, grey", "sizes mixed, RGB")
    for row in (grey, mixed):
        assert row["ratio"] == row["first_seconds"][0] / row["keras_seconds"][0]
        assert len(row["cached_seconds"]) == 1
    assert "30, sizes mixed, RGB" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["fitt"], "unknown benchmark 'fitt'"),
        (["fit", "--repeats=0"], "--repeats is 0"),
        (["images", "--pictures=0"], "--pictures is 0"),
        (["fit", "--batch-sizes=1,x"], "batch size 'x'"),
        (["fit", "--models=zzz"], "no supervised model matches 'zzz'"),
        (["fit", "--nosuch"], "--nosuch"),
    ],
)
def test_bench_refuses_what_it_cannot_measure(argv, message):
    with pytest.raises(configs.ConfigError, match=message):
        bench.main(argv)


def test_cards_write_one_measurement_in_all_three_places(tmp_path, monkeypatch):
    recipe, readme = tmp_path / "perceptron.yaml", tmp_path / "README.md"
    measured = tmp_path / "measured.json"
    recipe.write_text("# measured: not yet\nmodel: perceptron\n")
    readme.write_text("a\n<!-- models: x -->\nold\n<!-- /models -->\nb\n")
    figures = {
        "parameters": 650,
        "flops_per_example": 1290,
        "metric": "accuracy",
        "value": 0.93888,
        "command": "python -m trainers.run --model perceptron",
        "hardware": "2 cores of X, no GPU",
        "seconds": 4.6,
    }
    monkeypatch.setattr(reports, "_MEASURED", measured)
    monkeypatch.setattr(reports, "_README", readme)
    monkeypatch.setattr(cards, "train_recipe", lambda *_: figures)
    monkeypatch.setattr(configs, "recipe_path", lambda _: recipe)
    cards.main(["--models=perceptron"])
    assert json.loads(measured.read_text()) == {"perceptron": figures}
    assert recipe.read_text() == (
        "# measured: test accuracy 0.9389, 5 s with data and evaluation, "
        "on 2 cores of X, no GPU\nmodel: perceptron\n"
    )
    row = "| `perceptron` | classification | digits | 650 | 1,290 | accuracy 0.9389 | 5 s |"
    assert row in readme.read_text()
    assert readme.read_text().startswith("a\n")
    assert readme.read_text().endswith("\nb\n")
    assert "old" not in readme.read_text()


@pytest.mark.parametrize("name", [n for n in configs.recipes() if zoo.is_model(n)])
def test_recorded_options_and_sizes_are_those_of_the_recipes_model(name):
    card, counted = zoo.model_card(name), cards.counted(configs.recipe(name))
    assert card.recipe_options == counted["options"]
    assert card.parameters == counted["parameters"]
    assert card.flops_per_example == counted["flops_per_example"]
    assert card.default_parameters == counted["default_parameters"]
    assert card.default_flops_per_example == counted["default_flops_per_example"]
    header = configs.recipe_path(name).read_text()
    assert f"# run: {card.measured_with}\n" in header
    figures = {"metric": card.metric_name, "value": card.metric_value}
    assert f"test {reports.shown(figures)}" in header


def test_sizes_are_counted_with_the_recipes_options_and_with_the_builders():
    counted = cards.counted(configs.recipe("mlp"))
    recipe, builder = counted["options"]["hidden_units"], zoo.model_options("mlp")["hidden_units"]
    for prefix, (hidden,) in (("", recipe), ("default_", builder.default)):
        assert counted[f"{prefix}parameters"] == 64 * hidden + hidden + hidden * 10 + 10
        assert counted[f"{prefix}flops_per_example"] == 2 * 64 * hidden + hidden + 20 * hidden + 10
    assert recipe != list(builder.default)


def test_recount_trains_nothing_and_keeps_what_was_measured(tmp_path, monkeypatch):
    measured = tmp_path / "measured.json"
    measured.write_text(json.dumps({"perceptron": {"parameters": 1, "value": 0.5, "seconds": 9.0}}))
    monkeypatch.setattr(reports, "_MEASURED", measured)
    monkeypatch.setattr(reports, "write_table", lambda _: None)
    monkeypatch.setattr(cards, "train_recipe", None)
    cards.main(["--recount"])
    figures = json.loads(measured.read_text())
    assert set(figures) == {"perceptron"}
    assert figures["perceptron"]["parameters"] == 650
    assert (figures["perceptron"]["value"], figures["perceptron"]["seconds"]) == (0.5, 9.0)


def test_plot_draws_what_can_be_read_and_says_what_cannot(run_dir, tmp_path, capsys):
    folder = shutil.copytree(run_dir, tmp_path / "run")
    whole = curves(folder)
    lines = (folder / "metrics.csv").read_text(encoding="utf-8").splitlines()
    damaged = ["stepp,epoch", *lines[1:-1], lines[-1][:-12]]
    (folder / "metrics.csv").write_text("\n".join(damaged))
    (folder / "summary.json").write_text('{"final": [')
    plot.main([str(folder)])
    assert capsys.readouterr().err == (
        f"warning: {folder}/metrics.csv is damaged: lines of it are left out; continuing the run "
        f"with --resume mends it\nwarning: {folder}/summary.json is damaged and left out\n"
    )
    read = curves(folder)
    assert sum(map(len, read.values())) == sum(map(len, whole.values())) - 1
    (folder / "metrics.csv").write_text("")
    with pytest.raises(CheckpointError, match=r"metrics.csv has no validation to draw; continue"):
        plot.main([str(folder)])

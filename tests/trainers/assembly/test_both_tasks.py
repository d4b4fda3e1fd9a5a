"""Models that learn classes and numbers of one's own data; figures in the data's units."""

import json

import numpy as np
import pytest

import configs
import datasets
import trainers
from trainers import evaluate
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """120 rows whose price is 1000 + 300 x - 200 [kind = b], nearly, with weights."""
    random = np.random.default_rng(4)
    x, kind = random.normal(size=120), np.array(["a", "b"])[random.integers(0, 2, 120)]
    price = 1000 + 300 * x - 200 * (kind == "b") + random.normal(0, 50, 120)
    path = tmp_path_factory.mktemp("own") / "prices.csv"
    columns = x.round(4), kind, price.round(2), (price * 2e-3 + 7).round(5), [1.0, 5.0, 0.5] * 40
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    path.write_text("\n".join(["x,kind,price,rate,w", *rows]))
    return path


@pytest.fixture(scope="module")
def regression(train_here, table, tmp_path_factory):
    """Weighted least squares of the price, in one step of Newton's method: (folder, summary)."""
    folder = tmp_path_factory.mktemp("runs") / "prices"
    argv = ["--model", "linear_regression", "--dataset", "table", "--data-path", str(table)]
    argv += ["--target", "price", "--drop", "rate", "--weight-column", "w", "--steps", "1"]
    argv += ["--batch-size", "full", "--optimizer", "newton", "--optimizer.damping", "1e-6"]
    return folder, train_here(folder, *argv)


def test_a_regression_is_measured_in_its_own_units_and_learned_standardized(regression, table):
    data = datasets.load("table", data_path=table, target="price", drop="rate", weight_column="w")
    train, test = data.splits["train"], data.splits["test"]
    root = np.sqrt(train.weights)[:, None]
    design = np.column_stack([train.inputs, np.ones(train.size)])
    weights, *_ = np.linalg.lstsq(design * root, train.targets * root, rcond=None)
    errors = np.column_stack([test.inputs, np.ones(test.size)]) @ weights - test.targets
    figures = regression[1]["best"]["test"]
    deviation = data.preparation["outputs"]["deviation"][0]
    absolute = np.average(np.abs(errors[:, 0]) * deviation, weights=test.weights)
    assert figures["mean_absolute_error"] == pytest.approx(absolute, rel=1e-3)
    assert figures["loss"] == pytest.approx(
        np.average(errors[:, 0] ** 2, weights=test.weights), rel=1e-3
    )
    assert 20 < absolute < 80


def test_evaluation_gives_the_figures_of_the_run(regression, capsys):
    folder, summary = regression
    evaluate.main([str(folder), "--split", "test", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["mean_absolute_error"] == pytest.approx(
        summary["best"]["test"]["mean_absolute_error"], rel=1e-6
    )


@pytest.mark.parametrize("model", ["mlp", "perceptron", "linear_regression"])
@pytest.mark.parametrize(
    ("target", "dropped", "task", "outputs"),
    [
        ("kind", "rate,w", "classification", 2),
        ("price", "rate,w", "regression", 1),
        ("price,rate", "w", "regression", 2),
    ],
)
def test_models_of_tables_learn_classes_and_numbers(model, target, dropped, task, outputs, table):
    settings = {"name": "table", "data_path": str(table), "target": target, "drop": dropped}
    loaded = load_data(resolve(configs.recipe(model, dataset=settings), frozenset()))
    assert loaded.plan.problem.dataset_task == task
    made = assemble(loaded.plan, loaded.dataset)
    assert made.step.model.output_shape == (None, outputs)
    metric = "accuracy" if task == "classification" else "mean_absolute_error"
    assert made.step.names == ("loss", metric)


def test_a_cnn_learns_numbers_of_pictures(tmp_path):
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (60, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "light.npz", X=pictures, y=pictures.mean(axis=(1, 2)))
    settings = {"name": "arrays", "data_path": str(tmp_path / "light.npz")}
    loaded = load_data(resolve(configs.recipe("cnn", dataset=settings), frozenset()))
    made = assemble(loaded.plan, loaded.dataset)
    assert made.step.names == ("loss", "mean_absolute_error")
    assert made.step.model.output_shape == (None, 1)


def test_sigmoid_outputs_are_for_numbers_between_0_and_1(train_here, tmp_path, capsys):
    """Seen to fail without the comparison: a model that can say 1 at most learned to say 152."""
    argv = ["--model", "mlp", "--model.output-activation", "sigmoid", "--model.hidden-units", "2"]
    argv += ["--target-key", "target", "--steps", "2"]
    summary = train_here(tmp_path / "run", *argv, "--dataset", "xor")
    assert "mean_absolute_error" in summary["best"]["test"]
    assert summary["parameters"] == 3 * 2 + 3
    outputs = trainers.open(tmp_path / "run").predict(np.array([[0, 1], [1, 1]], np.float32))
    assert outputs.shape == (2, 1)
    assert np.all((outputs > 0) & (outputs < 1))
    capsys.readouterr()
    evaluate.main([str(tmp_path / "run"), "--split", "test", "--json"])
    assert json.loads(capsys.readouterr().out)["split"] == "test"
    plan = resolve(
        configs.Config(
            model=configs.ModelConfig("mlp", {"output_activation": "sigmoid"}),
            dataset=configs.DatasetConfig("diabetes"),
        )
    )
    message = "between 0 and 1, and what is learned of 'diabetes' goes from 25 to 346; use --model"
    with pytest.raises(configs.ConfigError, match=message):
        load_data(plan, scratch=True)

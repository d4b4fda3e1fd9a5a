"""Whole runs: every registered model and every recipe, from the command line to the model file."""

import csv
import json
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from places import prepared, require_embedded
from raw_examples import figures

import configs
import datasets
import zoo
from trainers import evaluate, run
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse
from trainers.engine.batch import Batch
from trainers.engine.totals import Totals
from trainers.predictions.example_record import ExampleRecord
from trainers.reports.pages.facts import RunFacts
from trainers.reports.pages.run_page import number
from trainers.runs import checkpoints
from trainers.runs.state import restore

# One row a model: arguments of a run short enough for every test run, long enough to learn.
CASES = {
    "autoencoder": ["--steps", "102", "--log-every-steps", "34", "--evaluate-every-steps", "51"],
    "char_lstm": [
        *("--model.units", "16", "--window-steps", "16", "--steps", "60"),
        *("--log-every-steps", "20", "--evaluate-every-steps", "30", "--warmup-steps", "0"),
    ],
    "bi_lstm": ["--model.units", "8", "--epochs", "2", "--learning-rate", "0.02"],
    "cnn": ["--model.filters", "4,8", "--epochs", "2", "--learning-rate", "0.01"],
    "gan": [
        *("--model.filters", "8", "--problem.classifier-steps", "60", "--ema-momentum", "0.9"),
        *("--learning-rate", "2e-3", "--steps", "153", "--evaluate-every-steps", "51"),
    ],
    "gru": ["--model.units", "8", "--steps", "60", "--log-every-steps", "20"],
    "lenet": [
        *("--model.variant", "lenet1", "--model.output", "dense", "--steps", "60"),
        *("--log-every-steps", "20", "--evaluate-every-steps", "30"),
    ],
    "linear_regression": ["--epochs", "20"],
    "lstm": ["--model.units", "8", "--steps", "60", "--log-every-steps", "20"],
    "lstm_classifier": ["--model.units", "8", "--epochs", "2", "--learning-rate", "0.02"],
    "lstm_regressor": [
        *("--model.units", "4", "--steps", "100", "--compile", "graph"),
        *("--log-every-steps", "50", "--evaluate-every-steps", "50"),
    ],
    "mlp": ["--epochs", "3"],
    "perceptron": ["--epochs", "2"],
    "policy": ["--steps", "30", "--evaluate-every-steps", "15", "--problem.horizon-steps", "64"],
    "resnet": [
        *("--model.filters", "4", "--steps", "40", "--learning-rate", "0.01"),
        *("--log-every-steps", "20", "--evaluate-every-steps", "20"),
    ],
    "rosenblatt": ["--epochs", "2"],
}
# The figure that training improves, where it is not the loss.
MONITORED = {"gan": "frechet_distance", "policy": "mean_return"}
HIGHER = {"accuracy", "mean_return", "classes_present"}
QUIET = ["--histograms", "false"]
# The default suite compiles these as the product does, and others by TensorFlow alone, which is
# sooner done; the longer form compiles all as the product does.
AS_CHOSEN = {"autoencoder", "cnn", "linear_regression", "lstm", "mlp", "perceptron", "rosenblatt"}


def test_every_registered_model_has_a_case():
    assert sorted(CASES) == zoo.list_models()


@pytest.fixture(scope="module")
def catalogue_run(train_here, tmp_path_factory):
    """Each model's run, done once."""
    done = {}

    def get(model):
        require_embedded(zoo.model_card(model).default_dataset)
        if model not in done:
            folder = tmp_path_factory.mktemp(model) / "run"
            mode = ["--compile", "auto"] if model in AS_CHOSEN else []
            told = ["--report", "true"]
            done[model] = folder, train_here(folder, "--model", model, *told, *mode, *CASES[model])
        return done[model]

    return get


def curve(folder, name):
    """The values of a figure over training; of validations, if only they have it."""
    with (folder / "metrics.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["name"] == name]
    training = [row for row in rows if row["split"] == "train"]
    return [float(row["value"]) for row in training or rows]


def better(name, value, other, margin=1.0):
    """Whether `value` is at least as good as `other`, or better by a factor of `margin`."""
    if name in HIGHER:
        return value * margin >= other
    return value <= margin * other


@pytest.mark.parametrize("model", sorted(CASES))
def test_short_run_improves_its_training_figure(catalogue_run, model):
    name = MONITORED.get(model, "loss")
    values = curve(catalogue_run(model)[0], name)
    assert len(values) >= 2
    assert better(name, values[-1], values[0], margin=0.97)


@pytest.mark.parametrize("model", sorted(CASES))
def test_a_run_ends_with_a_page_that_tells_its_figures_and_asks_for_nothing(catalogue_run, model):
    folder, summary = catalogue_run(model)
    page = (folder / "report.html").read_text(encoding="utf-8")
    facts = RunFacts.read(folder)
    for name in facts.shown_figures("test"):
        assert f"<td>{number(summary['best']['test'][name])}</td>" in page
    assert not re.search(r"""(src|href)\s*=\s*["'](?!data:|#)""", page)
    assert "<script" not in page
    assert "@import" not in page
    assert 'aria-label="Learning curves over updates' in page


@pytest.mark.parametrize("model", sorted(set(CASES) - {"gan"}))
def test_test_examples_one_by_one_have_the_runs_figures_as_their_mean(catalogue_run, model):
    """A text's windows begin without what was before them, an autoencoder's noise is of a place."""
    folder, summary = catalogue_run(model)
    record, rough = ExampleRecord.read(folder), {"char_lstm": 0.05, "autoencoder": 0.05}
    for name, values in record.figures.items():
        mean = np.average(values, weights=record.weights)
        expected = summary["best"]["test"][name]
        assert mean == pytest.approx(expected, rel=rough.get(model, 1e-5)), name
    assert record.about["step"] == summary["best_step"]


@pytest.mark.slow
@pytest.mark.parametrize("model", sorted(set(CASES) - AS_CHOSEN))
def test_short_run_compiled_as_the_product_chooses_learns_too(train_here, tmp_path, model, capsys):
    folder, name = tmp_path / "run", MONITORED.get(model, "loss")
    arguments = [each for each in CASES[model] if each not in ("--compile", "graph")]
    summary = train_here(folder, "--model", model, "--compile", "auto", *arguments)
    values = curve(folder, name)
    assert better(name, values[-1], values[0], margin=0.97)
    assert_evaluate_repeats(folder, summary, name, capsys)


@pytest.mark.parametrize("model", sorted(CASES))
def test_evaluate_repeats_the_summarys_figures_exactly(catalogue_run, model, capsys):
    folder, summary = catalogue_run(model)
    assert_evaluate_repeats(folder, summary, MONITORED.get(model, "loss"), capsys)


def assert_evaluate_repeats(folder, summary, name, capsys):
    capsys.readouterr()
    evaluate.main([str(folder), "--split", "test", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed.pop("step") == summary["best_step"]
    assert printed.pop("split") == "test"
    for details in ("classes", "macro", "confusion", "targets"):
        printed.pop(details, None)
    assert name in printed
    assert printed == {key: summary["best"]["test"][key] for key in printed}


@pytest.mark.parametrize("model", sorted(CASES))
def test_model_file_holds_the_best_checkpoints_weights(catalogue_run, model):
    folder, summary = catalogue_run(model)
    plan = resolve(parse(["--run-dir", str(folder), "--resume"]).config)
    data = load_data(plan).dataset
    parts = assemble(plan, data)
    best = checkpoints.load(folder / "checkpoints", summary["best_step"])
    restore(parts.step, Totals(parts.step.names), best.arrays)
    rows = Batch(*(tf.constant(array[:64]) for _, array in [*data.splits["test"].arrays()][:3]))
    inputs = parts.step.probe_inputs(rows)
    trained = zoo.trained_model(zoo.load_model(folder / "model.keras"))
    with parts.step.weights.averaged():
        expected = keras.tree.flatten(parts.step.model(inputs))
    for values, wanted in zip(keras.tree.flatten(trained(inputs)), expected, strict=True):
        np.testing.assert_array_equal(values, wanted)
        assert len(np.unique(np.asarray(values))) > 1


# What raw test examples are asked for, where it is not accuracy and loss; a policy and a generator
# have none, and the loss of Rosenblatt's units is that of no probabilities.
RAW = {
    "autoencoder": ["mean_squared_error"],
    "lenet": ["accuracy"],  # its loss has a class that no probability is given for
    "linear_regression": ["mean_absolute_error", "loss"],
    "lstm_regressor": ["mean_absolute_error", "loss"],
    "rosenblatt": ["accuracy"],
}


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(name, marks=pytest.mark.slow) if name == "char_lstm" else name
        for name in sorted(set(CASES) - {"gan", "policy"})
    ],
)
def test_model_file_alone_repeats_the_test_figures_on_raw_examples(catalogue_run, model):
    folder, summary = catalogue_run(model)
    name = zoo.model_card(model).default_dataset
    options = {"window_steps": 16} if model == "char_lstm" else {}
    again = figures(zoo.load_model(folder / "model.keras"), name, **options)
    for figure in RAW.get(model, ["accuracy", "loss"]):
        assert again[figure] == pytest.approx(summary["best"]["test"][figure], rel=1e-5), figure


def test_policys_file_gives_probabilities_of_actions(catalogue_run):
    model = zoo.load_model(catalogue_run("policy")[0] / "model.keras")
    seen = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    answers, scores = model(seen), zoo.trained_model(model)(seen)
    odds = np.exp(scores["logits"])
    np.testing.assert_allclose(
        answers["probabilities"], odds / odds.sum(axis=1, keepdims=True), rtol=1e-5
    )
    np.testing.assert_array_equal(answers["value"], scores["value"])


@pytest.mark.parametrize("model", sorted(CASES))
def test_summary_tells_what_was_trained(catalogue_run, model):
    folder, summary = catalogue_run(model)
    card = zoo.model_card(model)
    assert summary["model"] == model
    assert summary["dataset"].partition(":")[0] == card.default_dataset
    assert summary["parameters"] == zoo.load_model(folder / "model.keras").count_params()
    assert summary["versions"]["keras"] == keras.__version__
    name = MONITORED.get(model, "loss")
    assert better(name, *(summary[which]["validation"][name] for which in ("best", "final")))
    assert checkpoints.available(folder / "checkpoints")[0] == summary["steps"]


# Their validation plays many steps of Python, or reads a book.
LONG = ("char_lstm_shakespeare_hour", "policy_acrobot", "policy_mountain_car")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in LONG else name
        for name in configs.recipes()
    ],
)
def test_recipe_resolves_and_runs_shortened(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["--config", str(configs.recipe_path(name)), "--steps", "3", "--dry-run"]
    config = parse(arguments).config
    require_embedded(config.dataset.name)
    name_of_data = config.dataset.name
    own = name_of_data in datasets.list_datasets() or datasets.is_environment(name_of_data)
    if not own:
        arguments += ["--data-dir", str(prepared(name_of_data))]
    small = {
        "char_lstm": ["--model.units", "8", "--window-steps", "8", "--warmup-steps", "0"],
        "cnn": ["--model.filters", "2,2"],
        "gan": ["--model.filters", "2", "--problem.classifier-steps", "3"],
        "resnet": ["--model.filters", "2"],
    }.get(config.model.name, [])
    # Runs above, of the longer form too, compile models as the product does.
    small += ["--compile", "graph"]
    run.main([*arguments, *small, "--run-dir", "run"])
    lines = capsys.readouterr().out.splitlines()
    assert re.match(rf"two steps of {config.model.name}: \w+ -?\d", lines[0])
    assert lines[-1].endswith("; wrote nothing")
    assert list(tmp_path.iterdir()) == []


def test_one_seed_gives_one_run_streamed_or_not_and_another_seed_another(
    tmp_path, small_run, small_arguments, train_here
):
    arguments = [*small_arguments, "--epochs", "2", "--checkpoint-every-steps", "17", *QUIET]
    again = train_here(tmp_path / "again", *arguments, "--max-resident-gib", "0")
    other = train_here(tmp_path / "other", *arguments, "--seed", "1")
    assert again["final_weights_sha256"] == small_run[1]["final_weights_sha256"]
    assert again["final"] == small_run[1]["final"]
    assert other["final_weights_sha256"] != again["final_weights_sha256"]


def test_evaluate_newest_measures_the_final_weights(catalogue_run, capsys):
    folder, summary = catalogue_run("mlp")
    capsys.readouterr()
    evaluate.main([str(folder), "--checkpoint", "newest", "--split", "validation", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["step"] == summary["steps"]
    assert printed["loss"] == summary["final"]["validation"]["loss"]


def test_oracle_is_reported_where_it_is_known(catalogue_run):
    _, summary = catalogue_run("lstm")
    figures = summary["best"]["test"]
    assert figures["excess_loss"] == figures["loss"] - figures["oracle_loss"]
    assert figures["excess_loss"] > 0
    assert {"memory_loss", "memory_accuracy"} <= set(figures)

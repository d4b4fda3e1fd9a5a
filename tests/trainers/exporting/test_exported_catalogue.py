"""Every registered model in every format; and a run's file alone, in a process of its own."""

import importlib
import subprocess
import sys

import keras
import numpy as np
import pytest
from places import ROOT
from raw_examples import figures, raw_test

import datasets
import zoo
from trainers.assembly.deployed import deployed
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse
from trainers.exporting import comparison
from trainers.exporting.export import _batches, _worst
from trainers.exporting.formats import FORMATS
from trainers.exporting.servable import servable

SMALL = {
    "char_lstm": ["--model.units", "8", "--window-steps", "16"],
    "cnn": ["--model.filters", "4,8"],
    "gan": ["--model.filters", "8"],
}


@pytest.fixture(scope="module")
def deployable_model():
    """A registered model, untrained, as a run on its own data would save it, and those data."""
    made = {}

    def get(name):
        if name not in made:
            plan = resolve(parse(["--model", name, *SMALL.get(name, [])]).config)
            data = plan.config.dataset
            loaded = datasets.load(data.name, scratch=True, window_steps=data.window_steps)
            keras.utils.set_random_seed(3)
            model = zoo.create_model(
                name,
                num_classes=loaded.num_classes,
                input_shape=loaded.input_shape,
                **plan.config.model.options,
            )
            made[name] = deployed(plan.config, loaded, plan.problem, model), loaded
        return made[name]

    return get


@pytest.mark.slow
@pytest.mark.parametrize("format", sorted(FORMATS))
@pytest.mark.parametrize("name", zoo.list_models())
def test_every_model_answers_alike_in_every_format(name, format, deployable_model, tmp_path):
    original, data = deployable_model(name)
    row = FORMATS[format]
    path = tmp_path / row.name
    original.save(tmp_path / "original.keras")
    module = importlib.import_module(row.module)
    what = servable(zoo.load_model(tmp_path / "original.keras"), text=row.text)
    module.write(what, path)
    described = zoo.described(original)
    batches, _ = _batches(original, described, data)
    worst = _worst(module.read(path, what), what, servable(original), described, batches)
    assert worst <= comparison.TOLERANCE


LOAD = """
import sys, numpy, zoo, keras
folder = sys.argv[1]
answers = keras.saving.load_model(folder + "/model.keras")(numpy.load(folder + "/raw.npy"))
numpy.save(folder + "/answers.npy", answers)
"""


@pytest.mark.slow
@pytest.mark.parametrize("model", ["linear_regression", "cnn"])
def test_file_alone_repeats_the_test_figure_in_a_fresh_process(model, train_here, tmp_path):
    small = SMALL.get(model, [])
    summary = train_here(tmp_path / "run", "--model", model, *small, "--steps", "60")
    dataset = zoo.model_card(model).default_dataset
    np.save(tmp_path / "run" / "raw.npy", raw_test(dataset)[0])
    command = [sys.executable, "-c", LOAD, str(tmp_path / "run")]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    answers = np.load(tmp_path / "run" / "answers.npy")
    again = figures(lambda _: answers, dataset)
    for name in ("accuracy", "mean_absolute_error", "loss"):
        if name in again:
            assert again[name] == pytest.approx(summary["best"]["test"][name], rel=1e-5)

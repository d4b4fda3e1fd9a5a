"""Time series of unlike lengths: which models read them, and that runs of them are right."""

import numpy as np
import pytest

import configs
import datasets
import zoo
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve

RANDOM = np.random.default_rng(0)
LENGTHS = RANDOM.integers(2, 9, 90)
SERIES = RANDOM.normal(3, 2, (90, 8, 2)).astype(np.float32)
PADDED = np.where((np.arange(8) < LENGTHS[:, None])[..., None], SERIES, np.nan)
MEANS = 100 * np.nanmean(PADDED[..., 0], axis=1)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("series") / "series.npz"
    np.savez(path, x=SERIES, y=MEANS, lengths=LENGTHS)
    return path


def test_models_that_read_no_sequences_refuse_them(file):
    data = {"name": "arrays", "data_path": str(file)}
    for model in ("mlp", "linear_regression"):
        with pytest.raises(configs.ConfigError, match=r"does not read sequences.*lstm_regressor"):
            load_data(resolve(configs.recipe(model, dataset=data), ()))
    loaded = load_data(resolve(configs.recipe("lstm_regressor", dataset=data), ()))
    assert loaded.dataset.input_shape == (8, 2)


def test_a_run_on_padded_series_gives_its_model_the_test_figure(file, train_here, tmp_path):
    """With histograms: no NaN of padding reaches them, or the run would end."""
    arguments = ["--model", "lstm_regressor", "--model.units", "4", "--dataset", "arrays"]
    arguments += ["--data-path", str(file), "--epochs", "2", "--batch-size", "16"]
    arguments += ["--compile", "graph"]
    summary = train_here(tmp_path / "run", *arguments, "--histograms", "true")
    data = datasets.load("arrays", data_path=file)
    model = zoo.load_model(tmp_path / "run" / "model.keras")
    rows = data.rows["test"]
    answers = model.predict_on_batch(PADDED[rows])
    outputs = data.preparation["outputs"]
    error = (answers[:, 0] - MEANS[rows]) / outputs["deviation"][0]
    loss = summary["best"]["test"]["loss"]
    assert np.mean(error**2) == pytest.approx(loss, rel=1e-4)
    assert 0 < loss < 3

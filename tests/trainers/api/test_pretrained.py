"""Trained weights from Python: opened by name, asked, measured, exported, begun with."""

import numpy as np
import pytest

import configs
import trainers
import zoo
from zoo.weights.arrays import read_arrays

NAME = "perceptron:digits"


@pytest.fixture(scope="module")
def weights():
    return trainers.open(NAME)


def test_answers_are_the_models(weights):
    images = np.random.default_rng(0).integers(0, 17, (5, 8, 8, 1)).astype(np.uint8)
    np.testing.assert_allclose(weights.predict(images), zoo.load_model(NAME)(images), atol=1e-6)
    assert weights.names == list("0123456789")
    assert repr(weights) == f"<trained weights {NAME}>"


def test_figures_are_the_cards_and_of_other_data_their_own(weights):
    assert weights.evaluate()["accuracy"] == pytest.approx(weights.card.test.value, abs=2e-4)
    images = np.random.default_rng(0).integers(0, 17, (20, 8, 8, 1)).astype(np.uint8)
    said = weights.predict(images).argmax(axis=1)
    assert weights.evaluate((images, said))["accuracy"] == 1.0
    assert weights.evaluate((images, (said + 1) % 10))["accuracy"] == 0.0


def test_what_they_have_not_is_told(weights):
    with pytest.raises(configs.ConfigError, match="there is no split 'testt'; did you mean 'test'"):
        weights.evaluate("testt")
    with pytest.raises(configs.ConfigError, match="have their own data, model and loss"):
        trainers.open(NAME, data=(np.zeros((2, 3)), np.zeros(2)))
    with pytest.raises(zoo.UnknownWeightsError, match="did you mean 'perceptron:digits'"):
        trainers.open("perceptron:digist")
    with pytest.raises(configs.ConfigError, match=r"come without learning curves; .*trainers\.run"):
        weights.plot()
    with pytest.raises(configs.ConfigError, match="come without a run that could go on"):
        weights.resume(epochs=3)


def test_export_and_a_run_that_begins_with_them(weights, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(weights.export()) == "perceptron-digits.keras"
    run = trainers.fit(
        "perceptron", "digits", init_from=weights, steps=1, learning_rate=1e-9, verbose=False
    )
    assert run.summary["initial_weights"]["path"] == NAME
    trained = zoo.trained_model(run.model).get_weights()
    for array, value in zip(read_arrays(weights.card).values(), trained, strict=True):
        np.testing.assert_allclose(value, array, atol=1e-6)

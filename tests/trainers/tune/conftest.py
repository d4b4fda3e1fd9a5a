"""A small study, shared by the tests of its parts."""

import pytest

from trainers.tune.__main__ import main

BASE = ["--model", "perceptron", "--epochs", "2", "--compile", "graph", "--histograms", "false"]
SEARCH = ["--search", "learning_rate=log(1e-4,1)", "--search", "batch_size=[32,64]"]


@pytest.fixture(scope="session")
def words():
    """The words of a small study, without its folder and number of trials."""
    return [*BASE, *SEARCH]


@pytest.fixture(scope="session")
def tuned(tmp_path_factory, words):
    """A finished study of eight trials."""
    folder = tmp_path_factory.mktemp("tuned") / "study"
    main([*words, "--trials", "8", "--study", str(folder)])
    return folder

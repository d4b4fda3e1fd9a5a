"""Settings of the zoo's tests: a quiet TensorFlow, a fixed seed, a clean registry."""

import os
from collections.abc import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pathlib import Path

import keras
import pytest

from zoo.catalogue import registry

# Keras 3.15 hands NumPy 2.4 a TensorFlow variable, which lacks the newer copy argument.
KERAS_TO_NUMPY = "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(KERAS_TO_NUMPY))


@pytest.fixture(autouse=True)
def fixed_seed() -> None:
    keras.utils.set_random_seed(0)


@pytest.fixture
def clean_registry() -> Iterator[None]:
    added, builders = dict(registry._added), dict(registry._builders)
    yield
    registry._added.clear()
    registry._added.update(added)
    registry._builders.clear()
    registry._builders.update(builders)

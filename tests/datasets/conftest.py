import shutil
from pathlib import Path

import pytest
from places import embedded_here, prepared

import datasets
from datasets.catalogue import EMBEDDED_DATASETS


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    """Let every test read its records, and not what another one has kept of them."""
    monkeypatch.setenv("KERAS_ZOO_CACHE", "off")


@pytest.fixture(scope="session")
def tfds_dir(tmp_path_factory):
    """A data directory where every embedded dataset is prepared whose package is there."""
    folder = tmp_path_factory.mktemp("tfds")
    for name in filter(embedded_here, EMBEDDED_DATASETS):
        datasets.load(name, data_dir=folder)
    return folder


@pytest.fixture
def copied_dir(tfds_dir, tmp_path):
    """A private copy of `tfds_dir`, to damage."""
    return Path(shutil.copytree(tfds_dir, tmp_path / "copy"))


@pytest.fixture
def mnist_dir():
    return prepared("mnist")


@pytest.fixture
def shakespeare_dir():
    return prepared("tiny_shakespeare")


@pytest.fixture
def no_network(monkeypatch):
    def refuse(address, *_args, **_kwargs):
        raise OSError(f"{address[0]} is out of reach in this test")

    monkeypatch.setattr("socket.create_connection", refuse)
    monkeypatch.setattr("datasets.downloads.getproxies", dict)

import shutil
from pathlib import Path

import pytest

import datasets
from datasets.catalogue import EMBEDDED_DATASETS

PREPARED_TFDS = Path(__file__).parents[2].parent / "shared" / "tfds"


@pytest.fixture(scope="session")
def tfds_dir(tmp_path_factory):
    """A data directory where every embedded dataset is prepared."""
    folder = tmp_path_factory.mktemp("tfds")
    for name in EMBEDDED_DATASETS:
        datasets.load(name, data_dir=folder)
    return folder


@pytest.fixture
def copied_dir(tfds_dir, tmp_path):
    """A private copy of `tfds_dir`, to damage."""
    return Path(shutil.copytree(tfds_dir, tmp_path / "copy"))


@pytest.fixture
def mnist_dir():
    if not (PREPARED_TFDS / "mnist").is_dir():
        pytest.skip(f"mnist is not prepared under {PREPARED_TFDS}")
    return PREPARED_TFDS


@pytest.fixture
def shakespeare_dir():
    if not (PREPARED_TFDS / "tiny_shakespeare").is_dir():
        pytest.skip(f"tiny_shakespeare is not prepared under {PREPARED_TFDS}")
    return PREPARED_TFDS


@pytest.fixture
def no_network(monkeypatch):
    def refuse(address, *_args, **_kwargs):
        raise OSError(f"{address[0]} is out of reach in this test")

    monkeypatch.setattr("socket.create_connection", refuse)
    monkeypatch.setattr("datasets.downloads.getproxies", dict)

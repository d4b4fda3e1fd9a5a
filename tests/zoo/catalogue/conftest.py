"""Harmless model files, to be changed, and the line that refuses one."""

import zipfile

import pytest

import zoo
from trainers.cli.exit import describe

NAMES = ("metadata.json", "config.json", "model.weights.h5")


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """The members of a harmless model's file, by name."""
    path = tmp_path_factory.mktemp("harmless") / "model.keras"
    zoo.create_model("mlp", num_classes=3, input_shape=(4,), hidden_units=(5,)).save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in NAMES}


@pytest.fixture
def write(members, tmp_path):
    """Write a model file of the harmless one's members, some changed or added."""

    def written(compression=zipfile.ZIP_STORED, **changed):
        path = tmp_path / "model.keras"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in {**members, **changed.get("files", {})}.items():
                if content is not None:
                    archive.writestr(name, content)
        return path

    return written


@pytest.fixture
def refusal():
    """Load a file that must be refused, with exit code 4; returns the one line."""

    def refused(path):
        with pytest.raises(zoo.ModelError) as caught:
            zoo.load_model(path)
        code, text = describe(caught.value)
        assert code == 4
        assert "\n" not in text
        assert len(text) < 700
        return text

    return refused

import io
import platform
import sysconfig
import tokenize
from pathlib import Path

import pytest
import tensorflow_datasets as tfds

from datasets import DataError, load
from datasets.embedded.stdlib_source import (
    TEST_MODULES,
    TRAIN_MODULES,
    VALIDATION_MODULES,
    StdlibSource,
    module_text,
)
from datasets.text.documents import SEPARATOR

MODULES = {"train": TRAIN_MODULES, "validation": VALIDATION_MODULES, "test": TEST_MODULES}
PYTHON = f"python{platform.python_version()}"


@pytest.fixture(scope="module")
def source(tfds_dir):
    return load("stdlib_source", data_dir=tfds_dir, window_steps=100)


def documents(data, name):
    split = data.splits[name]
    symbols = [split.inputs[0, 0], *split.targets.ravel()[split.weights.ravel() == 1]]
    return "".join(data.class_names[symbol] for symbol in symbols).split(SEPARATOR)


def test_splits_are_whole_modules_in_the_order_of_the_tables(source):
    for split, names in MODULES.items():
        assert documents(source, split) == [module_text(name) for name in names]
    names = [name for table in MODULES.values() for name in table]
    assert len(set(names)) == len(names) == 56
    assert list(TRAIN_MODULES) == sorted(TRAIN_MODULES)


def test_sizes_are_about_90_5_and_5_percent_of_a_megabyte(source):
    sizes = {name: int(split.weights.sum()) + 1 for name, split in source.splits.items()}
    total = sum(sizes.values())
    assert 1_000_000 < total < 1_500_000
    assert sizes["train"] / total == pytest.approx(0.90, abs=0.02)
    assert sizes["validation"] / total == pytest.approx(0.05, abs=0.01)
    assert sizes["test"] / total == pytest.approx(0.05, abs=0.01)


def test_vocabulary_is_ascii_and_the_separator(source):
    assert (source.task, source.contiguous, source.input_shape) == ("next_character", True, (100,))
    assert 90 < source.num_classes < 101
    symbols = set(source.class_names) - {SEPARATOR, "\n", "\t", "\f", "\ufffd"}
    assert all(" " <= symbol <= "~" for symbol in symbols)
    assert source.class_names == tuple(sorted(source.class_names))


def test_every_module_is_python(source):
    for split in MODULES:
        for text in documents(source, split):
            assert len(list(tokenize.generate_tokens(io.StringIO(text).readline))) > 100


def test_version_and_folder_name_the_python(source, tfds_dir):
    assert source.version == f"1.0.0+{PYTHON}"
    assert [path.name for path in (tfds_dir / "stdlib_source").iterdir()] == [PYTHON]
    assert (tfds_dir / "stdlib_source" / PYTHON / "1.0.0" / "dataset_info.json").is_file()


def test_another_python_prepares_a_copy_of_its_own(copied_dir, monkeypatch):
    class Newer(StdlibSource, skip_registration=True):
        name = "stdlib_source"
        BUILDER_CONFIGS = [tfds.core.BuilderConfig(name="python3.99.0")]  # noqa: RUF012
        CONTENT_VERSION = "1.0.0+python3.99.0"

        def content(self):
            content = super().content()
            content["test"]["text"] = content["test"]["text"][:2]
            return content

    ours = load("stdlib_source", data_dir=copied_dir)
    monkeypatch.setattr("datasets.embedded.stdlib_source.StdlibSource", Newer)
    theirs = load("stdlib_source", data_dir=copied_dir)
    assert theirs.version == "1.0.0+python3.99.0"
    assert theirs.fingerprint != ours.fingerprint
    monkeypatch.undo()
    assert load("stdlib_source", data_dir=copied_dir).fingerprint == ours.fingerprint
    found = sorted(path.name for path in (copied_dir / "stdlib_source").iterdir())
    assert found == sorted([PYTHON, "python3.99.0"])


def test_line_ends_and_characters_outside_ascii_are_made_the_same_everywhere(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_bytes("x = 'é'\r\ny = 1\r".encode() + b"\xe9\n")
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    assert module_text("a.py") == "x = '\ufffd'\ny = 1\n\ufffd\n"


@pytest.mark.parametrize("folder", ["nowhere", "library.zip"])
def test_python_without_source_files_is_refused(folder, tmp_path, monkeypatch):
    (tmp_path / "library.zip").write_bytes(b"PK")
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path / folder))
    with pytest.raises(DataError) as caught:
        load("stdlib_source", data_dir=tmp_path / "data")
    text = str(caught.value)
    assert f"{Path(folder, 'argparse.py')} cannot be read" in text
    assert "choose dataset 'text'" in text
    assert "\n" not in text
    assert not (tmp_path / "data").exists()

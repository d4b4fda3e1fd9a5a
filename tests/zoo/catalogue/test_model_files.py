"""Model files that would run code, read or write elsewhere, or are damaged: refused in one line."""

import io
import json
import os
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras.src.backend.common import global_state

import zoo


@pytest.fixture
def with_layer(write, members):
    """Write the harmless model's file with one layer replaced."""

    def written(entry):
        configuration = json.loads(members["config.json"])
        configuration["config"]["layers"][-1] |= entry
        return write(files={"config.json": json.dumps(configuration)})

    return written


class Touch:
    """What a pickle that is read would do: make a file."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def lambda_model(path, marker):
    """A layer whose code, marshalled into the file, makes a folder when the model is built."""
    target = str(marker)
    layer = keras.layers.Lambda(
        lambda inputs: (__import__("os").makedirs(target, exist_ok=True), inputs)[1]
    )
    keras.Sequential([keras.Input((4,)), layer]).save(path)
    marker.rmdir()  # made as the model was built here


def test_fault_44_layer_with_code_of_its_own_is_refused(tmp_path, refusal):
    """Also in a process that asked Keras for unsafe files; seen to fail without `require_safe`,
    and to make the folder without `safe_mode` too."""
    path, marker = tmp_path / "model.keras", tmp_path / "marker"
    lambda_model(path, marker)
    keras.config.enable_unsafe_deserialization()
    try:
        message = refusal(path)
    finally:
        global_state.set_global_attribute("safe_mode_saving", None)
    assert "its layer keras.layers.Lambda runs code that the file brings" in message
    assert "load it yourself with keras.saving.load_model(path, safe_mode=False)" in message
    assert not marker.exists()


LAYERS = {
    "a graph": {"module": "keras.layers", "class_name": "TFSMLayer"},
    "a graph by its inner name": {
        "module": "keras.src.export.tfsm_layer",
        "class_name": "TFSMLayer",
    },
    "code under no module": {"module": None, "class_name": "Lambda"},
    "code as a value": {"class_name": "__lambda__", "config": {"value": "e30="}},
    "a type by name": {"class_name": "__typespec__", "module": "os", "spec_name": "system"},
    "PyTorch": {"module": "keras.layers", "class_name": "TorchModuleWrapper"},
    "JAX": {"module": "keras.layers", "class_name": "JaxLayer"},
    "a file as vocabulary": {"module": "keras.layers", "class_name": "StringLookup"},
    "a file as text": {"module": "keras.layers", "class_name": "TextVectorization"},
    "a module": {"module": "os", "class_name": "system", "registered_name": None},
    "a class of the library": {"module": "subprocess", "class_name": "Popen"},
    "a download": {"module": "keras.utils", "class_name": "function", "config": "get_file"},
    "a module's function": {"module": "os", "class_name": "function", "config": "system"},
    "an unregistered name": {"module": "mine", "class_name": "L", "registered_name": "mine>L"},
    "a registered name of nobody": {"module": "zoo", "registered_name": "zoo>Nothing"},
    "no class": {"class_name": ["Lambda"]},
    "code by a longer name": {"module": "keras", "class_name": "layers.Lambda"},
    "a graph by a longer name": {"module": "keras", "class_name": "layers.TFSMLayer"},
    "a file by a longer name": {"module": "keras", "class_name": "layers.StringLookup"},
    "a function as a class": {"module": "keras.models", "class_name": "load_model"},
    "code by a registered name": {"class_name": "__lambda__", "registered_name": "zoo>FusedLSTM"},
}


@pytest.mark.parametrize("case", sorted(LAYERS))
def test_fault_44_class_that_is_not_listed_is_refused_before_keras_sees_it(
    case, with_layer, monkeypatch, refusal
):
    """Seen to fail without the check of each class."""
    monkeypatch.setattr(keras.saving, "load_model", lambda *_, **__: pytest.fail("was loaded"))
    message = refusal(with_layer(LAYERS[case]))
    assert "refused: " in message or "is damaged" in message


def test_fault_44_file_that_holds_no_model_is_refused(write, refusal):
    """Seen to fail without the check of what was loaded."""
    layer = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}}
    path = write(files={"config.json": json.dumps(layer)})
    assert "holds a Dense, which is no keras.Model" in refusal(path)


NESTED = {"module": "keras.layers", "class_name": "Lambda", "config": {}}


@pytest.mark.parametrize("place", ["kernel_initializer", "activation", "anything"])
def test_fault_44_code_anywhere_in_the_configuration_is_found(place, write, members, refusal):
    """Seen to fail without the search below the layers."""
    configuration = json.loads(members["config.json"])
    configuration["config"]["layers"][-1]["config"][place] = [{"deep": NESTED}]
    assert "runs code" in refusal(write(files={"config.json": json.dumps(configuration)}))
    configuration = json.loads(members["config.json"])
    configuration["compile_config"] = {"loss": NESTED}
    assert "runs code" in refusal(write(files={"config.json": json.dumps(configuration)}))


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "assets/../../outside",
        "/tmp/outside",
        "assets\\..\\outside",
        "assets/c:x",
        "a",
    ],
)
def test_fault_44_member_that_leads_out_is_refused(name, write, tmp_path, refusal):
    """Seen to fail without the check of the members' names."""
    message = refusal(write(files={name: b"x"}))
    assert "does not belong in a model" in message
    assert "JSON" not in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.keras"]


def test_fault_44_member_that_is_a_link_is_refused(write, refusal):
    """Seen to fail without the check of the members' kinds."""
    path = write()
    link = zipfile.ZipInfo("assets/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "'assets/link' is a link" in refusal(path)


def test_fault_44_member_that_grows_or_is_there_twice_is_refused(write, refusal):
    """Seen to fail without the refusals of compression and of repeated names."""
    bomb = write(zipfile.ZIP_DEFLATED, files={"assets/zeros": bytes(10_000_000)})
    assert bomb.stat().st_size < 100_000
    assert "is compressed" in refusal(bomb)
    path = write()
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("config.json", b"{}")
    assert "two of one name" in refusal(path)


def test_fault_44_pickle_and_other_formats_are_refused_unread(write, tmp_path, refusal):
    """Seen to fail without the check of the file's name and members."""
    marker = tmp_path / "marker"
    content = io.BytesIO()
    np.savez(content, allow_pickle=True, weights=np.array([Touch(marker)], dtype=object))
    npz = write(files={"model.weights.npz": content.getvalue(), "model.weights.h5": None})
    assert "'model.weights.npz' does not belong in a model" in refusal(npz)
    for name in ("model.h5", "model.hdf5", "model.pkl", "model", "saved_model.pb", "m.weights.h5"):
        path = tmp_path / name
        path.write_bytes(content.getvalue())
        assert "is not a .keras file" in refusal(path)
    (tmp_path / "folder.keras").mkdir()
    for path in (tmp_path / "folder.keras", tmp_path / "none.keras", tmp_path / ("x" * 5000)):
        assert "is no file" in refusal(path)
    for address in ("hf://someone/model", "gs://bucket/model.keras", "https://a.b/model.keras"):
        assert "is no file" in refusal(address)
    assert not marker.exists()


BROKEN = {
    "empty": b"",
    "text": b"no archive at all",
    "half": None,
    "no configuration": {"config.json": None},
    "no weights": {"model.weights.h5": None},
    "configuration of text": {"config.json": b"not JSON"},
    "a list": {"config.json": b"[]"},
    "a number": {"config.json": b"1"},
    "nothing": {"config.json": b"{}"},
    "not UTF-8": {"config.json": b"\xff\xfe{"},
    "deep": {"config.json": b"[" * 100_000},
    "deep objects": {"config.json": b'{"a":' * 500 + b"1" + b"}" * 500},
    "weights of text": {"model.weights.h5": b"not HDF5"},
    "weights of nothing": {"model.weights.h5": b""},
    "another model's weights": {"model.weights.h5": "empty HDF5"},
}


@pytest.mark.parametrize("case", sorted(BROKEN))
def test_damaged_model_file_is_named_in_one_line(case, write, refusal):
    broken = BROKEN[case]
    path = write(files=broken if isinstance(broken, dict) else {})
    if broken is None:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif isinstance(broken, bytes):
        path.write_bytes(broken)
    elif broken.get("model.weights.h5") == "empty HDF5":
        content = io.BytesIO()
        h5py.File(content, "w").close()
        path = write(files={"model.weights.h5": content.getvalue()})
    assert str(path) in refusal(path)


def test_harmless_model_file_is_loaded(write):
    model = zoo.load_model(write())
    assert model.count_params() == 5 * 5 + 6 * 3


def test_layer_that_a_module_of_the_users_registers_is_loaded(tmp_path, refusal):
    """Its name alone makes it no layer of Keras; where it is not registered, the line says so."""

    @keras.saving.register_keras_serializable(package="mine")
    class Lambda(keras.layers.Layer):
        def call(self, inputs):
            return 3 * inputs

    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((2,)), Lambda()]).save(path)
    loaded = zoo.load_model(path)
    np.testing.assert_array_equal(loaded(np.array([[1.0, 2.0]])), [[3.0, 6.0]])
    del keras.saving.get_custom_objects()["mine>Lambda"]
    message = refusal(path)
    assert ".Lambda runs code that the file brings" in message
    path = tmp_path / "other.keras"
    Lambda.__name__ = "Own"
    keras.Sequential([keras.Input((2,)), Lambda()]).save(path)
    message = refusal(path)
    assert ".Own, which is neither a layer of Keras nor registered; bring the module" in message

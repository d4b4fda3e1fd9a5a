"""Every format, written and read back by its own runtime: answers, names, free axes, errors."""

import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
import datasets
import zoo
from trainers import export
from trainers.errors import CheckpointError
from trainers.exporting import litert, onnx_file, raw_inputs, saved_model
from trainers.exporting.export import export_run
from trainers.exporting.formats import FORMATS, find
from trainers.exporting.portable import make_portable
from trainers.exporting.servable import servable

MODULES = {"onnx": onnx_file, "litert": litert, "saved_model": saved_model}
CLASSES = {"kind": "classes", "names": ["cat", "dog", "owl"]}


def onnx_session(path):
    onnxruntime = pytest.importorskip("onnxruntime")
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_finished_run_answers_alike_in_every_runtime(format, copied_run, tmp_path):
    path = export_run(copied_run, format, tmp_path / "out" / FORMATS[format].name)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    images = np.random.default_rng(0).integers(0, 17, (7, 8, 8, 1), np.uint8)
    for raw in (images, images[:1]):
        wanted = zoo.load_model(copied_run / "model.keras")(raw)
        if format == "keras":
            answers = keras.saving.load_model(path)(raw)
        elif format == "saved_model":
            loaded = tf.saved_model.load(str(path))
            answers = loaded.signatures["serving_default"](image=tf.constant(raw))["probabilities"]
        elif format == "onnx":
            (answers,) = onnx_session(path).run(["probabilities"], {"image": raw})
        else:
            from ai_edge_litert.interpreter import Interpreter

            runner = Interpreter(model_path=str(path)).get_signature_runner()
            answers = runner(image=raw)["probabilities"]
        np.testing.assert_allclose(answers, wanted, atol=1e-5)
        np.testing.assert_allclose(np.sum(answers, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_command_tells_what_is_taken_and_what_8_bits_cost(format, copied_run, capfd):
    export.main([str(copied_run), "--format", format, "--quantize", "int8"])
    said = capfd.readouterr()
    lines = dict(line.split(maxsplit=1) for line in said.out.splitlines())
    assert said.err == ""
    path = copied_run / FORMATS[format].name
    assert lines["written"].startswith(f"{path}, ")
    assert lines["takes"] == "image uint8 [any, 8, 8, 1]"
    words = lines["int8"].split()
    assert words[0] == "accuracy"
    summary = json.loads((copied_run / "summary.json").read_text())
    assert words[-1] == f"{summary['best']['test']['accuracy']:.4f}"
    assert abs(float(words[1]) - float(words[-1])) < 0.05
    assert description(path)["outputs"]["names"] == [str(digit) for digit in range(10)]
    # Ranges of 256 values are never equal to the original: it was quantized.
    assert float(lines["compared"].split()[2]) > 1e-5


TABLE = {
    "inputs": {
        "kind": "table",
        "columns": [
            {"name": "own house?", "kind": "category", "categories": ["", "yes", "no"]},
            {
                "name": "age / years",
                "kind": "number",
                "mean": 30.0,
                "deviation": 10.0,
                "fill": 35.0,
                "indicator": True,
            },
            {"name": "city", "kind": "category", "categories": ["Rome"]},
        ],
    },
    "outputs": CLASSES,
}


def description(path):
    """Return what an exported file says of itself."""
    if path.is_dir():
        return json.loads((path / "assets.extra" / "preparation.json").read_text("utf-8"))
    if path.suffix == ".onnx":
        return json.loads(onnx_session(path).get_modelmeta().custom_metadata_map["preparation"])
    return json.loads(zipfile.ZipFile(path).read("preparation.json"))


@pytest.mark.parametrize("format", ["saved_model", "onnx", "litert"])
def test_columns_of_strings_and_gaps_go_in_as_they_are(format, tmp_path):
    model = zoo.deployable(zoo.create_model("mlp", num_classes=3, input_shape=(8,)), TABLE)
    what = servable(model)
    raw = {
        "own house?": np.array([["yes"], [""], ["?"]], object),
        "age _ years": np.array([[20.0], [np.nan], [40.0]], np.float32),
        "city": np.array([["Oslo"], ["Rome"], [""]], object),
    }
    wanted = model({name: tf.constant(value) for name, value in raw.items()})
    path = tmp_path / FORMATS[format].name
    MODULES[format].write(what, path)
    answers = MODULES[format].read(path, what)(what.inputs(raw))
    np.testing.assert_allclose(answers["probabilities"], wanted, atol=1e-5)
    names = description(path)["names"]
    if format == "onnx":  # by the columns' own names
        assert {each.name for each in onnx_session(path).get_inputs()} == set(raw)
        assert names == {name: name for name in raw}
    else:
        safe = {"own house?": "own_house_", "age _ years": "age___years", "city": "city"}
        assert names == safe


TEXT = {
    "inputs": {"kind": "symbols", "symbols": ["b", "a", "c"], "unknown": None},
    "outputs": {"kind": "symbols", "names": ["b", "a", "c"]},
}


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_state_goes_out_and_in_again_under_two_names(format, tmp_path):
    trained = zoo.create_model("char_lstm", num_classes=3, input_shape=(4,), units=5, layers=2)
    model = zoo.deployable(trained, TEXT)
    wanted = model(tf.constant(["bacca", "ccbab"]))
    what = servable(model, text=False)
    path = tmp_path / FORMATS[format].name
    MODULES[format].write(what, path)
    run = MODULES[format].read(path, what)
    whole = what.inputs({"text": np.array(["bacca", "ccbab"], object)})
    np.testing.assert_array_equal(whole["symbols"], [[0, 1, 2, 2, 1], [2, 2, 0, 1, 0]])
    first = run({**whole, "symbols": whole["symbols"][:, :2]})
    assert set(first) == {"probabilities", "next_state"}
    second = run({"symbols": whole["symbols"][:, 2:], "state": first["next_state"]})
    parts = [first["probabilities"], second["probabilities"]]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), wanted, atol=1e-5)
    assert np.abs(first["next_state"]).max() > 1e-3


def test_saved_model_of_text_takes_text_and_symbols_with_a_state(tmp_path):
    trained = zoo.create_model("char_lstm", num_classes=3, input_shape=(4,), units=5)
    model = zoo.deployable(trained, TEXT)
    saved_model.write(servable(model), tmp_path / "saved_model")
    signatures = tf.saved_model.load(str(tmp_path / "saved_model")).signatures
    assert set(signatures) == {"serving_default", "symbols"}
    whole = signatures["serving_default"](text=tf.constant(["bac"]))["probabilities"]
    zeros = tf.zeros((1, 1, 2, 5))
    first = signatures["symbols"](symbols=tf.constant([[0]]), state=zeros)
    second = signatures["symbols"](symbols=tf.constant([[1, 2]]), state=first["next_state"])
    parts = tf.concat([first["probabilities"], second["probabilities"]], axis=1)
    np.testing.assert_allclose(parts, whole, atol=1e-6)
    np.testing.assert_allclose(whole, model(tf.constant(["bac"])), atol=1e-6)


def test_output_that_has_an_inputs_name_gets_another():
    model = zoo.create_model("char_lstm", num_classes=3, input_shape=(4,), units=5)
    what = servable(model)  # as an earlier release saved it, without its data's preparation
    raw = raw_inputs.plausible(model, what.preparation, 2)
    assert {name: value.shape for name, value in raw.items()} == {
        "symbols": (2, 4),
        "state": (2, 1, 2, 5),
    }
    answers = what.call(*(tf.constant(raw[each.name]) for each in model.inputs))
    assert set(answers) == {"scores", "next_state"}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lstm", {}),
        ("lstm", {"normalization": "weight"}),
        ("lstm", {"normalization": "layer", "layers": 2}),
        ("lstm", {"cell": "memory_blocks", "cells_per_block": 2}),
        ("gru", {}),
        ("char_lstm", {"layers": 2}),
    ],
)
def test_portable_recurrence_computes_what_the_layer_does(name, options):
    model = zoo.create_model(name, num_classes=3, input_shape=(None,), units=4, **options)
    symbols = np.array([[0, 1, 2, 2, 1], [2, 2, 0, 1, 0]], np.int32)
    state = np.random.default_rng(0).normal(size=(2, 2, 2, 4)).astype(np.float32)
    inputs = {"symbols": symbols, "state": state} if name == "char_lstm" else symbols
    wanted = keras.tree.flatten(model(inputs))
    make_portable(model)
    for values, expected in zip(keras.tree.flatten(model(inputs)), wanted, strict=True):
        np.testing.assert_allclose(values, expected, atol=1e-6)


@pytest.mark.parametrize("layer", [keras.layers.LSTM, keras.layers.GRU])
def test_portable_recurrence_reads_both_ways_and_leaves_out_what_is_masked(layer):
    sequence = keras.Input((None, 2))
    masked = keras.layers.Masking(0.0)(sequence)
    both = keras.layers.Bidirectional(layer(3, return_sequences=True))(masked)
    model = keras.Model(sequence, layer(2)(both))
    inputs = np.random.default_rng(0).normal(size=(4, 6, 2)).astype(np.float32)
    inputs[1, 4:], inputs[2, :3] = 0, 0
    wanted = np.asarray(model(inputs))
    make_portable(model)
    np.testing.assert_allclose(model(inputs), wanted, atol=1e-6)


def test_tables_vectors_are_taken_apart_and_put_together_again():
    model = zoo.deployable(zoo.create_model("mlp", num_classes=3, input_shape=(8,)), TABLE)
    vectors = np.array([[0, 1, 0, 0, -1.5, 0, 1, 0], [0, 0, 0, 1, 0.5, 1, 0, 1]], np.float32)
    split = datasets.Split(vectors, np.zeros(2, np.int32), np.ones(2, np.float32))
    raw = raw_inputs.restored(zoo.described(model), split, np.arange(2))
    assert raw["own house?"].tolist() == [["yes"], ["other"]]
    np.testing.assert_array_equal(raw["age _ years"], [[15.0], [np.nan]])
    tensors = {name: tf.constant(value) for name, value in raw.items()}
    np.testing.assert_allclose(model.get_layer("preparation")(tensors), vectors, atol=1e-6)


def test_wrong_answers_leave_nothing_and_the_old_file(copied_run, tmp_path, monkeypatch):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"old")
    read = litert.read

    def wrong(path, what):
        run = read(path, what)
        return lambda raw: {name: value + 1e-3 for name, value in run(raw).items()}

    monkeypatch.setattr(litert, "read", wrong)
    with pytest.raises(CheckpointError, match=r"differ from the original's by 0\.001, more than"):
        export_run(copied_run, "litert", path)
    assert [each.name for each in tmp_path.iterdir() if each != copied_run] == ["model.tflite"]
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give --format: one of keras, saved_model, onnx, litert"),
        (["--format", "onxx"], "unknown format 'onxx'; did you mean 'onnx'"),
        (
            ["--format", "keras", "--quantize", "int8"],
            "leave --quantize out, or use --format onnx, litert",
        ),
        (["--format", "litert", "--quantize", "int4"], "unknown quantization 'int4'"),
        (["--format", "onnx", "--output", "a.bin"], "give a.onnx"),
    ],
)
def test_what_cannot_be_asked_for_is_one_line(arguments, message, small_run):
    with pytest.raises(configs.ConfigError) as caught:
        export.main([str(small_run[0]), *arguments])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_package_and_unfinished_run_are_told_with_what_to_do(copied_run, monkeypatch):
    (copied_run / "model.keras").unlink()
    with pytest.raises(configs.ConfigError, match="is not finished; continue it with `python -m"):
        export_run(copied_run, "saved_model")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        configs.ConfigError, match=r"pip install 'keras-fundamentals-zoo\[export\]'"
    ):
        find("onnx")

"""ONNX: a graph that runs without TensorFlow, by onnxruntime and many others.

ONNX compares no strings, but numbers them: a column of categories goes through `LabelEncoder`, the
rest of the graph takes its numbers. The model's description of itself is in the file's metadata.

With `quantize="int8"` a feed-forward model of pictures has 8-bit weights and activations, with
ranges found on training examples; any other has 8-bit weights, and activations whose range is found
anew at every product.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import zoo
from trainers.exporting.portable import (
    is_feed_forward_of_pictures,
    make_portable,
    reads_both_ways,
)
from trainers.exporting.quiet import quiet
from trainers.exporting.servable import Servable, named

# What onnxruntime and tf2onnx both know well.
_OPSET = 18


def write(what: Servable, path: Path, examples: Sequence[dict[str, np.ndarray]] = ()) -> None:
    """Convert the graph, and name its inputs as the model does.

    Args:
        what: the function.
        path: of the file.
        examples: single training examples, by the signature's names; given where the file is to
            hold 8-bit numbers.
    """
    import onnx

    if reads_both_ways(what):  # tf2onnx takes what two equal loops share for one's own
        make_portable(what.model)
    with quiet():
        import tf2onnx
        from keras.src.export.tf2onnx_lib import patch_tf2onnx

        patch_tf2onnx()  # tf2onnx 1.17 does not know NumPy 2
        call, specs = _with_numbered_categories(what)
        function = tf.function(call, input_signature=specs, autograph=False)
        model, _ = tf2onnx.convert.from_function(function, specs, opset=_OPSET)
    _name_inputs(model, what)
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    if examples:
        model = _quantized(model, what, examples)
    entry = model.metadata_props.add()
    # Its inputs are called as the model's own: ONNX allows any name.
    own = {name: name for name in what.names}
    entry.key, entry.value = "preparation", what.description(own)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def read(path: Path, what: Servable) -> Any:
    """Return onnxruntime's answers, by name, as a function of inputs by their names."""
    with quiet():
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    own = {safe: name for name, safe in what.names.items()}
    outputs = [each.name for each in session.get_outputs()]

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(
            zip(outputs, session.run(None, {own[k]: v for k, v in inputs.items()}), strict=True)
        )

    return run


def _quantized(model: Any, what: Servable, examples: Sequence[dict[str, np.ndarray]]) -> Any:
    """Return the graph in 8-bit numbers."""
    import onnx

    own = {safe: name for name, safe in what.names.items()}
    with quiet(), tempfile.TemporaryDirectory() as folder:
        from onnxruntime import quantization

        class Examples(quantization.CalibrationDataReader):
            def __init__(self) -> None:
                self._left = iter(examples)

            def get_next(self) -> dict[str, np.ndarray] | None:
                found = next(self._left, None)
                return found and {own[name]: value for name, value in found.items()}

        before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
        onnx.save(model, str(before))
        kind = quantization.QuantType.QInt8
        if is_feed_forward_of_pictures(what):
            quantization.quantize_static(
                str(before), str(after), Examples(), per_channel=True, weight_type=kind
            )
        else:
            quantization.quantize_dynamic(str(before), str(after), weight_type=kind)
        return onnx.load(str(after))


def _with_numbered_categories(what: Servable) -> tuple[Any, list[tf.TensorSpec]]:
    specs = [
        tf.TensorSpec(spec.shape, tf.int64, name=spec.name) if spec.dtype == tf.string else spec
        for spec in what.specs
    ]
    if specs == what.specs:
        return what.call, specs
    model = what.model
    preparation = model.get_layer("preparation")
    answers = model.get_layer("answers") if what.preparation["outputs"] else lambda given: given
    inside = zoo.trained_model(model)
    name = "values" if what.preparation["outputs"].get("kind") == "numbers" else "probabilities"

    def call(*tensors: Any) -> dict[str, Any]:
        columns = {each.name: one for each, one in zip(model.inputs, tensors, strict=True)}
        return named(answers(inside(preparation.call(columns), training=False)), name)

    return call, specs


def _name_inputs(model: Any, what: Servable) -> None:
    """Give the graph's inputs the model's own names, and categories as strings."""
    from onnx import TensorProto, helper

    columns = {
        column["input"]: column["categories"]
        for column in what.preparation["inputs"].get("columns", [])
        if column["kind"] == "category"
    }
    own = {safe: name for name, safe in what.names.items()}
    before = []
    for value in model.graph.input:
        inside = value.name
        name = own[inside.split(":")[0]]
        if name in columns:
            value.type.tensor_type.elem_type = TensorProto.STRING
            categories = columns[name]
            inner = f"{inside}__number"
            node = helper.make_node(
                "LabelEncoder",
                [name],
                [inner],
                domain="ai.onnx.ml",
                keys_strings=categories or [""],
                values_int64s=[*range(len(categories))] or [0],
                default_int64=len(categories),
            )
        elif name == inside:
            continue
        else:
            inner = f"{inside}__input"
            node = helper.make_node("Identity", [name], [inner])
        value.name = name
        before.append(node)
        _rename(model.graph, inside, inner)
    for index, node in enumerate(before):
        model.graph.node.insert(index, node)
    if columns and "ai.onnx.ml" not in [each.domain for each in model.opset_import]:
        model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))


def _rename(graph: Any, old: str, new: str) -> None:
    for node in graph.node:
        for index, name in enumerate(node.input):
            if name == old:
                node.input[index] = new
        for attribute in node.attribute:
            for inner in [*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])]:
                _rename(inner, old, new)

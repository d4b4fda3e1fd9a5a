"""A trained model with its preparation around it: raw inputs in, answers out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zoo.errors import ModelError

if TYPE_CHECKING:
    import keras

_PREPARATION, _ANSWERS = "preparation", "answers"
# Words of a saved configuration, in which an input's name is a key.
_KERAS_WORDS = frozenset({"class_name", "config", "module", "registered_name", "build_config"})
INPUTS = ("images", "numbers", "table", "sequences", "symbols")


def deployable(
    model: keras.Model, preparation: Mapping[str, Any], output_activation: str = "linear"
) -> keras.Model:
    """Return a model that maps raw inputs to answers, with the given one and its weights inside.

    Its inputs are called "image", "features", "sequence" or "text", or, of a table, as the columns
    are. The preparation has no weights. Time is open: a model of sequences is built again without
    a length, with a copy of its weights; all others are shared.

    Args:
        model: from what the preparation makes of raw inputs, to scores, numbers, ...
        preparation: `Dataset.preparation`: {"inputs": {...}, "outputs": {...}}, each with its
            "kind"; an empty one leaves that side of the model as it is.
        output_activation: what the model applies to its scores; "linear" gives softmax's
            probabilities.

    Raises:
        ModelError: a kind that is not known, or outputs that are not of that kind.
    """
    import keras

    inputs, outputs = (dict(preparation.get(side) or {}) for side in ("inputs", "outputs"))
    if not inputs and not outputs:
        return model
    if inputs.get("kind") in ("symbols", "sequences"):
        model = _of_any_length(model)
    raw, prepared = _entrance(model, inputs)
    given = model(_with_state(model, prepared))
    answers = _answers(given, outputs, output_activation)
    return keras.Model(raw, answers, name=f"deployable_{model.name}")


def described(model: keras.Model) -> dict[str, Any]:
    """Return the preparation that a deployable model carries, as it was given to `deployable`.

    Columns of a table also have "input", the name of the model's input: the column's own, unless a
    layer has that name or it has a slash. Both sides are empty for a model without a preparation.
    """
    from zoo.preparation.answers import Answers
    from zoo.preparation.images import ImagePreparation
    from zoo.preparation.numbers import Standardization
    from zoo.preparation.symbols import SymbolNumbers
    from zoo.preparation.table import TablePreparation

    found: dict[str, Any] = {"inputs": {}, "outputs": {}}
    for layer in getattr(model, "layers", []):
        if isinstance(layer, Answers):
            found["outputs"] = dict(layer.outputs)
        elif isinstance(layer, ImagePreparation):
            found["inputs"] = {
                "kind": "images",
                "shape": list(layer.shape),
                "scale": layer.scale,
                "resize": layer.resize,
                **({} if layer.threshold is None else {"threshold": layer.threshold}),
            }
        elif isinstance(layer, Standardization):
            own = {"mean": layer.mean, "deviation": layer.deviation}
            found["inputs"] = (
                {"kind": "sequences", "features": layer.shape[0], **own}
                if model.inputs[0].name == "sequence"
                else {"kind": "numbers", "shape": list(layer.shape), **own}
            )
        elif isinstance(layer, TablePreparation):
            found["inputs"] = {"kind": "table", "columns": layer.columns}
        elif isinstance(layer, SymbolNumbers):
            found["inputs"] = {
                "kind": "symbols",
                "symbols": layer.symbols,
                "unknown": layer.unknown,
            }
    return found


def trained_model(model: keras.Model) -> keras.Model:
    """Return the model inside a deployable one: what was trained; any other model itself."""
    import keras

    if not any(described(model).values()):
        return model
    inside = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return inside[0]


def _entrance(model: keras.Model, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """Return symbolic raw inputs, and what the model reads."""
    import keras

    from zoo.preparation.images import HOW, ImagePreparation
    from zoo.preparation.numbers import Standardization
    from zoo.preparation.symbols import SymbolNumbers
    from zoo.preparation.table import TablePreparation

    kind = inputs.get("kind")
    # Measurements may be larger, and closer together, than 16 bits can tell apart.
    numbers = "float64" if model.variable_dtype == "float64" else "float32"
    named: dict[str, Any] = {"name": _PREPARATION, "dtype": numbers}
    if kind is None:
        raw = keras.tree.map_structure(
            lambda each: keras.Input(each.shape[1:], dtype=each.dtype, name=each.name), model.input
        )
        return raw, raw
    if kind == "images":
        resize = inputs.get("resize")
        if resize not in (None, *HOW):
            raise ModelError(f"pictures cannot be resized by {resize!r}; allowed: {', '.join(HOW)}")
        *size, channels = inputs["shape"]
        shape = (*([None, None] if resize else size), channels)
        raw = keras.Input(shape, dtype="uint8", name="image")
        threshold = inputs.get("threshold")
        layer = ImagePreparation(
            tuple(inputs["shape"]), inputs["scale"], resize, threshold, **named
        )
        return raw, layer(raw)
    moments = inputs.get("mean"), inputs.get("deviation")
    if kind == "numbers":
        raw = keras.Input(tuple(inputs["shape"]), dtype=numbers, name="features")
        return raw, Standardization(inputs["shape"], *moments, **named)(raw)
    if kind == "sequences":
        raw = keras.Input((None, inputs["features"]), dtype=numbers, name="sequence")
        return raw, Standardization([inputs["features"]], *moments, **named)(raw)
    if kind == "symbols":
        raw = keras.Input((), dtype="string", name="text")
        return raw, SymbolNumbers(inputs["symbols"], inputs.get("unknown"), **named)(raw)
    if kind == "table":
        columns = _named_columns(
            inputs["columns"], {model.name, _PREPARATION, _ANSWERS} | _KERAS_WORDS
        )
        raw = {
            column["input"]: keras.Input(
                (1,),
                dtype=numbers if column["kind"] == "number" else "string",
                name=column["input"],
            )
            for column in columns
        }
        return raw, TablePreparation(columns, **named)(raw)
    raise ModelError(f"inputs of kind {kind!r} are not known; allowed: {', '.join(INPUTS)}")


def _named_columns(columns: list[dict[str, Any]], taken: set[str]) -> list[dict[str, Any]]:
    taken = taken | {column["name"] for column in columns if "/" in column["name"]}
    named = []
    for column in columns:
        name = column["name"].replace("/", "_")
        while name in taken:
            name += "_column"
        taken.add(name)
        named.append({**column, "input": name})
    return named


def _answers(given: Any, outputs: dict[str, Any], activation: str) -> Any:
    from zoo.preparation.answers import KINDS, Answers

    if not outputs:
        return given
    kind = outputs.get("kind")
    if kind not in KINDS:
        raise ModelError(f"outputs of kind {kind!r} are not known; allowed: {', '.join(KINDS)}")
    if kind in ("images", "actions"):
        return Answers(outputs, activation, name=_ANSWERS, dtype=_dtype(given))(given)
    scores = given["scores"] if isinstance(given, dict) else given
    width, names = scores.shape[-1], outputs.get("names") or []
    if names and len(names) != width:
        raise ModelError(f"the model has {width} outputs, and there are {len(names)} names")
    return Answers(outputs, activation, name=_ANSWERS, dtype=_dtype(scores))(scores)


def _dtype(outputs: Any) -> str:
    import keras

    return str(keras.tree.flatten(outputs)[0].dtype)


def _with_state(model: keras.Model, prepared: Any) -> Any:
    """Return the inputs of a model that also reads a state: zeros, as at a text's start."""
    from zoo.preparation.symbols import ZeroState

    # A model of the user's own class may have no symbolic inputs.
    inputs = getattr(model, "_inputs_struct", None)
    if not isinstance(inputs, dict) or isinstance(prepared, dict):
        return prepared
    state = inputs["state"]
    return {"symbols": prepared, "state": ZeroState(state.shape[1:], dtype=state.dtype)(prepared)}


def _of_any_length(model: keras.Model) -> keras.Model:
    """Return a functional model with open time axes, and a copy of its weights."""
    import keras

    if not isinstance(model, keras.src.models.Functional):
        return model
    config = model.get_config()
    for layer in config["layers"]:
        shape = layer["config"].get("batch_shape")
        if layer["class_name"] == "InputLayer" and layer["config"]["name"] != "state":
            layer["config"]["batch_shape"] = [shape[0], None, *shape[2:]]
    opened = model.__class__.from_config(config)
    opened.set_weights(model.get_weights())
    return opened

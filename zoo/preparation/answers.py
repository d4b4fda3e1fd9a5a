"""A model's outputs to answers: probabilities of named classes, or numbers in the data's own units.

| kind | outputs | answers |
| --- | --- | --- |
| classes, symbols | scores s | softmax(s); what a model has activated itself stays as it is |
| numbers | z | z deviation + mean |
| images | scores s and a code | sigmoid(s) scale, in the picture's own units, and the code |
| actions | scores s and a value | softmax(s), and the value |
"""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

KINDS = ("classes", "symbols", "numbers", "images", "actions")


@keras.saving.register_keras_serializable(package="zoo")
class Answers(keras.layers.Layer):
    """The last layer of a model that is used.

    Args:
        outputs: as in `Dataset.preparation`; "names" are the classes' or the targets'.
        activation: what the model applied to its scores; "linear" is nothing.
        **options: those of every Keras layer.
    """

    def __init__(
        self, outputs: Mapping[str, Any], activation: str = "linear", **options: Any
    ) -> None:
        super().__init__(**options)
        self.outputs, self.activation = dict(outputs), activation

    def call(self, outputs: Any) -> Any:
        """Map outputs to answers, see the module."""
        kind = self.outputs["kind"]
        if kind in ("classes", "symbols"):
            return tf.nn.softmax(outputs) if self.activation == "linear" else outputs
        if kind == "numbers":
            return self._in_own_units(outputs)
        if kind == "images":
            scale = tf.cast(self.outputs.get("scale", 1.0), outputs["scores"].dtype)
            rest = {name: value for name, value in outputs.items() if name != "scores"}
            return {"images": tf.sigmoid(outputs["scores"]) * scale, **rest}
        return {"probabilities": tf.nn.softmax(outputs["logits"]), "value": outputs["value"]}

    def _in_own_units(self, values: Any) -> Any:
        mean, deviation = self.outputs.get("mean"), self.outputs.get("deviation")
        if deviation is not None:
            values *= tf.constant(deviation, values.dtype)
        return values if mean is None else values + tf.constant(mean, values.dtype)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the layer."""
        own = {"outputs": self.outputs, "activation": self.activation}
        return {**super().get_config(), **own}

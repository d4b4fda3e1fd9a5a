"""Scores by the distance from a fixed code for each class.

Source: LeCun, Bottou, Bengio & Haffner 1998, section II.B, equation 7, and section II.C, equations
8 and 9.
"""

from typing import Any

import keras

from zoo.layers.lenet.bitmaps import class_codes


@keras.saving.register_keras_serializable(package="zoo")
class RadialBasisScores(keras.Layer):
    """Euclidean radial basis functions, with the sign turned: the nearest code scores highest.

    The paper's units are penalties y_i = sum over j of (x_j - w_ij)^2, the smaller the better, w_i
    being the +-1 of class i's bitmap. The scores are -y_i, so that the cross-entropy of a softmax
    of them is y_d + log sum over i of exp(-y_i) for class d: the paper's equation 9 without the
    constant that stands there for "none of the classes".

    Maps `[batch, 84]` to `[batch, classes]`. It has no parameters: the codes are fixed.

    Args:
        classes: number of classes, at least 1.
        name: the layer's name.
    """

    def __init__(self, classes: int, name: str | None = None, **settings: Any) -> None:
        super().__init__(name=name, **settings)
        self.classes = classes

    def call(self, inputs: Any) -> Any:
        """Return minus the squared distances, `[batch, classes]`."""
        codes = keras.ops.convert_to_tensor(class_codes(self.classes), inputs.dtype)
        differences = keras.ops.expand_dims(inputs, 1) - codes
        return -keras.ops.sum(keras.ops.square(differences), axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return `(batch, classes)`."""
        return (input_shape[0], self.classes)

    def get_config(self) -> dict[str, Any]:
        """Return the number of classes and what every layer has."""
        return {**super().get_config(), "classes": self.classes}

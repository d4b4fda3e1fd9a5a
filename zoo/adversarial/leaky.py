"""The leaky rectifier of discriminators."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="zoo")
def leaky(values: Any) -> Any:
    """Leaky rectifier of the paper's slope: max(x, 0.2 x), in any shape.

    The paper: Radford, Metz & Chintala 2016, section 3. TensorFlow has an operation for it, but
    2.21's graph optimizer gives up on a graph in which a biased convolution before that operation
    needs a gradient for its input alone, as in the generator's update.
    """
    return keras.ops.maximum(values, 0.2 * values)

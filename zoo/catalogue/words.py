"""The names that `activation` and `initializer` options take, known without importing Keras.

A builder annotates such an option with `Activation` or `Initializer`; tests hold the lists against
what Keras has.
"""

from typing import Annotated

ACTIVATIONS = (
    *("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu"),
    *("hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish"),
    *("relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus"),
    *("softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "step", "swish"),
    *("tanh", "tanh_shrink"),
)
"""Keras's functions of one value, and `zoo.layers.activations.step`."""

INITIALIZERS = (
    *("dcgan", "glorot", "glorot_normal", "glorot_uniform", "he", "he_normal", "he_uniform"),
    *("identity", "lecun_normal", "lecun_uniform", "normal", "ones", "orthogonal"),
    *("random_normal", "random_uniform", "truncated_normal", "variance_scaling", "zeros"),
)
"""Keras's initializers, and the short names of `zoo.layers.initializers`."""

Activation = Annotated[str, "Activation"]
Initializer = Annotated[str, "Initializer"]

CHOICES = {"Activation": ACTIVATIONS, "Initializer": INITIALIZERS}

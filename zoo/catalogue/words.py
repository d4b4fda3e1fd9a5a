"""The names that `activation` and `initializer` options take, known without importing Keras.

A builder annotates such an option with `Activation`, `Initializer` or `BiasInitializer`; tests hold
the lists against what Keras has.
"""

from typing import Annotated

ACTIVATIONS = (
    *("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu"),
    *("hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish"),
    *(
        "relu",
        "relu6",
        "scaled_tanh",
        "selu",
        "sigmoid",
        "silu",
        "soft_shrink",
        "softmax",
        "softplus",
    ),
    *("softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "step", "swish"),
    *("tanh", "tanh_shrink"),
)
"""Keras's functions of one value, and those of `zoo.layers.activations`."""

INITIALIZERS = (
    *("dcgan", "fan_in_normal", "fan_out_normal", "glorot", "glorot_normal", "glorot_uniform"),
    *("he", "he_normal", "he_uniform", "identity", "lecun_1998_uniform", "lecun_normal"),
    *("lecun_uniform", "network3_normal", "normal", "ones", "orthogonal", "random_normal"),
    *("random_uniform", "truncated_normal", "unit_normal", "variance_scaling", "zeros"),
)
"""Keras's initializers, and those of `zoo.layers.initializers`."""

BIAS_INITIALIZERS = (
    *("normal", "ones", "random_normal", "random_uniform", "truncated_normal", "unit_normal"),
    "zeros",
)
"""Those of them that ask for no number of inputs or outputs, which a bias does not have."""

Activation = Annotated[str, "Activation"]
Initializer = Annotated[str, "Initializer"]
BiasInitializer = Annotated[str, "BiasInitializer"]

CHOICES = {
    "Activation": ACTIVATIONS,
    "Initializer": INITIALIZERS,
    "BiasInitializer": BIAS_INITIALIZERS,
}

# Names whose options take the forms of `zoo.layers.valued_initializers` as well.
VALUED = ("Initializer", "BiasInitializer")

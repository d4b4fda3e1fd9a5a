"""A policy and its value function, for learning by acting.

Source: Williams, "Simple statistical gradient-following algorithms for connectionist
reinforcement learning", Machine Learning 8, 1992, whose stochastic units choose actions; the value
beside it as in Mnih et al., "Asynchronous methods for deep reinforcement learning", ICML 2016,
section 4. Small last layers: Andrychowicz et al., "What matters for on-policy deep actor-critic
methods?", ICLR 2021, section 3.2.
"""

from typing import Any

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.layers.activations import find_activation
from zoo.layers.initializers import find_initializer
from zoo.layers.outputs import add_scores
from zoo.layers.running_normalization import RunningNormalization

# Times the value's initial weights, so that at first all values are about 0.
_VALUE_SCALE = 0.01


def _hidden_layers(
    values: Any, hidden_units: tuple[int, ...], activation: str, initializer: str, prefix: str
) -> Any:
    for index, units in enumerate(hidden_units, start=1):
        values = keras.layers.Dense(
            units,
            activation=find_activation(activation),
            kernel_initializer=find_initializer(initializer),
            name=f"{prefix}hidden_{index}",
        )(values)
    return values


@register_model(
    task="control",
    paper="Williams 1992, Simple statistical gradient-following algorithms",
    default_dataset="cartpole",
    input_axes=("features",),
    ranges={"hidden_units": "[1, inf)", "policy_scale": "[0, inf)"},
)
def policy(
    input_shape: tuple[int],
    num_classes: int,
    *,
    hidden_units: tuple[int, ...] = (64, 64),
    activation: Activation = "tanh",
    initializer: Initializer = "orthogonal",
    shared: bool = False,
    normalize_inputs: bool = False,
    policy_scale: float = 0.01,
) -> keras.Model:
    """Scores of actions and the value of an observation, from two multilayer perceptrons.

    Maps `[batch, features]` to {"logits": `[batch, actions]`, "value": `[batch]`}: the policy
    takes action a with probability softmax(logits)_a, and the value estimates the discounted sum
    of rewards from here on. A layer from m to n units has (m + 1) n parameters.

    Args:
        input_shape: (features,) of one observation.
        num_classes: number of actions, at least 1.
        hidden_units: units of each hidden layer, from the input on.
        activation: of the hidden layers, see `zoo.layers.activations`.
        initializer: of every kernel, see `zoo.layers.initializers`, times 0.01 in the value's last
            layer; biases start at 0.
        shared: whether the value reads the policy's hidden layers, instead of its own.
        normalize_inputs: whether observations are brought to mean 0 and variance 1, by the
            statistics of all that training has seen.
        policy_scale: times the initial weights of the scores: the smaller, the more alike are all
            actions at first.

    Raises:
        ModelOptionError: an unknown activation or initializer.
    """
    inputs = keras.Input(input_shape, name="inputs")
    seen = RunningNormalization(name="normalization")(inputs) if normalize_inputs else inputs
    hidden = _hidden_layers(seen, hidden_units, activation, initializer, "")
    logits = add_scores(hidden, num_classes, initializer, name="logits")
    if not shared:
        hidden = _hidden_layers(seen, hidden_units, activation, initializer, "value_")
    values = add_scores(hidden, 1, initializer, name="values")
    value = keras.layers.Reshape((), dtype=values.dtype, name="value")(values)
    model = keras.Model(inputs, {"logits": logits, "value": value}, name="policy")
    for name, scale in (("logits", policy_scale), ("values", _VALUE_SCALE)):
        kernel = model.get_layer(name).kernel
        kernel.assign(scale * kernel)
    return model

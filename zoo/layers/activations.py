"""Activations by name: Keras's own, the perceptron's step and LeNet's hyperbolic tangent.

Source of the step and its gradient: Rosenblatt, "The Perceptron", Psychological Review 65(6),
1958; the gradient of 1 through a threshold is the straight-through estimator of Bengio, Léonard
and Courville, arXiv:1308.3432, 2013, section 4. The scaled tangent: LeCun, Bottou, Bengio &
Haffner, "Gradient-based learning applied to document recognition", 1998, appendix A.
"""

import inspect
from collections.abc import Callable
from typing import Any

import keras

from zoo.errors import ModelOptionError, did_you_mean

# Not a function of one value: gated linear units halve the last axis.
_NOT_ELEMENTWISE = ("glu", "get", "serialize", "deserialize")


@keras.saving.register_keras_serializable(package="zoo")
def step(scores: Any) -> Any:
    """Threshold at zero: give 1 where s >= 0, else 0; the gradient is taken to be 1.

    With that gradient, half the squared error 1/2 (t - step(w.x))^2 has the derivative
    -(t - y) x in w, so that gradient descent at the rate eta is Rosenblatt's rule
    w <- w + eta (t - y) x.

    Args:
        scores: any shape, any finite values.

    Returns:
        0 or 1 in the shape and type of `scores`.
    """
    threshold = keras.ops.cast(keras.ops.greater_equal(scores, 0), scores.dtype)
    # The difference is exactly 0 and has gradient 1. The usual order, scores plus a constant
    # (threshold - scores), would round to 0 instead of 1 for large scores.
    return keras.ops.stop_gradient(threshold) + (scores - keras.ops.stop_gradient(scores))


@keras.saving.register_keras_serializable(package="zoo")
def scaled_tanh(sums: Any) -> Any:
    """Hyperbolic tangent of LeNet's units: f(a) = 1.7159 tanh(2/3 a).

    It maps -1 to about -1 and 1 to about 1, where its second derivative is largest, so that targets
    of +-1 do not drive units into saturation. Its slope is 1.7159 2/3 (1 - (f(a) / 1.7159)^2).

    Args:
        sums: any shape.

    Returns:
        Numbers between -1.7159 and 1.7159 in the shape and type of `sums`.
    """
    return 1.7159 * keras.ops.tanh(2 / 3 * sums)


_OWN = {"step": step, "scaled_tanh": scaled_tanh}


def activation_names() -> list[str]:
    """Return the names an `activation` option takes: ours and Keras's functions of one value."""
    names = list(_OWN)
    for name, function in vars(keras.activations).items():
        if name.startswith("_") or name in _NOT_ELEMENTWISE or not inspect.isfunction(function):
            continue
        parameters = list(inspect.signature(function).parameters.values())
        if all(each.default is not each.empty for each in parameters[1:]):
            names.append(name)
    return sorted(names)


def find_activation(name: str) -> Callable[[Any], Any]:
    """Return the activation of a name, such as "sigmoid", "tanh", "relu" or "step".

    Raises:
        ModelOptionError: no activation has this name.
    """
    names = activation_names()
    if name not in names:
        raise ModelOptionError(
            f"no activation is called {name!r}; {did_you_mean(name, names)}"
            f"allowed: {', '.join(names)}"
        )
    return _OWN.get(name) or keras.activations.get(name)

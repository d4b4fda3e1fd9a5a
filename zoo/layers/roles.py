"""What a trainable variable is to its layer, marked on each: what weight decay and penalties ask.

Decay pulls a layer's map towards zero. The matrices that multiply inputs make that map, kernels
here; biases, gains, offsets and embeddings do not (Goodfellow, Bengio & Courville, "Deep Learning",
2016, section 7.1, of biases; Loshchilov & Hutter 2019 decay what they call weights).

| role | which variables | weight decay | L2 penalty |
| --- | --- | --- | --- |
| kernel | `kernel`, `recurrent_kernel`, `depthwise_kernel`, `pointwise_kernel` | yes | yes |
| kernel_length | g of weight normalization's w = g v / |v| | no | yes |
| other | everything else, weight normalization's v among it | no | no |

Under weight normalization |w|^2 is g^2, so that the penalty is of g. Decay is a rule about single
variables: g is a gain like that of every other normalization, which none is decayed of, and
shrinking v changes nothing that is computed but the length of later steps (van Laarhoven, "L2
regularization versus batch and weight normalization", arXiv:1706.05350, 2017, section 2).

A layer marks its own variables where it makes them, with `mark_variable`. Keras's layers are known
by the attributes of the first row. In a layer that is neither, an unmarked variable is a kernel if
it maps more than one input, i.e. if its axes but the last hold more than one number together.
"""

from typing import TYPE_CHECKING, Literal, get_args

from zoo.errors import ModelError

if TYPE_CHECKING:
    import keras

Role = Literal["kernel", "kernel_length", "other"]

_KERNELS = ("kernel", "recurrent_kernel", "depthwise_kernel", "pointwise_kernel")
# Keras's classes that others build layers of, and which have no variables of their own.
_BASES = ("keras.src.layers.layer", "keras.src.layers.core.wrapper", "keras.src.layers.rnn.rnn")
_MARK = "_zoo_role"


def mark_variable(variable: "keras.Variable", role: Role) -> "keras.Variable":
    """Say what a variable is to its layer, and return it; the last word counts.

    Raises:
        ModelError: another role than "kernel", "kernel_length" or "other".
    """
    if role not in get_args(Role):
        raise ModelError(
            f"variable {variable.path!r} was marked {role!r}; allowed: {', '.join(get_args(Role))}"
        )
    setattr(variable, _MARK, role)
    return variable


def role_of(variable: "keras.Variable") -> Role:
    """Return what a variable was marked to be.

    Raises:
        ModelError: it is of a model that nobody has marked.
    """
    role = getattr(variable, _MARK, None)
    if role is None:
        raise ModelError(
            f"variable {variable.path!r} has no role, so that weight decay and the L2 penalty "
            "cannot tell whether it is a kernel; build the model with zoo.create_model, or call "
            "zoo.mark_variables(model)"
        )
    return role


def mark_variables(model: "keras.Model") -> None:
    """Mark every trainable variable that its layer has not marked yet, as the module describes."""
    for layer in model._flatten_layers():
        inside = {id(v) for each in layer._flatten_layers(include_self=False) for v in each.weights}
        own = [v for v in layer.trainable_variables if id(v) not in inside]
        kernels = {id(getattr(layer, name, None)) for name in _KERNELS}
        for variable in own:
            if not hasattr(variable, _MARK):
                is_kernel = id(variable) in kernels or (
                    not _is_keras(layer) and _maps_inputs(tuple(variable.shape))
                )
                mark_variable(variable, "kernel" if is_kernel else "other")


def _is_keras(layer: "keras.Layer") -> bool:
    """Return whether a layer is one of Keras's or is derived from one."""
    modules = [base.__module__ for base in type(layer).__mro__]
    return any(name.startswith("keras.src.layers.") and name not in _BASES for name in modules)


def _maps_inputs(shape: tuple[int, ...]) -> bool:
    return any(size > 1 for size in shape[:-1])

"""Weight normalization: a layer's kernel as a length times a direction.

Source: Salimans & Kingma, "Weight Normalization: A Simple Reparameterization to Accelerate
Training of Deep Neural Networks", arXiv:1602.07868, 2016, sections 2 and 3.
"""

from typing import Any

import keras

from zoo.errors import ModelError
from zoo.layers.roles import mark_variable

# A direction shorter than the root of this keeps its length, instead of dividing by 0.
_SMALLEST_SQUARE = 1e-24
# A variance below this share of the mean square is taken to be rounding.
_ROUNDING = 1e-10


@keras.saving.register_keras_serializable(package="zoo")
class WeightNormalization(keras.layers.Wrapper):
    """Trains g and v instead of the wrapped layer's kernel w = g v / ||v|| (equation 2).

    The norm is taken for every output unit: over all axes of the kernel but the last. The wrapped
    layer's own kernel holds v, in the kernel's shape; g has the size of its last axis and starts
    at ||v||, so that w starts as v, as the layer's initializer drew it. A bias is left as it is.
    By the chain rule the gradients are (equation 3), all products over one unit,

        dL/dg = dL/dw . v / ||v||
        dL/dv = g / ||v|| dL/dw - g / ||v||^2 dL/dg v

    | wrapped layer | v | g |
    | --- | --- | --- |
    | Dense, m to n | `[m, n]` | `[n]` |
    | Conv2D, k x k, m to n maps | `[k, k, m, n]` | `[n]` |
    | LSTM, m to n units | `[m, 4 n]` and, recurrent, `[n, 4 n]` | `[4 n]` each |

    Shapes and types of inputs and outputs are the wrapped layer's. Under mixed precision w is
    computed in the type of the weights and then rounded.

    Args:
        layer: a new Dense, Conv2D or LSTM layer.
        name: the layer's name.
        trainable: whether training changes g, v and the bias.

    Raises:
        ModelError: a layer of another type.
    """

    def __init__(
        self, layer: keras.Layer, *, name: str | None = None, trainable: bool = True
    ) -> None:
        allowed = (keras.layers.Dense, keras.layers.Conv2D, keras.layers.LSTM)
        if not isinstance(layer, allowed):
            raise ModelError(
                f"weight normalization got a layer of type {type(layer).__name__}; "
                f"allowed: {', '.join(each.__name__ for each in allowed)}; wrap one of those"
            )
        # In the weights' type, so that the norm is not computed from 16-bit weights; the inputs
        # go on as they are, for the wrapped layer to convert.
        super().__init__(
            layer, name=name, trainable=trainable, dtype=layer.variable_dtype, autocast=False
        )
        self.scales: list[keras.Variable] = []

    @property
    def kernels(self) -> list[keras.Variable]:
        """The variables that hold v: one, or the LSTM's kernel and recurrent kernel."""
        if isinstance(self.layer, keras.layers.LSTM):
            return [self.layer.cell.kernel, self.layer.cell.recurrent_kernel]
        return [self.layer.kernel]

    def build(self, input_shape: Any = None) -> None:
        """Create v and the bias, then g = ||v||."""
        super().build(input_shape)
        for kernel in self.kernels:
            # An initializer and not an assignment: building may happen while tracing a graph.
            scale = self.add_weight(
                shape=kernel.shape[-1:],
                initializer=lambda shape, dtype=None, v=kernel: 1 / _inverse_norms(v.value),
                name=f"{kernel.name}_scale",
            )
            self.scales.append(mark_variable(scale, "kernel_length"))
            mark_variable(kernel, "other")

    def call(self, inputs: Any) -> Any:
        """Apply the wrapped layer with w in the place of its kernel."""
        return self._apply(
            inputs,
            [
                (kernel, scale * _directions(kernel.value))
                for kernel, scale in zip(self.kernels, self.scales, strict=True)
            ],
        )

    def _apply(self, inputs: Any, replaced: list[tuple[keras.Variable, Any]]) -> Any:
        names = [variable.path for variable, _ in replaced]
        # This scope replaces any outer one, so the outer one's values of all variables are passed
        # on.
        others = [(v, v.value) for v in self.layer.variables if v.path not in names]
        with keras.StatelessScope([*others, *replaced]) as scope:
            outputs = self.layer(inputs)
        for variable in self.layer.non_trainable_variables:
            variable.assign(scope.get_current_value(variable))
        return outputs

    def initialize(self, inputs: Any) -> None:
        """Set g and the bias so that each output unit has mean 0 and variance 1 on `inputs`.

        With t = v.x / ||v|| and its mean m and deviation s over the batch and all positions,
        g = 1 / s and b = -m / s (equations 5 and 6). Without a bias only the variance is set.

        Args:
            inputs: a batch of this layer's inputs.

        Raises:
            ModelError: the layer is recurrent or has an activation, or a unit's t is constant.
        """
        if isinstance(self.layer, keras.layers.LSTM):
            raise ModelError(
                f"layer {self.name!r} is recurrent, and its inputs depend on its own outputs; "
                "initialize dense and convolutional layers only"
            )
        if self.layer.activation is not keras.activations.linear:
            raise ModelError(
                f"layer {self.name!r} has the activation {self.layer.activation.__name__!r}; "
                "allowed: linear; put the activation in a layer of its own"
            )
        replaced = [(self.kernels[0], _directions(self.kernels[0].value))]
        if self.layer.use_bias:
            replaced.append((self.layer.bias, keras.ops.zeros_like(self.layer.bias.value)))
        values = keras.ops.cast(self._apply(inputs, replaced), self.variable_dtype)
        axes = tuple(range(len(values.shape) - 1))
        mean, variance = keras.ops.moments(values, axes)
        # Equal examples may still differ by the rounding of their sums.
        still = variance <= _ROUNDING * (keras.ops.square(mean) + variance)
        constant = int(keras.ops.sum(still))
        if constant:
            raise ModelError(
                f"{constant} units of layer {self.name!r} do not vary over the batch of "
                f"{len(values)}; give more, and more varied, examples"
            )
        self.scales[0].assign(keras.ops.rsqrt(variance))
        if self.layer.use_bias:
            self.layer.bias.assign(-mean * keras.ops.rsqrt(variance))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the wrapped layer's output shape."""
        return self.layer.compute_output_shape(input_shape)

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        """Return the wrapped layer's output shape and type."""
        return keras.KerasTensor(
            self.compute_output_shape(inputs.shape), dtype=self.layer.compute_dtype
        )

    def get_config(self) -> dict[str, Any]:
        """Return the wrapped layer, the name and whether it is trainable."""
        config = super().get_config()
        del config["dtype"]  # the wrapped layer's
        return config


def _inverse_norms(kernel: Any) -> Any:
    squares = keras.ops.sum(keras.ops.square(kernel), axis=tuple(range(len(kernel.shape) - 1)))
    return keras.ops.rsqrt(keras.ops.maximum(squares, _SMALLEST_SQUARE))


def _directions(kernel: Any) -> Any:
    return kernel * _inverse_norms(kernel)


def initialize(model: keras.Model, inputs: Any) -> list[str]:
    """Initialize every weight-normalized layer from one batch, from the input on.

    Each is given what the layers before it make of the batch once they are initialized, so that
    every unit before its activation has mean 0 and variance 1 on it (section 3). Recurrent layers
    keep the values their initializers drew. Call it once, on a fresh model, before training.

    Args:
        model: a functional or sequential model; its nested models are not searched.
        inputs: `[batch, ...]`, some hundred training examples.

    Returns:
        The names of the initialized layers.

    Raises:
        ModelError: no layer can be initialized, or a unit does not vary over the batch.
    """
    layers = [
        layer
        for layer in model.layers
        if isinstance(layer, WeightNormalization) and not isinstance(layer.layer, keras.layers.LSTM)
    ]
    if not layers:
        raise ModelError(
            f"model {model.name!r} has no weight-normalized dense or convolutional layer to "
            "initialize; build it with normalization='weight'"
        )
    for layer in layers:
        before = keras.Model(model.input, layer.input)
        layer.initialize(before(inputs, training=False))
    return [layer.name for layer in layers]

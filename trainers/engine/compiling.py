"""How the loop is compiled: a rule, not a measurement, so that two runs never differ in it.

The rule comes from timing `--compile xla` against `--compile graph` on 2 CPU cores; figures are
seconds with XLA over seconds with TensorFlow's own kernels:
- convolutions: XLA's are about 20 times slower inside a loop, and compile for minutes; those of
  `zoo.layers.strided_convolution` are matrix products to it (gan: 0.50 on 8 x 8 pixels, 0.79 to
  0.92 on 28 x 28, after 4 more seconds of compiling for every size of batch);
- random numbers of Keras's: 0.2 to 0.5 us each under XLA, 0.01 outside of it; those of the zoo's
  dropout and noise are less than 0.01 in both, and no reason (mlp with dropout 0.44, lstm with
  dropout 0.37, char_lstm with dropout 0.83, autoencoder 0.43);
- dense layers: XLA wins, 0.05 for the smallest steps, by removing the dispatch of every operation,
  and 0.7 to 0.9 where matrix products dominate, by making few loops of the many operations of an
  optimizer's update (Adam, 128 examples: 0.54 for 100 units, 0.81 for two layers of 512, 0.70 for
  two of 2,048); 0.9 to 1.06 at 10 GFLOP and more;
- recurrent layers: XLA wins; Keras's loops until matrix products dominate, those of
  `zoo.layers.recurrent.lstm_recurrence` at every size (batch 64, 64 steps: 0.76 of 128 units, 0.90
  of 512).
On a GPU XLA cannot call cuDNN's recurrent kernels.

XLA compiles an LSTM's update for 3 to 6 s, at every size of a batch anew, and its evaluation for
1 s. What is called too seldom to gain that back runs by TensorFlow's own kernels: `choose_last`
and `choose_evaluation`. On 2 CPU cores a default run of lstm takes 21.7 s so instead of 26.9,
lstm_classifier 19.4 instead of 23.0.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo.catalogue.flops import flops_per_example

# Forward operations of one micro-batch above which XLA no longer wins with Keras's loops on a CPU.
_RECURRENT_FLOPS = 1e9
# Keras's random numbers of one micro-batch above which drawing them costs more than XLA saves.
_RANDOM_NUMBERS = 500
# Full batches of an epoch from which its smaller last one is not compiled by XLA.
_MANY_BATCHES = 512
# What Python raised last inside a graph.
_raised: list[Exception] = []


def compiled(function: Callable, mode: str) -> Callable:
    """Compile a function: "xla", "graph", or "eager" for Python one operation at a time.

    It runs as it is written: Python's `if` and `while` decide while the graph is made, as in a
    `train_step` of Keras. What depends on a tensor's value is `tf.where`, `tf.cond` or
    `tf.while_loop`, or goes into a `tf.function` of its own.
    """
    if mode == "eager":
        return function
    # AutoGraph would read the source of all that is called, for a third of a short run's time, and
    # leave its rewritten bytecode in the temporary folder.
    return tf.function(function, jit_compile=mode == "xla", reduce_retracing=False, autograph=False)


def python_call(function: Callable, inputs: Sequence[Any], kinds: Any) -> Any:
    """Call Python from inside a graph, as `tf.numpy_function`; see `as_raised`."""

    def remembered(*values: Any) -> Any:
        try:
            return function(*values)
        except Exception as error:
            _raised[:] = [error]
            raise

    return tf.numpy_function(remembered, inputs, kinds)


@contextlib.contextmanager
def as_raised() -> Iterator[None]:
    """Let what `python_call` raised leave a graph as it was, where TensorFlow would wrap it."""
    _raised.clear()
    try:
        yield
    except tf.errors.OpError as error:
        if _raised:
            raise _raised.pop() from error
        raise


def choose(mode: str, model: keras.Model, micro_batch_size: int) -> str:
    """Return "xla", "graph" or "eager" for a configured `mode`; only "auto" is a question.

    Args:
        mode: "auto", or the answer itself.
        micro_batch_size: examples of one forward pass.
    """
    if mode != "auto":
        return mode
    loops = _recurrent(model)
    if tf.config.list_physical_devices("GPU"):
        return "graph" if loops else "xla"
    if convolutional(model) or _random_numbers(model) * micro_batch_size > _RANDOM_NUMBERS:
        return "graph"
    keras_loops = any(not getattr(layer, "is_written", False) for layer in loops)
    large = keras_loops and _flops(model) * micro_batch_size > _RECURRENT_FLOPS
    return "graph" if large else "xla"


def choose_last(mode: str, model: keras.Model, full_batches: int) -> str:
    """Return the mode of an epoch's smaller last batch, where the others run in `mode`.

    XLA would compile the update anew for it, for seconds where a layer is recurrent. TensorFlow's
    own kernels take up to ten times as long for it: 2 % of an epoch of 512 batches.

    Args:
        mode: "xla", "graph" or "eager".
        model: that is trained.
        full_batches: of an epoch. Not those of a run: a resumed one may be longer, and must go on
            as if it had been so from the start.
    """
    return _seldom(mode, model) if full_batches >= _MANY_BATCHES else mode


def choose_evaluation(mode: str, model: keras.Model, batches: int) -> str:
    """Return the mode of an evaluation of so many batches, where training runs in `mode`.

    One batch of sequences takes TensorFlow's own kernels a few milliseconds, and XLA's compilation
    a second that a run's evaluations do not gain back.
    """
    return _seldom(mode, model) if batches == 1 else mode


def _seldom(mode: str, model: keras.Model) -> str:
    """Return the mode of what is called too seldom to gain XLA's compilation of an LSTM back."""
    return "graph" if mode == "xla" and _recurrent(model) else mode


def _recurrent(model: keras.Model) -> list[keras.Layer]:
    return [layer for layer in layers(model) if isinstance(layer, keras.layers.RNN)]


def convolutional(model: keras.Model) -> bool:
    """Return whether a model holds convolution or pooling layers, other than the zoo's products."""
    kernels = (each for each in layers(model) if not getattr(each, "is_written", False))
    return any(word in type(layer).__name__ for layer in kernels for word in ("Conv", "Pool"))


def batch_normalized(model: keras.Model) -> bool:
    """Return whether a model normalizes over its batch, which replicas then exchange."""
    return any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers(model))


def _flops(model: keras.Model) -> float:
    try:
        return flops_per_example(model)
    except ValueError:
        # A layer that zoo.catalogue.flops does not know: every weight is used at least once.
        return 2 * model.count_params()


def _random_numbers(model: keras.Model) -> float:
    """Return how many random numbers of Keras's the training pass of one example draws."""
    drawing = [layer for layer in layers(model) if hasattr(layer, "seed_generator")]
    # The zoo's own layers draw by `zoo.layers.threefry`.
    drawing = [layer for layer in drawing if not type(layer).__module__.startswith("zoo.")]
    try:
        return sum(math.prod(size or 1 for size in layer.output.shape[1:]) for layer in drawing)
    except AttributeError:  # a class calls it, and knows its shapes alone
        return math.inf


def layers(model: keras.Model) -> Iterator[keras.Layer]:
    """Yield every layer, inside nested models and wrappers too."""
    for layer in model.layers:
        yield layer
        yield from layers(layer) if hasattr(layer, "layers") else ()
        if hasattr(layer, "layer"):
            yield layer.layer

"""Inputs to mean 0 and variance 1, by the statistics of all that was seen so far.

Source: Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample
variances", COMPSTAT 1982, for the merging; of observations, Andrychowicz et al., "What matters for
on-policy deep actor-critic methods?", ICLR 2021, section 3.3.
"""

from typing import Any

import keras
from keras import ops

_SMALLEST_VARIANCE = 1e-8


@keras.saving.register_keras_serializable(package="zoo")
class RunningNormalization(keras.layers.Layer):
    """Return (x - m) / sqrt(v + 1e-8), m and v the mean and variance of what `absorb` was given.

    `[batch, features]` to the same. The statistics change by `absorb` alone, never by a call, so
    that who acts and who learns from it see the same numbers. m, v `[features]` and the number n of
    rows `[]` are weights that training does not change: they are saved with the model. At first
    m = 0, v = 1 and n = 0.
    """

    def build(self, input_shape: Any) -> None:
        """Create m, v and n."""
        shape = (input_shape[-1],)
        self.mean = self.add_weight(
            shape=shape, initializer="zeros", trainable=False, name="mean", dtype="float32"
        )
        self.variance = self.add_weight(
            shape=shape, initializer="ones", trainable=False, name="variance", dtype="float32"
        )
        self.count = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="count", dtype="float32"
        )

    def call(self, inputs: Any) -> Any:
        """Normalize a batch."""
        mean, variance = (ops.cast(each.value, inputs.dtype) for each in (self.mean, self.variance))
        return (inputs - mean) / ops.sqrt(variance + _SMALLEST_VARIANCE)

    def absorb(self, inputs: Any, counted: Any) -> None:
        """Merge the statistics with those of more rows.

        With n', m' and v' of the new rows, d = m' - m and N = n + n',

            m <- m + d n' / N
            v <- (n v + n' v' + d^2 n n' / N) / N

        Args:
            inputs: `[rows, features]`.
            counted: `[rows]`, 1 for a row that counts and 0 for another; at least one does.
        """
        counted = counted[:, None]
        new = ops.sum(counted)
        mean = ops.sum(inputs * counted, axis=0) / new
        variance = ops.sum(ops.square(inputs - mean) * counted, axis=0) / new
        old, difference = self.count.value, mean - self.mean.value
        total = old + new
        squares = old * self.variance.value + new * variance
        self.variance.assign((squares + ops.square(difference) * (old * new / total)) / total)
        self.mean.assign(self.mean.value + difference * (new / total))
        self.count.assign(total)

"""Text: predict every next character, carrying the recurrent state from window to window.

Truncated backpropagation through time (Williams & Peng 1990): row b of every batch is a stream of
text; each update reads the next window of every stream, and gradients stop at its start while the
state h, c flows on. The state of a row is zero where its window does not follow its last one.
"""

from __future__ import annotations

import math

import keras
import numpy as np
import tensorflow as tf

from trainers.distribution import replicas
from trainers.engine.batch import Batch
from trainers.engine.gradients import Gradients, dense, sums
from trainers.optimizers.weights import OptimizedWeights


class TextStep:
    """Minimize the mean cross-entropy per character, in nats.

    Args:
        model: from {"symbols": `[batch, time]`, "state": `[batch, ...]`} to
            {"scores": `[batch, time, symbols]`, "state": as it came in}.
        weights: the model's, and how they move.
        streams: rows of every training batch.
    """

    names: tuple[str, ...] = ("loss", "accuracy")
    monitors = ("loss", "accuracy")

    def __init__(self, model: keras.Model, weights: OptimizedWeights, streams: int) -> None:
        self.model = self.inspected = model
        self.weights = weights
        state = next(tensor for tensor in model.inputs if tensor.name == "state")
        self._state_shape, self._state_dtype = tuple(state.shape[1:]), state.dtype
        self._state = keras.Variable(
            np.zeros((streams, *self._state_shape)),
            dtype=state.dtype,
            trainable=False,
            name="carried_state",
        )
        # No window follows number -2, so that every stream starts from zero.
        self._window = keras.Variable(
            np.full(streams, -2), dtype="int32", trainable=False, name="last_window"
        )

    @property
    def variables(self) -> dict[str, list[keras.Variable]]:
        """The model's, the optimizer's, and where every stream stands."""
        return {
            "model": self.model.variables,
            "optimizer": self.weights.optimizer.variables,
            "streams": [self._state, self._window],
        }

    def zero_state(self, rows: int | tf.Tensor) -> tf.Tensor:
        """Return the state `[rows, ...]` before any character was read."""
        return tf.zeros((rows, *self._state_shape), self._state_dtype)

    def gradients(self, data: Batch, indices: tf.Tensor) -> Gradients:
        """Read on in every stream, the windows of `data` at `indices`, and return the gradient."""
        rows = replicas.own(indices)
        batch = data.rows(rows)
        # A window in memory is known by its place; streamed windows lie elsewhere in every process.
        streamed = not isinstance(data.numbers, tuple)
        windows = batch.numbers if streamed else rows
        follows = tf.equal(windows, replicas.own(self._window.value) + 1)
        shape = [-1] + [1] * len(self._state_shape)
        state = tf.where(tf.reshape(follows, shape), replicas.own(self._state.value), 0)
        weight = replicas.total(tf.reduce_sum(batch.weights))
        with tf.GradientTape() as tape:
            losses, values, state = self._read(batch, state, training=True)
            objective = self.weights.scale_loss(tf.reduce_sum(losses) / weight)
        gradients = dense(tape.gradient(objective, self.model.trainable_variables))
        # Every replica keeps the state of all streams, so that a checkpoint fits any number.
        self._state.assign(replicas.whole(state, indices.shape[0]))
        self._window.assign(replicas.whole(windows, indices.shape[0]) if streamed else indices)
        totals = replicas.total(sums((losses, values)))
        return Gradients(replicas.total(gradients), totals, tf.cast(weight, tf.float64))

    def _read(
        self, batch: Batch, state: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Return weighted losses and hits `[batch, time]`, and the state after the window."""
        outputs = self.model({"symbols": batch.inputs, "state": state}, training=training)
        losses = keras.losses.sparse_categorical_crossentropy(
            batch.targets, outputs["scores"], from_logits=True
        )
        values = keras.metrics.sparse_categorical_accuracy(batch.targets, outputs["scores"])
        return losses * batch.weights, values * batch.weights, outputs["state"]

    def evaluate_from(
        self, batch: Batch, state: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Return sums, weight and the state after `batch`, read from `state` without training."""
        losses, values, state = self._read(batch, state, training=False)
        return sums((losses, values)), tf.reduce_sum(tf.cast(batch.weights, tf.float64)), state

    def evaluate(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the sums of `gradients` without training, every window read from a zero state."""
        return self.evaluate_from(batch, self.zero_state(tf.shape(batch.inputs)[0]))[:2]

    def evaluate_each(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Return sums `[batch, names]` and weights `[batch]` of windows, each from a zero state."""
        zero = self.zero_state(tf.shape(batch.inputs)[0])
        losses, values, _ = self._read(batch, zero, training=False)
        sums = [tf.reduce_sum(tf.cast(each, tf.float64), axis=1) for each in (losses, values)]
        return tf.stack(sums, axis=1), tf.reduce_sum(tf.cast(batch.weights, tf.float64), axis=1)

    def figures(self, means: dict[str, float]) -> dict[str, float]:
        """Add bits per character, loss / ln 2, and the perplexity per character, e^loss."""
        loss = means["loss"]
        return {
            **means,
            "bits_per_character": loss / math.log(2),
            # A diverging loss has no perplexity that a float can hold.
            "perplexity": math.exp(loss) if loss < 700 else math.inf,
        }

    def probe(self, batch: Batch) -> list[tf.Tensor]:
        """Return the gradient of the mean loss, every window read from a zero state."""
        with tf.GradientTape() as tape:
            losses, _, _ = self._read(batch, self.zero_state(tf.shape(batch.inputs)[0]), False)
            objective = tf.reduce_sum(losses) / tf.reduce_sum(batch.weights)
        return dense(tape.gradient(objective, self.model.trainable_variables))

    def probe_inputs(self, batch: Batch) -> dict[str, tf.Tensor]:
        """Return the batch's characters and a zero state."""
        return {"symbols": batch.inputs, "state": self.zero_state(batch.inputs.shape[0])}

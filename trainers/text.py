"""Text: predict every next character, carrying the recurrent state from window to window.

Truncated backpropagation through time (Williams & Peng 1990): row b of every batch is a stream of
text; each update reads the next window of every stream, and gradients stop at its start while the
state h, c flows on. The state of a row is zero where its window does not follow its last one.
"""

from __future__ import annotations

import contextlib
import math

import keras
import numpy as np
import tensorflow as tf

import configs
import datasets
from trainers import compile_mode, replicas, vocabulary
from trainers.clipping import clipped
from trainers.hooks import Hooks, Moment
from trainers.sampling import Sampler
from trainers.schedule import batch_size_of
from trainers.steps import Batch, Made, MakeOptimizer, averaged_weights, dense, rate_of, sums
from trainers.text_evaluation import TextEvaluation

_SAMPLE_LENGTH = 400


class TextStep:
    """Minimize the mean cross-entropy per character, in nats.

    Args:
        model: from {"symbols": `[batch, time]`, "state": `[batch, ...]`} to
            {"scores": `[batch, time, symbols]`, "state": as it came in}.
        optimizer: a Keras optimizer; built here.
        streams: rows of every training batch.
        clip_norm: largest global norm of the gradient, or None.
    """

    names: tuple[str, ...] = ("loss", "accuracy")
    monitors = ("loss", "accuracy")

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        streams: int,
        clip_norm: float | None = None,
    ) -> None:
        optimizer.build(model.trainable_variables)
        self.model, self.optimizer = model, optimizer
        self._clip_norm = clip_norm
        self._scale_loss = getattr(optimizer, "scale_loss", lambda value: value)
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
    def inspected(self) -> keras.Model:
        """The model itself."""
        return self.model

    @property
    def learning_rate(self) -> float:
        """The step size of the next update."""
        return rate_of(self.optimizer)

    @property
    def variables(self) -> dict[str, list[keras.Variable]]:
        """The model's, the optimizer's, and where every stream stands."""
        return {
            "model": self.model.variables,
            "optimizer": self.optimizer.variables,
            "streams": [self._state, self._window],
        }

    def averaged(self) -> contextlib.AbstractContextManager[None]:
        """Hold the running average of the weights meanwhile, if the optimizer keeps one."""
        return averaged_weights(self.optimizer, self.model.trainable_variables)

    def zero_state(self, rows: int | tf.Tensor) -> tf.Tensor:
        """Return the state `[rows, ...]` before any character was read."""
        return tf.zeros((rows, *self._state_shape), self._state_dtype)

    def update(self, data: Batch, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Read the windows at `indices`, one per stream, and do one update."""
        rows = replicas.own(indices)
        batch = data.rows(rows)
        # In memory, a window's place is its number; of streamed ones this process has its own.
        streamed = not isinstance(data.numbers, tuple)
        windows = batch.numbers if streamed else rows
        follows = tf.equal(windows, replicas.own(self._window.value) + 1)
        shape = [-1] + [1] * len(self._state_shape)
        state = tf.where(tf.reshape(follows, shape), replicas.own(self._state.value), 0)
        weight = replicas.total(tf.reduce_sum(batch.weights))
        with tf.GradientTape() as tape:
            losses, values, state = self._read(batch, state, training=True)
            objective = self._scale_loss(tf.reduce_sum(losses) / weight)
        gradients = dense(tape.gradient(objective, self.model.trainable_variables))
        gradients = replicas.total(gradients)
        gradients = clipped(self.optimizer, gradients, self._clip_norm)
        self.optimizer.apply(gradients, self.model.trainable_variables)
        # Every replica keeps the state of all streams, so that a checkpoint fits any number.
        self._state.assign(replicas.whole(state, indices.shape[0]))
        self._window.assign(replicas.whole(windows, indices.shape[0]) if streamed else indices)
        return replicas.total(sums((losses, values))), tf.cast(weight, tf.float64)

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

    def measure_from(
        self, batch: Batch, state: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Return sums, weight and the state after `batch`, read from `state` without training."""
        losses, values, state = self._read(batch, state, training=False)
        return sums((losses, values)), tf.reduce_sum(tf.cast(batch.weights, tf.float64)), state

    def measure(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the sums of `update` without training, every window read from a zero state."""
        return self.measure_from(batch, self.zero_state(tf.shape(batch.inputs)[0]))[:2]

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


def make(
    config: configs.Config,
    dataset: datasets.Dataset,
    model: keras.Model,
    make_optimizer: MakeOptimizer,
) -> Made:
    """Make the step that reads `config.batch_size` streams of the dataset's text."""
    streams = batch_size_of(config, dataset.splits["train"].size)
    step = TextStep(model, make_optimizer(), streams, config.optimizer.clip_norm)
    sampler = Sampler(model, dataset.class_names)

    def sample(moment: Moment) -> None:
        text = "".join(sampler.stream("\n", _SAMPLE_LENGTH, temperature=0.8, seed=config.seed))
        moment.summaries.text("sample", f"```\n{text}\n```", moment.step)

    hooks = Hooks(
        begin=[lambda folder: vocabulary.write(folder, dataset.class_names) if folder else None],
        on_validation=[sample],
    )
    mode = compile_mode.choose(config.compile, model, streams)
    return Made(step, TextEvaluation(step, mode), hooks)

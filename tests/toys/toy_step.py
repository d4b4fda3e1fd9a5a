"""A toy: outputs are to be of one size."""

import keras
import tensorflow as tf

from trainers.engine.batch import Batch
from trainers.engine.gradients import Gradients, dense, sums
from trainers.optimizers.weights import OptimizedWeights


class ToyStep:
    """Minimize the mean over examples of (|outputs|^2 - size)^2."""

    names: tuple[str, ...] = ("loss",)
    monitors = ("loss", "loss")

    def __init__(self, model: keras.Model, weights: OptimizedWeights, size: float) -> None:
        self.model = self.inspected = model
        self.weights, self._size = weights, size

    @property
    def variables(self) -> dict[str, list[keras.Variable]]:
        """The model's and the optimizer's."""
        return {"model": self.model.variables, "optimizer": self.weights.optimizer.variables}

    def _losses(self, batch: Batch, training: bool) -> tf.Tensor:
        outputs = self.model(batch.inputs, training=training)
        return tf.square(tf.reduce_sum(tf.square(outputs), axis=-1) - self._size)

    def gradients(self, data: Batch, indices: tf.Tensor) -> Gradients:
        """Return the gradient on the examples at `indices`."""
        batch = data.rows(indices)
        with tf.GradientTape() as tape:
            losses = self._losses(batch, training=True) * batch.weights
            weight = tf.reduce_sum(batch.weights)
            objective = self.weights.scale_loss(tf.reduce_sum(losses) / weight)
        gradients = dense(tape.gradient(objective, self.model.trainable_variables))
        return Gradients(gradients, sums([losses]), tf.cast(weight, tf.float64))

    def evaluate(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the sums and weight without training."""
        losses = self._losses(batch, training=False) * batch.weights
        return sums([losses]), tf.reduce_sum(tf.cast(batch.weights, tf.float64))

    def figures(self, means: dict[str, float]) -> dict[str, float]:
        """Return the means themselves."""
        return means

    def probe(self, batch: Batch) -> list[tf.Tensor]:
        """Return the gradient of the mean loss."""
        with tf.GradientTape() as tape:
            objective = tf.reduce_mean(self._losses(batch, training=False))
        return dense(tape.gradient(objective, self.model.trainable_variables))

    def probe_inputs(self, batch: Batch) -> tf.Tensor:
        """Return the batch's inputs."""
        return batch.inputs

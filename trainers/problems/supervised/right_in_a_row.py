"""Stop when the last N training examples were right, at the very update: Hochreiter's criterion.

"The last 2,000 sequences were processed correctly", Hochreiter & Schmidhuber 1997, experiments 4
and 6. Examples are counted as they are met, with the outputs that an update sees, before it moves
the weights; a batch of B counts as B examples in its order. The count is the state of the compiled
loop and of every checkpoint, so that no Python stands between two updates, and a resumed run stops
where the uninterrupted one does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from trainers.engine.batch import Batch


class RightInARow:
    """Counts training examples that were right since the last one that was not.

    An example is right where each of its predictions with a weight above 0 is.

    Args:
        number: how many in a row end the training.
        right: (targets, outputs) to truth values, one per prediction.
        loss_below: what the mean loss of the last `number` examples must be below, or None.
    """

    def __init__(
        self,
        number: int,
        right: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
        loss_below: float | None = None,
    ) -> None:
        self.number, self._right, self._loss_below = number, right, loss_below
        self._count = _state("right_in_a_row", (), "int64")
        self._reached = _state("reached", (), "int64")
        self._losses = None if loss_below is None else _state("last_losses", (number,), "float32")

    @property
    def variables(self) -> list[keras.Variable]:
        """What an exact resume needs."""
        kept = [self._count, self._reached]
        return kept if self._losses is None else [*kept, self._losses]

    @property
    def is_reached(self) -> bool:
        """Whether the training is over."""
        return bool(self._reached.numpy())

    def count(self, batch: Batch, outputs: tf.Tensor, losses: tf.Tensor) -> None:
        """Count a batch.

        Args:
            batch: of B examples.
            outputs: what the model says of them in training.
            losses: weighted, one per prediction.
        """
        size = batch.weights.shape[0]
        right = self._right(batch.targets, outputs) | (batch.weights <= 0)
        if right.shape.rank > 1:
            right = tf.reduce_all(right, axis=list(range(1, right.shape.rank)))
        # The place behind the last wrong one; the whole batch where there is none.
        places = tf.range(1, size + 1, dtype=tf.int64)
        last_wrong = tf.reduce_max(tf.where(right, tf.zeros_like(places), places))
        before = tf.where(last_wrong == 0, self._count.value, 0)
        count = before + size - last_wrong
        reached = count >= self.number
        if self._losses is not None:
            last = tf.concat([self._losses.value, _by_example(batch.weights, losses)], axis=0)
            self._losses.assign(last[-self.number :])
            reached &= tf.reduce_mean(last[-self.number :]) < self._loss_below
        self._count.assign(count)
        self._reached.assign(tf.cast(reached, tf.int64))

    def reached(self) -> tf.Tensor:
        """Return whether the last update counted was the last of the training, bool `[]`."""
        return self._reached.value > 0


def near(
    within: float, activation: str, *, classes: bool, deviations: Sequence[float] | None = None
) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return what says of each prediction whether all its outputs are within `within` of targets.

    Args:
        within: of probabilities, or in the data's own units.
        activation: of the model's outputs; "linear" scores become softmax's probabilities.
        classes: whether targets are class numbers, whose probability should be 1 and others' 0.
        deviations: of numbers that were standardized.
    """

    def right(targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        if classes:
            probabilities = tf.nn.softmax(outputs) if activation == "linear" else outputs
            wanted = tf.one_hot(targets, outputs.shape[-1], dtype=outputs.dtype)
            return tf.reduce_all(tf.abs(probabilities - wanted) <= within, axis=-1)
        errors = tf.abs(outputs - tf.cast(targets, outputs.dtype))
        if deviations is not None:
            errors *= tf.constant(deviations, outputs.dtype)
        return tf.reduce_all(errors <= within, axis=-1)

    return right


def most_probable(targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Return whether the most active output is that of the class, one per prediction."""
    return tf.argmax(outputs, axis=-1, output_type=targets.dtype) == targets


def _by_example(weights: tf.Tensor, losses: tf.Tensor) -> tf.Tensor:
    """Return the mean loss of each example's predictions, float32 `[batch]`."""
    if losses.shape.rank > 1:
        axes = list(range(1, losses.shape.rank))
        losses, weights = tf.reduce_sum(losses, axes), tf.reduce_sum(weights, axes)
    return tf.cast(tf.math.divide_no_nan(losses, weights), tf.float32)


def _state(name: str, shape: tuple[int, ...], dtype: str) -> keras.Variable:
    return keras.Variable(tf.zeros(shape, dtype), dtype=dtype, trainable=False, name=name)

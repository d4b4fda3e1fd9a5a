"""Losses of classes' scores that Keras does not have, or has otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf


def perceptron_criterion(one_hot: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    """Return Rosenblatt's criterion, over the units: sum_k max(0, -t_k s_k), t_k = 2 y_k - 1.

    Its gradient is nonzero only for units on the wrong side, which is the perceptron's learning
    rule (Bishop 2006, eq. 4.54). Keras has no such loss.

    Args:
        one_hot: `[batch, ..., units]`, 0 or 1.
        scores: `[batch, ..., units]`, any real numbers.

    Returns:
        `[batch, ...]`, zero where every unit is right.
    """
    import keras

    return keras.ops.sum(keras.ops.relu((1.0 - 2.0 * one_hot) * scores), axis=-1)


def multiclass_hinge(one_hot: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    """Return Crammer and Singer's hinge: max(0, max_(k != y) 1 + s_k - s_y), y the right class.

    It is 0 where the right class leads every wrong one by 1 (Crammer & Singer, "On the algorithmic
    implementation of multiclass kernel-based vector machines", JMLR 2, 2001, equation 4). With two
    classes it is the binary hinge of s_y - s_k. `keras.losses.categorical_hinge` counts the right
    class as a wrong one of score 0, which is another loss wherever all wrong scores are negative.

    Args:
        one_hot: `[batch, ..., classes]`, 0 or 1, one 1 each.
        scores: `[batch, ..., classes]`, any real numbers.

    Returns:
        `[batch, ...]`, at least 0; 0 for a single class.
    """
    import keras

    right = keras.ops.sum(one_hot * scores, axis=-1)
    wrong = keras.ops.max(keras.ops.where(one_hot > 0, -float("inf"), scores), axis=-1)
    return keras.ops.relu(1.0 + wrong - right)


def rejecting_cross_entropy(one_hot: tf.Tensor, scores: tf.Tensor, penalty: float) -> tf.Tensor:
    """Return -s_y + ln(e^-j + sum_i e^s_i), y the right class: one class more, which is none.

    Where all scores are far below -j it is j - s_y, so that the right class's score is pulled up,
    whatever the others are; from there on it is a cross-entropy (LeCun, Bottou, Bengio & Haffner,
    "Gradient-based learning applied to document recognition", 1998, equation 9, of the penalties
    -s). For scores that are minus distances, from codes as in LeNet-5: a softmax alone is content
    where the right code is nearer than the others, near or not.

    Args:
        one_hot: `[batch, ..., classes]`, 0 or 1, one 1 each.
        scores: `[batch, ..., classes]`, any real numbers.
        penalty: j, at least 0: minus the score of none of the classes.

    Returns:
        `[batch, ...]`, above 0.
    """
    import keras

    none = keras.ops.full_like(scores[..., :1], -penalty)
    every = keras.ops.concatenate([scores, none], axis=-1)
    right = keras.ops.concatenate([one_hot, keras.ops.zeros_like(none)], axis=-1)
    return keras.losses.categorical_crossentropy(right, every, from_logits=True)

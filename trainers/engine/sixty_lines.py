"""The same loop in 60 lines of plain TensorFlow: read this before `step`, `update` and `loop`.

Gradient descent takes a few examples, asks how their loss changes with every weight, moves each
weight a little against that, and does so again and again. The other files of this room add what a
long run needs: resumption, devices, other problems. A test compares every weight with theirs.
"""

import keras
import numpy as np
import tensorflow as tf

import datasets


def one_update(
    model: keras.Model, rule: keras.optimizers.Optimizer, inputs: tf.Tensor, targets: tf.Tensor
) -> tf.Tensor:
    """Move the weights once, against the gradient of the examples' mean loss; return that."""
    with tf.GradientTape() as tape:
        scores = model(inputs, training=True)  # the forward pass; the tape writes it down
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, scores))
    gradients = tape.gradient(loss, model.trainable_variables)  # backpropagation
    rule.apply(gradients, model.trainable_variables)  # w <- w - rate * gradient, or Adam's step
    return loss


@tf.function  # compiled when first called; Python is not asked again until the last update is done
def many_updates(
    model: keras.Model,
    rule: keras.optimizers.Optimizer,
    inputs: tf.Tensor,
    targets: tf.Tensor,
    batches: tf.Tensor,
) -> tf.Tensor:
    """Do an update for each row of `batches`, int32 `[updates, batch]`; return the summed loss."""
    total = tf.zeros([])
    for rows in batches:  # over a tensor: it becomes a loop inside the graph
        total += one_update(model, rule, tf.gather(inputs, rows), tf.gather(targets, rows))
    return total


def train(
    model: keras.Model,
    rule: keras.optimizers.Optimizer,
    data: datasets.Split,
    batch: int,
    epochs: int,
) -> list[float]:
    """Train on every example once an epoch, in another order each; return its mean losses."""
    rule.build(model.trainable_variables)
    inputs, targets, losses = tf.constant(data.inputs), tf.constant(data.targets), []
    for epoch in range(epochs):
        order = datasets.epoch_order(data.size, 0, epoch)
        whole = data.size // batch * batch
        full, rest = order[:whole].reshape(-1, batch), order[None, whole:]  # one smaller batch
        parts = [full, rest] if rest.size else [full]
        sums = [many_updates(model, rule, inputs, targets, part) for part in parts]
        losses.append(float(np.sum(sums)) / sum(map(len, parts)))
    return losses

"""Loss, metric and outputs of every example of a split."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import datasets
from trainers.engine.batch import Batch
from trainers.engine.compiling import compiled
from trainers.problems.examples import ExampleFigures, LooksAtExamples, means
from trainers.problems.supervised.step import SupervisedStep

_EXAMPLES_PER_CALL = 512


def example_figures(step: SupervisedStep) -> LooksAtExamples:
    """Return what measures all examples of a split; outputs are kept of one prediction each."""
    risk = step.risk

    def measure(batch: Batch) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        outputs = step.model(batch.inputs, training=False)
        metrics = (risk.metric, *risk.more.values())
        values = [risk.loss(batch.targets, outputs)]
        values += [metric(batch.targets, outputs) for metric in metrics]
        weights = tf.cast(batch.weights, tf.float64)
        # [batch, time] for sequences, of which an example is one.
        flat = tf.reshape(weights, [tf.shape(weights)[0], -1])
        parts = [tf.reshape(tf.cast(value, tf.float64), tf.shape(flat)) for value in values]
        sums = tf.stack([tf.reduce_sum(part * flat, axis=1) for part in parts], axis=1)
        return sums, tf.reduce_sum(flat, axis=1), outputs

    def each(split: datasets.Split) -> ExampleFigures:
        rows = np.arange(split.size)
        call, found = compiled(measure, "graph"), []
        keeps = split.weights.ndim == 1
        with step.weights.averaged():
            for chunk in datasets.chunks(split, rows, _EXAMPLES_PER_CALL):
                sums, weights, outputs = call(Batch(*chunk))
                kept = np.asarray(outputs) if keeps else np.zeros((len(sums), 0))
                found.append((np.asarray(sums), np.asarray(weights), kept))
        sums, weights, outputs = (np.concatenate(parts) for parts in zip(*found, strict=True))
        figures = means(step.names, sums, weights)
        return ExampleFigures(rows, weights, figures, outputs if keeps else None)

    return each

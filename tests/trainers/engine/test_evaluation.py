"""Means over a split, exact however it is cut into calls."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

import datasets
from trainers.engine import evaluation as evaluation_module
from trainers.engine.evaluation import Evaluation
from trainers.engine.totals import Totals


def split_of(size, *, resident, masked=False):
    random = np.random.default_rng(5)
    mask = (random.random(size) < 0.3).astype(np.float32)
    return datasets.Split(
        inputs=random.normal(size=(size, 5)).astype(np.float32),
        targets=random.integers(0, 3, size, np.int32),
        weights=random.integers(0, 4, size).astype(np.float32),
        masks={"memory": mask} if masked else {},
        resident=resident,
    )


def means(step, split, weights):
    outputs = step.model(split.inputs)
    losses = step.risk.loss(tf.constant(split.targets), outputs).numpy().astype(np.float64)
    right = np.asarray(outputs).argmax(1) == split.targets
    return np.average(losses, weights=weights), np.average(right, weights=weights)


@pytest.mark.parametrize("mode", ["graph", "xla"])
def test_every_example_counts_once_with_its_weight(make_step, mode):
    """Of every split that one evaluation is given, whatever its size and place."""
    step = make_step(hidden=4)
    evaluation = Evaluation(step, mode)
    for size, resident in itertools.product([1, 511, 512, 513, 1300], [True, False]):
        split = split_of(size, resident=resident)
        if size == 1:
            split.weights[:] = 2.0
        loss, accuracy = means(step, split, split.weights)
        measured = evaluation.measure(split)
        assert measured["loss"] == pytest.approx(loss, rel=1e-6), (size, resident)
        assert measured["accuracy"] == pytest.approx(accuracy, abs=1e-12), (size, resident)
        assert set(measured) == set(Totals(step.names).means)


@pytest.mark.parametrize("resident", [True, False])
def test_mask_adds_means_over_what_it_marks(make_step, resident, monkeypatch):
    monkeypatch.setattr(evaluation_module, "_EXAMPLES_PER_CALL", 8)  # streamed: 512 a chunk
    step, split = make_step(), split_of(1300, resident=resident, masked=True)
    measured = Evaluation(step, "graph").measure(split)
    loss, accuracy = means(step, split, split.masks["memory"])
    assert measured["memory_loss"] == pytest.approx(loss, rel=1e-6)
    assert measured["memory_accuracy"] == pytest.approx(accuracy, abs=1e-12)
    assert measured["loss"] == pytest.approx(means(step, split, split.weights)[0], rel=1e-6)


def test_weights_are_those_of_the_moment(make_step):
    step, split = make_step(), split_of(40, resident=True)
    evaluation = Evaluation(step, "graph")
    before = evaluation.measure(split)["loss"]
    for variable in step.model.trainable_variables:
        variable.assign(tf.zeros_like(variable))
    assert before != pytest.approx(np.log(3), rel=1e-3)
    assert evaluation.measure(split)["loss"] == pytest.approx(np.log(3), rel=1e-6)


@pytest.mark.parametrize("mode", ["graph", "xla"])
def test_a_split_is_traced_once_whatever_its_size(make_step, monkeypatch, mode):
    """Its last batch is filled up with examples of no weight."""
    monkeypatch.setattr(evaluation_module, "_EXAMPLES_PER_CALL", 8)
    step, split = make_step(), split_of(19, resident=True)
    traced = []
    evaluate = step.evaluate
    monkeypatch.setattr(step, "evaluate", lambda batch: traced.append(batch) or evaluate(batch))
    measured = Evaluation(step, mode).measure(split)
    assert [batch.inputs.shape[0] for batch in traced] == [7]
    loss, _ = means(step, split, split.weights)
    assert measured["loss"] == pytest.approx(loss, rel=1e-6)

"""Many updates in one compiled call: the same numbers as one by one, in every mode."""

import math

import numpy as np
import pytest
import tensorflow as tf

from trainers.engine.loop import Loop
from trainers.engine.totals import Totals


def state_of(step):
    return [np.array(v.value) for group in step.variables.values() for v in group]


def assert_equal_bits(first, second):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("mode", ["xla", "graph", "eager"])
def test_many_updates_in_one_call_equal_them_one_by_one_bit_for_bit(make_step, make_data, mode):
    data = make_data(40)
    order = tf.constant(np.random.default_rng(0).permutation(40).astype(np.int32))
    together, apart = (make_step(optimizer="adam", hidden=6, dropout=0.3) for _ in range(2))
    sums, weight, bad = Loop(together, mode).run(data, order, 5, 0, 8)
    loop, totals = Loop(apart, mode), Totals(apart.names)
    for i in range(8):
        part_sums, part_weight, part_bad = loop.run(data, order, 5, i, 1)
        totals.add(part_sums, part_weight)
        assert part_bad == -1
    assert_equal_bits(state_of(together), state_of(apart))
    np.testing.assert_array_equal(sums, totals.sums)
    assert (float(weight), bad) == (totals.weight, -1) == (40.0, -1)


@pytest.mark.parametrize("cut", [1, 3])
def test_result_does_not_depend_on_where_calls_are_cut(make_step, make_data, cut):
    data, order = make_data(40), tf.range(40)
    whole, parts = (make_step(optimizer="momentum", hidden=6, dropout=0.3) for _ in range(2))
    Loop(whole, "xla").run(data, order, 5, 0, 8)
    loop = Loop(parts, "xla")
    loop.run(data, order, 5, 0, cut)
    loop.run(data, order, 5, cut, 8 - cut)
    assert_equal_bits(state_of(whole), state_of(parts))


def test_compiled_modes_agree_with_eager(make_step, make_data):
    data, order = make_data(40, weighted=True), tf.range(40)
    results = {}
    for mode in ("eager", "graph", "xla"):
        step = make_step(optimizer="adam", hidden=6, learning_rate=0.01)
        sums, weight, _ = Loop(step, mode).run(data, order, 5, 0, 8)
        results[mode] = (state_of(step), np.array(sums), float(weight))
    for mode in ("graph", "xla"):
        for a, b in zip(results["eager"][0], results[mode][0], strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)
        np.testing.assert_allclose(results["eager"][1], results[mode][1], rtol=1e-5)
        assert results["eager"][2] == results[mode][2]


@pytest.mark.parametrize("mode", ["graph", "xla"])
def test_loop_is_traced_once_for_all_counts_and_once_more_for_another_batch_size(
    make_step, make_data, mode, monkeypatch
):
    data, order, traces = make_data(40), tf.range(40), []
    step = make_step()
    original = step.gradients

    def gradients(data, indices):
        traces.append(int(indices.shape[0]))
        return original(data, indices)

    monkeypatch.setattr(step, "gradients", gradients)
    loop = Loop(step, mode)
    for first, count in ((0, 1), (1, 5), (6, 2), (0, 8)):
        loop.run(data, order, 5, first, count)
    first_traces = len(traces)
    assert set(traces) == {5}
    for count in (1, 2, 3):
        loop.run(data, order, 5, 0, count)
    assert len(traces) == first_traces
    loop.run(data, order, 3, 0, 1)
    assert set(traces[first_traces:]) == {3}
    loops = loop._compiled.values()
    assert [function.experimental_get_tracing_count() for function in loops] == [1, 1]


@pytest.mark.parametrize("mode", ["graph", "xla", "eager"])
@pytest.mark.parametrize("bad_step", [0, 3, 7])
def test_first_update_with_a_loss_that_is_no_number_is_named(make_step, make_data, mode, bad_step):
    data = make_data(40)
    inputs = data.inputs.numpy()
    inputs[bad_step * 5 + 2] = np.nan
    _, _, bad = Loop(make_step(), mode).run(
        data._replace(inputs=tf.constant(inputs)), tf.range(40), 5, 0, 8
    )
    assert bad == bad_step


def test_infinite_loss_is_found_in_a_stretch_that_starts_later(make_step, make_data):
    data = make_data(40, task="regression")
    targets = data.targets.numpy()
    targets[30] = 3e38
    step = make_step("regression", outputs=1)
    data = data._replace(targets=tf.constant(targets))
    assert Loop(step, "graph").run(data, tf.range(40), 5, 4, 2)[2] == -1
    assert Loop(step, "graph").run(data, tf.range(40), 5, 4, 3)[2] == 6


def test_totals_are_exact_means_under_unequal_weights(make_step, make_data):
    data = make_data(40, weighted=True)
    step = make_step("classification", "sgd", 1e-30)
    loop, totals = Loop(step, "graph"), Totals(step.names)
    totals.add(*loop.run(data, tf.range(40), 7, 0, 5)[:2])
    totals.add(*loop.run(data, tf.range(40)[35:], 5, 0, 1)[:2])
    losses = step.risk.loss(data.targets, step.model(data.inputs)).numpy().astype(np.float64)
    right = step.risk.metric(data.targets, step.model(data.inputs)).numpy()
    weights = data.weights.numpy()
    assert totals.means["loss"] == pytest.approx(np.average(losses, weights=weights), rel=1e-6)
    assert totals.means["accuracy"] == pytest.approx(np.average(right, weights=weights), rel=1e-12)
    assert totals.weight == weights.sum()


def test_totals_hold_more_than_a_float32_counts():
    totals = Totals(("loss", "accuracy"))
    for _ in range(3):
        totals.add(tf.constant([2.0**25, 1.0], tf.float64), tf.constant(2.0**25, tf.float64))
        totals.add(tf.constant([1.0, 0.0], tf.float64), tf.constant(1.0, tf.float64))
    assert totals.weight == 3 * 2**25 + 3
    assert totals.means["accuracy"] == 3 / (3 * 2**25 + 3)


def test_totals_of_nothing_are_no_number():
    means = list(Totals(("loss", "accuracy")).means.values())
    np.testing.assert_array_equal(means, [math.nan, math.nan])

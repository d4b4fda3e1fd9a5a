"""Float16 over replicas: one scale, and an overflow on one of them skips the update on all."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from trainers.distribution import replicas
from trainers.engine.loop import Loop

ROWS = 8


def run(step, data, first=0, count=1):
    order = tf.tile(tf.range(ROWS), [first + count])
    sums, weight, bad = Loop(step, "graph").run(replicas.spread(data), order, ROWS, first, count)
    assert bad == -1
    return float(sums[0]) / float(weight)


def make_half(make_step, **options):
    return make_step(precision="mixed_float16", hidden=8, learning_rate=1.0, **options)


@pytest.fixture(params=[1, 2], ids=["one device", "two replicas"])
def strategy(request, two_replicas):
    """The whole test runs in the scope of this strategy."""
    chosen = two_replicas if request.param == 2 else tf.distribute.get_strategy()
    with chosen.scope():
        yield chosen


@pytest.mark.parametrize("clip", [None, 0.05])
def test_float16_moves_the_weights_as_float32_does(
    strategy, make_step, make_data, clip, weights_of
):
    moved = []
    for precision in ("float32", "mixed_float16"):
        step = make_step(precision=precision, hidden=8, learning_rate=1.0, clip=clip)
        before = weights_of(step)
        run(step, make_data(ROWS))
        moved.append(
            np.concatenate([(a - b).ravel() for a, b in zip(weights_of(step), before, strict=True)])
        )
    assert np.linalg.norm(moved[0]) > 0.04
    np.testing.assert_allclose(moved[1], moved[0], atol=0.01 * np.linalg.norm(moved[0]))


def test_overflow_on_one_replica_alone_skips_the_update_on_all(
    strategy, make_step, make_data, weights_of
):
    data = make_data(ROWS)
    inputs = np.array(data.inputs)
    # The last row is in the last replica's share. Its activations are finite, its gradient is not.
    inputs[-1] = 400 * np.sign(inputs[-1])
    step, calm = make_half(make_step), make_half(make_step)
    weights = np.ones(ROWS, np.float32)
    weights[-1] = 0
    run(calm, data._replace(weights=tf.constant(weights)))
    assert calm.weights.figures(1) == {"loss_scale": 2.0**15, "skipped_steps": 0}
    step.model.layers[0].kernel.assign(step.model.layers[0].kernel / 100)
    before = weights_of(step)
    run(step, data._replace(inputs=tf.constant(inputs)))
    assert step.weights.figures(1) == {"loss_scale": 2.0**14, "skipped_steps": 1}
    for old, new in zip(before, weights_of(step), strict=True):
        np.testing.assert_array_equal(old, new)
    for variable in [v for group in step.variables.values() for v in group]:
        first, *others = strategy.experimental_local_results(variable.value)
        for other in others:
            np.testing.assert_array_equal(first, other, err_msg=variable.path)
    # The same batch moves the weights once the scale is small enough.
    run(step, data._replace(inputs=tf.constant(inputs)), 1, 9)
    figures = step.weights.figures(10)
    assert figures["loss_scale"] == 2.0 ** (15 - figures["skipped_steps"])
    assert figures["skipped_steps"] < 10
    assert int(step.weights.optimizer.iterations.numpy()) == 10 - figures["skipped_steps"]
    assert not np.array_equal(before[0], weights_of(step)[0])


def test_a_run_logs_scale_and_skipped_steps_of_real_overflows(
    tmp_path, train_here, rows_of, monkeypatch
):
    class High(keras.optimizers.LossScaleOptimizer):
        def __init__(self, inner, initial_scale=2.0**24):
            super().__init__(inner, initial_scale)

    monkeypatch.setattr(keras.optimizers, "LossScaleOptimizer", High)
    arguments = "--model mlp --model.dropout 0 --precision mixed_float16 --steps 40"
    arguments += " --log-every-steps 20 --evaluate-every-steps 40 --replicas 2"
    summary = train_here(tmp_path / "run", *arguments.split(), "--optimizer", "adam")
    rows = rows_of(tmp_path / "run")
    skipped = rows["train", "skipped_steps", 20]
    assert 2 <= skipped <= 15
    assert rows["train", "skipped_steps", 40] >= skipped
    for step in (20, 40):
        scale, skipped = (rows["train", name, step] for name in ("loss_scale", "skipped_steps"))
        assert scale == 2.0 ** (24 - skipped)
    assert rows["train", "loss", 40] < rows["train", "loss", 20]
    assert summary["final"]["validation"]["accuracy"] > 0.3

"""The loss scale of 16-bit training: it reaches the loss, and overflow skips and halves."""

import numpy as np
import tensorflow as tf

from trainers.engine.loop import Loop
from trainers.optimizers import loss_scale


def test_scale_multiplies_the_loss_and_leaves_the_update_as_it_is(make_step, make_data):
    data, order = make_data(20), tf.range(20)
    scaled = make_step(precision="mixed_float16", hidden=4)
    plain = make_step(precision="float32", hidden=4)
    assert scaled.weights.figures(0)["loss_scale"] == 2**15
    before = plain.model.get_weights()
    for step in (scaled, plain):
        Loop(step, "graph").run(data, order, 20, 0, 1)
    moved = [new - old for new, old in zip(scaled.model.get_weights(), before, strict=True)]
    wanted = [new - old for new, old in zip(plain.model.get_weights(), before, strict=True)]
    # Without the scale the division by it would leave nothing of the update.
    for one, other in zip(moved, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=0.02 * np.abs(other).max())
    assert scaled.weights.figures(1)["skipped_steps"] == 0


def test_fault_23_float16_overflow_skips_the_step_and_halves_the_scale(make_step, make_data):
    """A loss times 2^40 has gradients that float16 cannot hold.

    Seen to fail without the optimizer of Keras that scales the loss.
    """
    data, order = make_data(20), tf.range(20)
    step = make_step(precision="mixed_float16", hidden=4)
    step.weights.optimizer.dynamic_scale.assign(2.0**40)
    before = step.model.get_weights()
    Loop(step, "graph").run(data, order, 20, 0, 1)
    for old, new in zip(before, step.model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert step.weights.figures(1) == {
        "loss_scale": 2.0**39,
        "skipped_steps": 1,
    }


def test_figures_are_logged_where_the_loss_is_scaled(
    small_arguments, tmp_path, train_here, rows_of
):
    arguments = [*small_arguments, "--epochs", "1", "--precision", "mixed_float16"]
    train_here(tmp_path / "run", *arguments)
    rows = rows_of(tmp_path / "run")
    assert rows["train", "loss_scale", 34] == 2**15
    assert rows["train", "skipped_steps", 34] == 0
    assert loss_scale.figures(None, 3) == {}

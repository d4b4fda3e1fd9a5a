"""The state of a run: what is captured, and restored to the bit."""

import numpy as np
import pytest

from trainers.engine.totals import Totals
from trainers.engine.update import update
from trainers.errors import CheckpointError
from trainers.runs import state


def test_state_is_captured_and_restored_bit_for_bit(make_step, make_data):
    step = make_step(optimizer="adam", hidden=4, dropout=0.5)
    data = make_data(12)
    totals = Totals(step.names)
    totals.add(np.array([1 / 3, 2.0]), 7.0)
    update(step, data, np.arange(12, dtype=np.int32))
    arrays = state.capture(step, totals, 1)
    update(step, data, np.arange(12, dtype=np.int32))
    expected = state.capture(step, totals, 2)
    other, other_totals = make_step(optimizer="adam", hidden=4, dropout=0.5), Totals(step.names)
    state.restore(other, other_totals, arrays)
    assert other_totals.sums.tolist() == [1 / 3, 2.0]
    assert other_totals.weight == 7.0
    update(other, data, np.arange(12, dtype=np.int32))
    for key, value in state.capture(other, totals, 2).items():
        np.testing.assert_array_equal(value, expected[key], err_msg=key)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"outputs": 4}, r"has shape \(4, 4\), in the checkpoint \(4, 3\)"),
        ({"hidden": 0}, "the checkpoint holds .* variables, this model and optimizer have "),
        ({"optimizer": "sgd"}, "it belongs to another model or optimizer"),
    ],
)
def test_state_of_another_model_is_refused_and_changes_nothing(make_step, other, message):
    step = make_step(optimizer="adam", hidden=4)
    arrays = state.capture(step, Totals(step.names), 0)
    target = make_step(**({"optimizer": "adam", "hidden": 4} | other))
    before = state.capture(target, Totals(step.names), 0)
    with pytest.raises(CheckpointError, match=message):
        state.restore(target, Totals(step.names), arrays)
    for key, value in state.capture(target, Totals(step.names), 0).items():
        np.testing.assert_array_equal(value, before[key])

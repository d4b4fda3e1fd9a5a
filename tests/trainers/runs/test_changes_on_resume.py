"""What a resumed run may not change, by real run folders."""

import numpy as np
import pytest

import configs
from trainers import run
from trainers.cli.exit import describe
from trainers.engine.totals import Totals
from trainers.errors import CheckpointError
from trainers.runs.state import capture, restore


def refused_on_resume(run_dir, change):
    """The exit code and the line that refuse a change; nothing in the folder is another."""
    before = {path: path.read_bytes() for path in run_dir.rglob("*") if path.is_file()}
    with pytest.raises((configs.ConfigError, CheckpointError)) as caught:
        run.main(["--run-dir", str(run_dir), "--resume", *change])
    assert {path: path.read_bytes() for path in run_dir.rglob("*") if path.is_file()} == before
    return describe(caught.value)


CHANGES = {
    ("--learning-rate", "0.7"): "settings changed since the checkpoint: ",
    ("--batch-size", "16"): "batch_size 32 -> 16",
    ("--seed", "1"): "seed 0 -> 1",
    ("--model.dropout", "0.3"): "model.dropout 0.2 -> 0.3",
    ("--optimizer.momentum", "0.5"): "optimizer.momentum 0.9 -> 0.5",
}


@pytest.mark.parametrize("change", sorted(CHANGES), ids=" ".join)
def test_fault_41_change_that_would_shape_the_weights_is_refused_on_resume(copied_run, change):
    """Seen to fail without the comparison with what may change in `compatibility`."""
    code, message = refused_on_resume(copied_run, change)
    assert code == 2
    assert CHANGES[change] in message


OTHERS = {
    ("--model", "cnn"): "made with model.name 'mlp', this run asks for 'cnn'",
    ("--optimizer", "adam"): "made with optimizer.name 'momentum', this run asks for 'adam'",
}


@pytest.mark.parametrize("change", sorted(OTHERS), ids=" ".join)
def test_fault_40_checkpoint_of_another_model_or_optimizer_is_refused(copied_run, change):
    """Seen to fail without the comparison of names in `compatibility`."""
    code, message = refused_on_resume(copied_run, change)
    assert code == 4
    assert OTHERS[change] in message


def test_fault_40_checkpoint_of_another_class_count_is_refused(make_step):
    """And no variable is changed; seen to fail without the comparison of shapes in `restore`."""
    two, three = make_step(outputs=2, hidden=4), make_step(outputs=3, hidden=4)
    before = [np.array(variable.value) for variable in three.model.variables]
    with pytest.raises(CheckpointError) as caught:
        restore(three, Totals(three.names), capture(two, Totals(two.names), 1))
    code, message = describe(caught.value)
    assert code == 4
    assert "has shape (4, 3), in the checkpoint (4, 2): it belongs to another model" in message
    for variable, value in zip(three.model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.value, value)

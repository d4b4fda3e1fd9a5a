"""Losses, figures and weights that are not finite: exit 5, in a run and in its rehearsal."""

import math

import numpy as np
import pytest

import datasets
from trainers import run
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.cli.exit import describe
from trainers.cli.run_arguments import parse
from trainers.engine import finite
from trainers.errors import DivergedError
from trainers.runs import checkpoints

QUIET = ["--histograms", "false", "--report", "false"]


@pytest.mark.parametrize("batch_size", ["88", "full"])
def test_fault_22_diverging_run_exits_5_naming_the_step_and_keeps_the_last_good_checkpoint(
    tmp_path, train_here, batch_size
):
    """Weights that grow without bound end the run, with the weights before them on disk.

    Seen to fail without the check of `Call.bad_step`.
    """
    arguments = ["--model", "linear_regression", "--optimizer", "sgd", "--learning-rate", "1e30"]
    arguments += ["--batch-size", batch_size, "--steps", "5", *QUIET]
    with pytest.raises(DivergedError) as caught:
        train_here(tmp_path / "run", *arguments)
    assert describe(caught.value)[0] == 5
    kept = checkpoints.load_newest(tmp_path / "run" / "checkpoints")
    assert all(np.isfinite(a).all() for a in kept.arrays.values() if a.dtype.kind == "f")
    if batch_size == "88":  # three updates an epoch: nothing stands between updates 1 and 2
        assert str(caught.value) == (
            "the loss is not finite at step 2; the last good checkpoint is kept: "
            "lower --learning-rate or set --clip-norm"
        )
        assert kept.step == 0


BAD_EXAMPLE = 77


@pytest.fixture
def bad_example(monkeypatch):
    """A not-a-number in one training image of digits."""
    load = datasets.load

    def load_with_nan(*arguments, **options):
        data = load(*arguments, **options)
        data.splits["train"].inputs[BAD_EXAMPLE] = np.nan
        return data

    monkeypatch.setattr(datasets, "load", load_with_nan, raising=False)
    order = datasets.epoch_order(1077, 0, 0)
    return int(np.flatnonzero(order == BAD_EXAMPLE)[0]) // 32 + 1


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_fault_22_example_that_is_no_number_stops_the_run_and_is_never_saved(
    tmp_path, train_here, bad_example, activation
):
    """A bad example is named by its update; weights that it has spoiled are in no checkpoint.

    Seen to fail without the check of the weights before they are saved.
    """
    assert bad_example > 1
    arguments = ["--model", "mlp", "--model.activation", activation, "--batch-size", "32"]
    with pytest.raises(DivergedError) as caught:
        train_here(tmp_path / "run", *arguments, "--epochs", "2")
    # XLA's max(NaN, 0) is 0: behind relu the loss stays finite, and only the weights tell.
    if activation == "sigmoid":
        assert f"not finite at step {bad_example};" in str(caught.value)
    kept = checkpoints.load_newest(tmp_path / "run" / "checkpoints")
    assert kept.step == 0
    assert all(np.isfinite(a).all() for a in kept.arrays.values() if a.dtype.kind == "f")


# Arguments under which the second update, the weights or the validation overflow.
DRY_RUNS = {
    "loss": ("linear_regression", "1e30", "the loss is not finite at step 2"),
    "loss of a policy": ("policy", "1e38", "the loss is not finite at step 2"),
    "loss of images": ("autoencoder", "1e30", "the loss is not finite at step 2"),
    "validation": ("rosenblatt", "1e38", "the validation's loss is not finite after step 2"),
}


@pytest.mark.parametrize("case", sorted(DRY_RUNS))
def test_fault_22_dry_run_ends_as_its_run_would(case, capsys):
    """Two steps that diverge exit with 5 and name what did, where no checkpoint is spoken of.

    Seen to fail without the checks in `run._two_steps`.
    """
    model, rate, message = DRY_RUNS[case]
    arguments = ["--model", model, "--optimizer", "sgd", "--learning-rate", rate, "--dry-run"]
    with pytest.raises(DivergedError) as caught:
        run.main(arguments)
    code, line = describe(caught.value)
    assert code == 5
    assert line.startswith(f"{message}: lower --learning-rate or set --clip-norm")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("model", ["autoencoder", "gan"])
def test_fault_22_figures_of_weights_that_are_not_finite_are_not_finite(model):
    """Codes and samples of such weights have no neighbours: the figure says so, and ends the run.

    Seen to fail without the check of the images and of the codes in the two evaluations.
    """
    few = ["--problem.classifier-steps", "1"] if model == "gan" else []
    plan = resolve(parse(["--model", model, *few]).config)
    parts = assemble(plan, load_data(plan).dataset)
    for begin in parts.hooks.begin:
        begin(None)
    parts.step.model.set_weights([np.full_like(w, np.nan) for w in parts.step.model.get_weights()])
    figures = parts.evaluation.measure(parts.dataset.splits["validation"])
    for name in parts.step.monitors:
        assert math.isnan(figures[name]) or (name, figures[name]) == ("classes_present", 0.0)
    with pytest.raises(DivergedError, match="is not finite after step 7; the last good"):
        finite.require_figure(figures, parts.step.monitors[0], 7)
    with pytest.raises(DivergedError, match="a weight is no longer finite at step 7"):
        finite.require_weights(parts.step, 7)

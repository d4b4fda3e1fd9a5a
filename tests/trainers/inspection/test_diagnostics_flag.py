"""`--diagnostics`: what it logs, and that it leaves the training alone."""

import numpy as np
import pytest
import tensorflow as tf

HESSIAN = {"hessian_top_eigenvalue", "hessian_bottom_eigenvalue", "hessian_condition"}
# Dropout's seeds and moving statistics are what a careless look would change.
ARGUMENTS = ["--model", "mlp", "--model.hidden-units", "8", "--model.activation", "relu"]
ARGUMENTS += ["--model.normalization", "batch", "--model.dropout", "0.2", "--steps", "12"]
ARGUMENTS += ["--log-every-steps", "6", "--l2", "0.01", "--compile", "graph"]


@pytest.fixture(scope="module")
def runs(train_here, tmp_path_factory):
    """One run without and one with the flag: (folder, summary) each."""
    folder = tmp_path_factory.mktemp("diagnostics")
    return {
        flag: (folder / flag, train_here(folder / flag, *ARGUMENTS, "--diagnostics", flag))
        for flag in ("false", "true")
    }


def test_trained_weights_are_the_same(runs):
    hashes = {summary["final_weights_sha256"] for _, summary in runs.values()}
    assert len(hashes) == 1


def test_figures_are_in_metrics_csv_at_every_logging_point(runs, rows_of):
    plain, rows = rows_of(runs["false"][0]), rows_of(runs["true"][0])
    added = {key: value for key, value in rows.items() if key not in plain}
    assert {(split, step) for split, _, step in added} == {("train", 6), ("train", 12)}
    names = {name for _, name, _ in added}
    assert names >= {
        *HESSIAN,
        "activation_mean/hidden_1",
        "activation_deviation/scores",
        "gradient_mean/hidden_1/kernel",
        "gradient_deviation/scores/bias",
        "dead_share/hidden_1_activation",
    }
    assert {(name, step) for _, name, step in added} == {(n, s) for n in names for s in (6, 12)}
    finite = [value for (_, name, _), value in added.items() if name != "hessian_condition"]
    assert np.isfinite(finite).all()
    for step in (6, 12):
        top, bottom = (
            added["train", f"hessian_{end}_eigenvalue", step] for end in ("top", "bottom")
        )
        assert bottom < top
        assert top > 0
        # max / min of the two, or infinite where the smaller is not resolved.
        ends = sorted([abs(top), abs(bottom)])
        ratio = added["train", "hessian_condition", step]
        assert ratio == np.inf or ratio == pytest.approx(ends[1] / ends[0], rel=1e-6)


def test_event_files_hold_the_same_figures(runs, rows_of, events_of):
    folder = runs["true"][0]
    events = events_of(folder, "train")
    for (split, name, step), value in rows_of(folder).items():
        if split == "train":
            event = float(tf.make_ndarray(events[name, step].tensor))
            assert event == pytest.approx(value, rel=1e-6), name


def test_without_the_flag_nothing_is_added(runs, rows_of):
    names = {name for _, name, _ in rows_of(runs["false"][0])}
    assert not [name for name in names if "/" in name or name in HESSIAN]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--model", "rosenblatt"],
        ["--model", "cnn", "--model.filters", "2,2"],
        ["--model", "lstm_classifier", "--model.units", "2"],
    ],
    ids=["a step", "convolutions", "recurrence"],
)
def test_every_kind_of_layer_has_a_spectrum(tmp_path, train_here, rows_of, arguments):
    train_here(
        tmp_path / "run", *arguments, "--steps", "2", "--diagnostics", "true", "--compile", "graph"
    )
    rows = rows_of(tmp_path / "run")
    top = rows["train", "hessian_top_eigenvalue", 2]
    assert np.isfinite(top)
    assert top >= rows["train", "hessian_bottom_eigenvalue", 2]

"""Strings and sequences counted as the LSTM's paper counts them."""

import math

import numpy as np

import datasets
import zoo
from datasets.embedded.reber_grammar import SYMBOLS
from trainers.published.statistics import sequences
from trainers.published.statistics.measured_run import MeasuredRun

BLOCKS = ["--model.cell", "memory_blocks", "--compile", "graph", "--batch-size", "1"]


def test_legal_outputs_must_lead_wherever_there_are_some():
    allowed = np.array([[[True, False, True], [False, False, False]]])
    assert sequences.legal_lead(np.array([[[0.5, 0.4, 0.41], [0, 1, 2]]]), allowed)
    assert not sequences.legal_lead(np.array([[[0.5, 0.4, 0.4], [0, 1, 2]]]), allowed)


def test_checkpoints_are_asked_in_order_of_all_strings_and_their_legal_successors(
    train_here, tmp_path, monkeypatch
):
    own = ["--model", "lstm", "--model.units", "2", "--train-size", "5", "--steps", "6"]
    own += ["--checkpoint-every-steps", "2", "--keep-checkpoints", "9"]
    train_here(tmp_path / "run", *own, *BLOCKS)
    run, asked = MeasuredRun(tmp_path / "run", "run", 0), []
    assert sequences.strings_until_legal(run) == math.inf  # nothing is learned from six strings

    def second(outputs, allowed):
        asked.append((outputs, allowed))
        return len(asked) == 2

    monkeypatch.setattr(sequences, "legal_lead", second)
    assert sequences.strings_until_legal(run) == 2  # that of step 0 was asked first
    (first, allowed), (later, again) = asked
    assert np.abs(first - later).max() > 0  # other weights
    np.testing.assert_array_equal(allowed, again)
    # 256 for the test, and those of the 5 that differ.
    assert 256 < len(allowed) <= 261
    names = ["".join(np.array(list(SYMBOLS))[legal]) for legal in allowed[0][:3]]
    assert names[:2] == ["TP", "B"]
    assert names[2] == "TP"


def test_wrong_sequences_are_those_with_an_output_too_far_off(train_here, tmp_path):
    own = ["--model", "lstm_regressor", "--dataset", "adding", "--sequence-steps", "20"]
    own += ["--train-sequences", "50", "--model.units", "2", "--steps", "4"]
    train_here(tmp_path / "run", *own, *BLOCKS)
    run = MeasuredRun(tmp_path / "run", "run", 0)
    split = datasets.load("adding", sequence_steps=20, train_sequences=50).splits["test"]
    model = zoo.trained_model(zoo.load_model(tmp_path / "run" / "model.keras"))
    errors = np.abs(model.predict(split.inputs, verbose=0) - split.targets)[:, 0]
    within = float(np.quantile(errors, 0.3))
    found = sequences.wrong_of_test(run, within=within)
    assert found == (errors >= within).sum()
    assert 0 < found < split.size

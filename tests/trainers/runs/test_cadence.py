"""When things are due in a run."""

import dataclasses

import configs
from trainers.runs.cadence import Cadence

CONFIG = configs.Config(epochs=2)


def test_cadences_left_open_are_epochs_and_at_most_a_hundred():
    assert Cadence.of(dataclasses.replace(CONFIG, epochs=10), 7) == Cadence(70, 7, 7, 7)
    assert Cadence.of(dataclasses.replace(CONFIG, epochs=1000), 7) == Cadence(7000, 70, 70, 70)
    stepped = dataclasses.replace(CONFIG, epochs=None, steps=50, checkpoint_every_steps=4)
    assert Cadence.of(stepped, 7) == Cadence(50, 7, 7, 4)


def test_nothing_due_is_ever_passed_over():
    cadence = Cadence(total=31, log=4, evaluate=6, checkpoint=10)
    step, fired = 0, {"log": [], "evaluate": [], "checkpoint": []}
    while step < cadence.total:
        step += cadence.until_next(step)
        for name, steps in fired.items():
            if cadence.due(step, getattr(cadence, name)):
                steps.append(step)
    assert fired == {
        "log": [4, 8, 12, 16, 20, 24, 28, 31],
        "evaluate": [6, 12, 18, 24, 30, 31],
        "checkpoint": [10, 20, 30, 31],
    }


def test_early_stopping_counts_validations_without_a_better_figure():
    cadence = Cadence(total=1001, log=10, evaluate=10, checkpoint=10, patience=3)
    assert not cadence.ended(40, best_step=20)
    assert cadence.ended(50, best_step=20)
    assert not cadence.ended(500, best_step=None)
    patient = dataclasses.replace(cadence, patience=None)
    assert not patient.ended(1000, best_step=10)
    assert patient.ended(1001, best_step=1001)

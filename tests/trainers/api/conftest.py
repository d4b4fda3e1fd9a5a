"""One run from Python, which most tests of it look at, and what watched it."""

import keras
import pytest

import trainers

# As graphs: XLA compiles longer than these runs take.
SETTINGS = {
    "seed": 3,
    "schedule": "constant",
    "histograms": False,
    "report": False,
    "verbose": False,
    "compile": "graph",
}


class Notes(trainers.Callback):
    def __init__(self):
        self.seen = []

    def on_begin(self, moment):
        self.seen.append(("begin", moment.step, dict(moment.figures)))

    def on_logged(self, moment):
        self.seen.append(("logged", moment.step, moment.figures["loss"]))

    def on_validated(self, moment):
        self.seen.append(("validated", moment.step, moment.figures["loss"]))

    def on_end(self, moment):
        self.seen.append(("end", moment.step, moment.figures["accuracy"]))


@pytest.fixture(scope="session")
def settings():
    """What short runs have in common."""
    return dict(SETTINGS)


@pytest.fixture(scope="session")
def watched(tmp_path_factory):
    """A finished run of two epochs, 34 updates each: (run, our callback, Keras's CSV file)."""
    folder = tmp_path_factory.mktemp("fitted")
    notes, log = Notes(), keras.callbacks.CSVLogger(folder / "log.csv")
    run = trainers.fit(
        "perceptron",
        "digits",
        epochs=2,
        callbacks=[log, notes],
        run_dir=folder / "run",
        **SETTINGS,
    )
    return run, notes, folder / "log.csv"


@pytest.fixture
def fitted(watched):
    """The finished run."""
    return watched[0]

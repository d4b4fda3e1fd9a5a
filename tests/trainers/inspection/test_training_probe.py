"""Which examples a run's histograms and diagnostics are of."""

import numpy as np

import datasets
from trainers.inspection import training_probe


def test_probe_of_a_sorted_set_looks_at_every_class(monkeypatch):
    monkeypatch.setattr(training_probe, "Probe", lambda step, batch: None)
    classes = np.repeat(np.arange(10, dtype=np.int32), 100)
    train = datasets.Split(np.zeros((1000, 2), np.float32), classes, np.ones(1000, np.float32))
    batch = training_probe.TrainingProbe(None, train).batch
    assert len(batch.targets) == 256
    assert np.bincount(batch.targets, minlength=10).min() > 10

"""Training on the real MNIST, where a prepared copy lies beside the project."""

import pytest
from places import prepared


@pytest.mark.slow
def test_one_epoch_of_mnist_reads_most_digits(tmp_path, train_here):
    arguments = ["--model", "mlp", "--dataset", "mnist", "--data-dir", str(prepared("mnist"))]
    arguments += ["--epochs", "1", "--batch-size", "128", "--optimizer", "adam"]
    summary = train_here(tmp_path / "run", *arguments)
    assert summary["dataset"].startswith("mnist:3.")
    assert summary["best"]["test"]["accuracy"] > 0.88

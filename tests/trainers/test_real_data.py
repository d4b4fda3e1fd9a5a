"""Training on the real MNIST, where a prepared copy lies beside the project."""

from pathlib import Path

import pytest

PREPARED = Path(__file__).parents[3] / "shared" / "tfds"


@pytest.mark.slow
def test_one_epoch_of_mnist_reads_most_digits(tmp_path, train_here):
    if not (PREPARED / "mnist").is_dir():
        pytest.skip(f"MNIST is not prepared under {PREPARED}")
    arguments = ["--model", "mlp", "--dataset", "mnist", "--data-dir", str(PREPARED)]
    arguments += ["--epochs", "1", "--batch-size", "128", "--optimizer", "adam"]
    summary = train_here(tmp_path / "run", *arguments)
    assert summary["dataset"].startswith("mnist:3.")
    assert summary["best"]["test"]["accuracy"] > 0.88

"""Matrix-free second-order steps against stochastic gradient descent: loss per step, and cost."""

import dataclasses
import time

import numpy as np
import pytest
from places import prepared

import datasets
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop

pytestmark = pytest.mark.usefixtures("plain_graphs")

MLP = ["--model", "mlp", "--model.hidden-units", "30", "--model.activation", "sigmoid"]
MLP += ["--model.dropout", "0", "--optimizer.schedule", "constant"]
SECOND_ORDER = [
    ["--optimizer", "newton"],
    ["--optimizer", "newton", "--optimizer.curvature", "gauss_newton"],
    ["--optimizer", "natural_gradient"],
]


def mnist_shaped():
    """Return 1,000 images of MNIST's shape in ten kinds: a pattern of the kind, and noise."""
    random = np.random.default_rng(0)
    patterns = random.random((10, 28, 28, 1), np.float32)
    targets = random.integers(0, 10, 1_000, np.int32)
    noise = random.random((1_000, 28, 28, 1), np.float32)
    train = datasets.Split(
        inputs=0.3 * patterns[targets] + 0.7 * noise,
        targets=targets,
        weights=np.ones(1_000, np.float32),
        masks={},
        resident=True,
    )
    return dataclasses.replace(
        datasets.load("digits"), input_shape=(28, 28, 1), splits={"train": train}, oracle_loss={}
    )


def losses_and_seconds(dataset, steps, *argv):
    """Return the loss before each of `steps` updates, and the seconds of each."""
    parts = assemble(resolve(parse([*MLP, *argv]).config), dataset)
    feed, loop = Feed(dataset.splits["train"], parts.batch_size, 0), Loop(parts.step, parts.mode)
    losses, seconds = [], []
    for step in range(steps):
        started = time.perf_counter()
        sums, weight, bad = loop.run(*feed.stretch(step, 1))
        seconds.append(time.perf_counter() - started)
        losses.append(float(sums[0] / weight))
        assert bad == -1
    return losses, seconds


STEPS, FULL = 8, ["--batch-size", "full", "--micro-batch-size", "400"]


@pytest.fixture(scope="module")
def best_of_sgd():
    """MNIST-shaped data, and the loss before the first and the last step of SGD's best rate."""
    dataset = mnist_shaped()
    ends = []
    for rate in ("0.1", "0.3", "1", "3"):
        argv = [*FULL, "--optimizer", "sgd", "--learning-rate", rate]
        losses, _ = losses_and_seconds(dataset, STEPS, *argv)
        ends.append((losses[-1], losses[0]))
    return dataset, *min(ends)


@pytest.mark.parametrize("argv", SECOND_ORDER)
@pytest.mark.slow
def test_loss_falls_faster_per_step_than_with_the_best_sgd(argv, best_of_sgd):
    dataset, sgd_last, sgd_first = best_of_sgd
    losses, _ = losses_and_seconds(dataset, STEPS, *FULL, *argv)
    assert losses[0] == pytest.approx(sgd_first, rel=1e-5)
    assert losses[-1] < sgd_last - 0.1


@pytest.mark.slow
def test_mnist_loss_falls_faster_per_step_and_at_what_cost(capsys):
    plan = resolve(parse([*MLP, "--dataset", "mnist", "--data-dir", str(prepared("mnist"))]).config)
    dataset = load_data(plan).dataset
    steps, batch = 15, ["--batch-size", "4096", "--micro-batch-size", "4096"]
    rows = {}
    for rate in ("0.3", "1", "3"):
        argv = ["--optimizer", "sgd", "--learning-rate", rate]
        rows[f"sgd {rate}"] = losses_and_seconds(dataset, steps, *batch, *argv)
    for argv in SECOND_ORDER:
        losses, seconds = losses_and_seconds(dataset, steps, *batch, *argv)
        rows[" ".join(argv[1::2])] = losses, seconds
    with capsys.disabled():
        print(f"\n{'':28}loss before step {steps}   ms per step   loss fallen per second")
        for name, (losses, seconds) in rows.items():
            fallen = (losses[1] - losses[-1]) / sum(seconds[1:-1])
            each = 1e3 * float(np.median(seconds[1:]))
            print(f"{name:28}{losses[-1]:19.3f}{each:14.1f}{fallen:16.3f}")
    best = min(losses[-1] for name, (losses, _) in rows.items() if name.startswith("sgd"))
    for name, (losses, _) in rows.items():
        assert name.startswith("sgd") or losses[-1] < 0.7 * best, name

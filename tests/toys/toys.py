"""Everything of one's own, registered by one module: what `--import` names."""

from pathlib import Path

import toy_model  # noqa: F401  (registers its models)

import datasets
import trainers
import zoo

HERE = Path(__file__).parent


def toy_loss(targets, outputs, setting):
    """Return the largest squared error of an example's outputs."""
    import tensorflow as tf

    return tf.reduce_max(tf.square(targets - outputs), axis=-1)


datasets.register_dataset(
    "toy_data",
    datasets.EmbeddedDataset("toy_data.ToyData", "classification", "light and dark images"),
)
datasets.register_environment(
    "toy_corridor", datasets.EnvironmentRow("toy_corridor.Corridor", "a corridor of ten places")
)
trainers.register_loss("toy_loss", trainers.Loss(toy_loss, ("classes", "numbers"), curved=True))
trainers.register_optimizer(
    "toy_descent",
    trainers.Optimizer("SGD", 0.05, (zoo.Option("momentum", "float", 0.0, help="share kept"),)),
)
trainers.register_problem(
    "toy",
    trainers.Problem(
        "toy.problem", "classification", "loss", options=(zoo.Option("size", "float", 1.0),)
    ),
)
trainers.register_published("toy_row", HERE / "toy_row.yaml")
trainers.register_experiment("toy_experiment", HERE / "toy_experiment.yaml", "toy_experiment")

"""What the training tests share: small steps, plain data, and runs inside this process."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
from trainers import losses, metrics, optimizers, run
from trainers.steps import Batch, SupervisedStep


@pytest.fixture(autouse=True)
def plain_keras():
    """Every test starts from seed 0 in float32, whatever a run before it has set."""
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("float32")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture
def make_step():
    """A factory of supervised steps around a small dense model, equal for equal arguments."""

    def make(
        task="classification",
        optimizer="sgd",
        learning_rate=None,
        *,
        features=5,
        outputs=3,
        hidden=0,
        dropout=0.0,
        micro=4096,
        clip=None,
        precision="float32",
        total=100,
        **options,
    ):
        keras.utils.set_random_seed(7)
        keras.config.set_dtype_policy(precision)
        layers = [keras.Input((features,))]
        layers += [keras.layers.Dense(hidden, "tanh")] if hidden else []
        layers += [keras.layers.Dropout(dropout)] if dropout else []
        layers += [keras.layers.Dense(outputs, dtype="float32")]
        settings = configs.OptimizerConfig(optimizer, learning_rate, options=options)
        return SupervisedStep(
            keras.Sequential(layers),
            optimizers.make(settings, precision, total),
            losses.make(configs.LossConfig(), task, outputs, "linear"),
            metrics.make(task),
            metric_name=metrics.name_of(task),
            micro_batch_size=micro,
            clip_norm=clip,
        )

    return make


@pytest.fixture
def make_data():
    """A factory of random examples, with random weights where asked."""

    def make(size=23, features=5, classes=3, *, task="classification", weighted=False):
        random = np.random.default_rng(3)
        inputs = random.normal(size=(size, features)).astype(np.float32)
        if task == "regression":
            targets = random.normal(size=(size, 1)).astype(np.float32)
        else:
            targets = random.integers(0, classes, size, np.int32)
        weights = np.ones(size, np.float32)
        if weighted:
            weights = random.integers(0, 4, size).astype(np.float32)
        return Batch(tf.constant(inputs), tf.constant(targets), tf.constant(weights))

    return make


@pytest.fixture
def weights_of():
    return lambda step: [np.array(v.value) for v in step.model.trainable_variables]


@pytest.fixture(scope="session")
def train_here():
    """Run `python -m trainers.run` inside this process; returns the run folder's summary."""

    def train(run_dir, *argv):
        try:
            run.main([*argv, "--run-dir", str(run_dir)])
        finally:
            keras.config.set_dtype_policy("float32")
        return json.loads((run_dir / "summary.json").read_text(encoding="utf-8"))

    return train

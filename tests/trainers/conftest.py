"""What the training tests share: small steps, plain data, and runs inside this process."""

import copy
import csv
import json
import os
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

import configs
import datasets
import zoo
from trainers import run
from trainers.distribution.place import place
from trainers.distribution.signals import StopSignals
from trainers.engine.batch import Batch
from trainers.objectives.risk import EmpiricalRisk
from trainers.optimizers.catalogue import build_optimizer
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems import catalogue as problems
from trainers.problems.supervised.step import SupervisedStep
from trainers.runs import checkpoints

# Before anything uses TensorFlow: two parts of the CPU stand for two devices. What asks for no
# device still runs on the first part, with all cores.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


@pytest.fixture(scope="session")
def two_replicas():
    """The strategy of `--replicas 2`; a process can only have one."""
    return place(configs.Config(epochs=1, replicas=2), StopSignals()).strategy


_LOADED = {}


@pytest.fixture(scope="module", autouse=True)
def loaded_once():
    """Embedded datasets in memory are read once in a process; every caller gets its own copy."""
    load = datasets.load

    def load_once(name, **options):
        if name not in datasets.list_datasets() or options.get("max_resident_gib") == 0:
            return load(name, **options)
        key = name, os.environ["TFDS_DATA_DIR"], repr(sorted(options.items()))
        if options.get("data_path") or key not in _LOADED:
            _LOADED[key] = load(name, **options)
        return copy.deepcopy(_LOADED[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "load", load_once, raising=False)
        yield


@pytest.fixture(scope="module")
def plain_graphs():
    """Traced graphs run as they are written, for tests that call large ones once or twice.

    TensorFlow's rewriting of them takes longer than the calls. Whole runs keep it.
    """
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    yield
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})


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
        l2=0.0,
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
        model, problem = keras.Sequential(layers), problems.find(task)
        zoo.mark_variables(model)
        settings = configs.OptimizerConfig(optimizer, learning_rate, options=options)
        risk = EmpiricalRisk.of(
            configs.LossConfig(problem.losses[0], l2=l2), model, problem.predicts
        )
        weights = OptimizedWeights(
            build_optimizer(settings, precision, total), model.trainable_variables, clip_norm=clip
        )
        return SupervisedStep(model, weights, risk, micro_batch_size=micro)

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
        # Most of a short run's time goes into histograms and XLA's compiling: who looks at them
        # asks for them, by `--compile auto` for what the product chooses.
        quiet = ["--histograms", "false", "--report", "false", "--compile", "graph"]
        quiet = [] if "--resume" in argv else quiet
        try:
            run.main([*quiet, *argv, "--run-dir", str(run_dir)])
        finally:
            keras.config.set_dtype_policy("float32")
        return json.loads((run_dir / "summary.json").read_text(encoding="utf-8"))

    return train


SMALL = ["--model", "mlp", "--model.dropout", "0.2", "--model.hidden-units", "8"]
SMALL += ["--optimizer", "momentum", "--learning-rate", "0.05", "--schedule", "constant"]
SMALL += ["--batch-size", "32", "--histograms", "true", "--compile", "graph"]
SMALL += ["--report", "false"]


@pytest.fixture(scope="session")
def small_arguments():
    return list(SMALL)


@pytest.fixture(scope="session")
def small_run(train_here, tmp_path_factory):
    """A finished run of two epochs, 34 updates each: (folder, summary). Copy it to change it.

    The checkpoint of step 0, which it has pruned, lies beside it as `first`.
    """
    folder = tmp_path_factory.mktemp("finished") / "run"
    original = checkpoints.save

    def save(path, checkpoint, *, keep):
        written = original(path, checkpoint, keep=keep)
        if checkpoint.step == 0:
            shutil.copytree(written, folder.with_name("first"))
        return written

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "save", save)
        every = ["--checkpoint-every-steps", "17"]
        return folder, train_here(folder, *SMALL, "--epochs", "2", *every)


@pytest.fixture
def copied_run(small_run, tmp_path):
    """A private copy of the finished run, which is a moved run folder too."""
    return shutil.copytree(small_run[0], tmp_path / "moved")


@pytest.fixture(scope="session")
def events_of():
    """Read a split's event files back: (tag, step) -> value, failing on any duplicate."""

    def read(run_dir, split):
        found = {}
        for path in sorted((run_dir / split).glob("events.out.tfevents.*")):
            for event in EventFileLoader(str(path)).Load():
                entries = [(value.tag, value) for value in event.summary.value]
                entries += [("graph", event.graph_def)] if event.graph_def else []
                for tag, value in entries:
                    assert (tag, event.step) not in found, f"{tag} twice at step {event.step}"
                    found[tag, event.step] = value
        return found

    return read


@pytest.fixture(scope="session")
def rows_of():
    """Read metrics.csv back: (split, name, step) -> value, failing on any duplicate."""

    def read(run_dir):
        found = {}
        with (run_dir / "metrics.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                key = (row["split"], row["name"], int(row["step"]))
                assert key not in found, f"{key} twice"
                found[key] = float(row["value"])
        return found

    return read

"""Models, losses, metrics and data of the user's own, given from Python."""

import concurrent.futures
import subprocess
import sys

import keras
import numpy as np
import pyarrow
import pytest
import tensorflow as tf
from places import ROOT

import configs
import datasets
import trainers
from trainers.api.data import in_memory
from trainers.api.optimizers import optimizer_settings
from trainers.api.raw_inputs import raw_examples
from trainers.objectives.given import given_metrics

QUIET = {"histograms": False, "report": False, "verbose": False, "compile": "graph"}
random = np.random.default_rng(0)
X = random.normal(size=(90, 4)).astype(np.float32)
Y = np.where(X[:, 0] > 0, "up", "down")
Z = 30 + 5 * X[:, :1]


class Net(keras.Model):
    """Takes no **kwargs, so that Keras cannot build it from a file."""

    def __init__(self, units=1):
        super().__init__()
        self.hidden, self.scores = keras.layers.Dense(3, "tanh"), keras.layers.Dense(units)

    def call(self, inputs):
        return self.scores(self.hidden(inputs))


def absolute(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


@pytest.fixture(scope="module")
def subclassed(tmp_path_factory):
    keras.utils.set_random_seed(1)
    return Net(), {
        "loss": absolute,
        "metrics": ["mse", absolute],
        "optimizer": {"name": "adam", "learning_rate": 0.1},
        "epochs": 20,
        "run_dir": tmp_path_factory.mktemp("own") / "run",
        **QUIET,
    }


@pytest.fixture(scope="module")
def numbers(subclassed):
    model, settings = subclassed
    return trainers.fit(model, (X, Z), **settings)


def test_subclassed_model_learns_by_a_loss_and_metrics_of_the_users_own(numbers):
    rows = datasets.from_arrays(X, Z).rows["test"]
    errors = numbers.predict(X[rows]) - Z[rows]
    test = numbers.summary["best"]["test"]
    assert np.abs(errors).mean() < 1
    deviation = datasets.from_arrays(X, Z).preparation["outputs"]["deviation"][0]
    # Metrics are in the data's own units, the loss is of standardized targets.
    assert test["absolute"] == pytest.approx(np.abs(errors).mean(), rel=1e-4)
    assert test["mean_absolute_error"] == pytest.approx(test["absolute"], rel=1e-5)
    assert test["mse"] == pytest.approx(np.square(errors).mean(), rel=1e-4)
    assert test["loss"] * deviation == pytest.approx(test["absolute"], rel=1e-5)
    assert set(numbers.history) > {"loss", "mse", "absolute", "val_mse", "val_absolute"}


def test_what_no_file_holds_is_asked_for_again(numbers, subclassed):
    opened = trainers.open(numbers)
    with pytest.raises(trainers.errors.CheckpointError, match=r"own that Keras cannot .*kwargs"):
        opened.export("keras")
    with pytest.raises(configs.ConfigError, match="model was given from Python"):
        opened.evaluate()
    model, settings = subclassed
    with pytest.raises(configs.ConfigError, match="data were in memory"):
        trainers.open(numbers.path, model=model).evaluate()
    own = {"model": model, "loss": absolute}
    with pytest.raises(trainers.errors.CheckpointError, match="sums of 4 figures, this run has 2"):
        trainers.open(numbers.path, data=(X, Z), **own).evaluate()
    again = trainers.open(numbers.path, data=(X, Z), metrics=settings["metrics"], **own)
    assert again.evaluate() == numbers.summary["best"]["test"]


def test_functional_model_ends_with_the_best_weights_and_in_its_file(tmp_path):
    keras.utils.set_random_seed(1)
    layers = [keras.Input((4,)), keras.layers.Dense(2, "softmax")]
    model = keras.Sequential(layers)
    run = trainers.fit(
        model,
        (X, Y),
        optimizer=keras.optimizers.SGD(0.5),
        metrics=[keras.metrics.CategoricalAccuracy(name="hits")],
        epochs=2,
        run_dir=tmp_path / "run",
        **QUIET,
    )
    assert run.config.model == configs.ModelConfig("custom", {"output_activation": "softmax"})
    assert (run.config.optimizer.name, run.config.optimizer.learning_rate) == ("sgd", 0.5)
    test = run.summary["best"]["test"]
    assert test["hits"] == test["accuracy"]
    opened = trainers.open(run.path)
    assert opened.names == ["down", "up"]
    answers = opened.predict(X)
    assert answers.shape == (90, 2)
    assert answers.sum(axis=1) == pytest.approx(np.ones(90), abs=1e-5)
    standardized = (X - X.mean(0)) / X.std(0)  # nearly as the training rows alone would be
    assert np.abs(model.predict(standardized, verbose=0) - answers).max() < 0.1
    assert run.evaluate((X, Y))["accuracy"] == (answers.argmax(1) == (Y == "up")).mean()


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        ([keras.Input((5,)), keras.layers.Dense(2)], {}, "does not take inputs of shape (None, 4)"),
        ([keras.layers.Dense(3)], {}, "gives 3 numbers for an example, and 'arrays' has 2"),
        ([keras.layers.Dense(2, kernel_regularizer="l2")], {}, "losses of its own"),
        (
            [keras.layers.Dense(2)],
            {"loss": lambda y_true, y_pred: keras.ops.mean(y_pred)},
            "gives values of shape () for outputs",
        ),
        (
            [keras.Input((4,), dtype="float16"), keras.layers.Dense(2, dtype="float16")],
            {},
            "the model's weights are float16",
        ),
        ([keras.layers.Dense(2)], {"metrics": [keras.metrics.AUC()]}, "no mean over examples"),
    ],
)  # fmt: skip
def test_model_that_cannot_be_trained_is_one_line(model, settings, message, tmp_path):
    with pytest.raises(configs.ConfigError) as error:
        trainers.fit(
            keras.Sequential(model), (X, Y), epochs=1, run_dir=tmp_path / "r", **settings, **QUIET
        )
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "r").exists()


def of_data(*arguments, **settings):
    return configs.Config(dataset=configs.DatasetConfig(*arguments, **settings))


def test_examples_in_memory_are_one_dataset_in_every_form():
    config, y = of_data("arrays"), (Y == "up").astype(np.int64)
    expected = in_memory((X, y), None, config).fingerprint
    slices = tf.data.Dataset.from_tensor_slices((X, y))
    assert in_memory(slices, None, config).fingerprint == expected
    assert in_memory(slices.batch(7), None, config).fingerprint == expected
    with pytest.raises(datasets.DataError, match="has no end"):
        in_memory(slices.repeat(), None, config)
    with pytest.raises(configs.ConfigError, match="give \\(x, y\\) arrays"):
        in_memory(X, None, config)
    apart = in_memory((X, y), (X[:9], y[:9]), config)
    assert apart.splits["validation"].size == 9
    table = pyarrow.table({"a": X[:, 0], "b": X[:, 1], "kind": Y})
    frame = in_memory(table, None, of_data("table", target="kind"))
    assert (frame.task, frame.class_names) == ("classification", ("down", "up"))
    with pytest.raises(configs.ConfigError, match="needs target="):
        in_memory(table, None, of_data("table"))


def test_keras_optimizers_are_the_rows_that_compute_the_same():
    momentum = keras.optimizers.SGD(0.1, momentum=0.8, nesterov=True, global_clipnorm=2.0)
    assert optimizer_settings(momentum) == {
        "name": "momentum",
        "learning_rate": 0.1,
        "clip_norm": 2.0,
        "momentum": 0.8,
        "nesterov": True,
    }
    adam = optimizer_settings(keras.optimizers.Adam(3e-4, beta_2=0.99, weight_decay=0.01))
    assert (adam["name"], adam["learning_rate"], adam["beta_2"]) == ("adam", 3e-4, 0.99)
    assert adam["weight_decay"] == 0.01
    rmsprop = optimizer_settings(keras.optimizers.RMSprop(2e-3, rho=0.95, centered=True))
    assert (rmsprop["name"], rmsprop["rho"], rmsprop["centered"]) == ("rmsprop", 0.95, True)
    for optimizer, message in [
        (keras.optimizers.Nadam(), "the optimizer is Nadam"),
        (keras.optimizers.AdamW(), 'optimizer="adam" with weight_decay'),
        (keras.optimizers.Adam(amsgrad=True), "amsgrad=True"),
        (keras.optimizers.SGD(clipvalue=1.0), "give clip_norm"),
        (
            keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 9)),
            'schedule="cosine"',
        ),
    ]:
        with pytest.raises(configs.ConfigError, match=message):
            optimizer_settings(optimizer)


def test_metrics_are_the_means_that_keras_gives():
    probabilities = np.float32([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.05, 0.15, 0.8]])
    labels = np.int32([2, 1, 0])
    given = given_metrics(
        ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2), "categorical_crossentropy"]
    )
    assert list(given) == ["sparse_top_k_categorical_accuracy", "categorical_crossentropy"]
    values = [
        np.asarray(
            each.metric(name, "classes", 3, {})(tf.constant(labels), tf.constant(probabilities))
        )
        for name, each in given.items()
    ]
    assert values[0].tolist() == [1, 1, 0]
    expected = -np.log(probabilities[[0, 1, 2], labels])
    assert values[1] == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_file_of_arrays_trains_the_same_by_path_in_memory_and_in_a_command(tmp_path):
    np.savez(tmp_path / "data.npz", x=X, y=Y)
    settings = {"epochs": 2, "seed": 5}
    by_path = trainers.fit(
        "mlp", tmp_path / "data.npz", run_dir=tmp_path / "a", verbose=False, **settings
    )
    in_memory_run = trainers.fit("mlp", (X, Y), run_dir=tmp_path / "b", verbose=False, **settings)
    words = ["--model", "mlp", "--dataset", "arrays", "--data-path", str(tmp_path / "data.npz")]
    words += ["--epochs", "2", "--seed", "5", "--run-dir", str(tmp_path / "c")]
    subprocess.run([sys.executable, "-m", "trainers.run", *words], cwd=ROOT, check=True)
    hashes = {
        run.summary["final_weights_sha256"]
        for run in (by_path, in_memory_run, trainers.open(tmp_path / "c"))
    }
    assert len(hashes) == 1


def test_what_a_run_froze_trains_in_the_next_and_a_resume_keeps_quiet(tmp_path, capfd):
    layers = [keras.layers.Dense(3, "tanh", name="first"), keras.layers.Dense(2, name="last")]
    model = keras.Sequential([keras.Input((4,)), *layers])
    layers[1].bias.trainable = False  # the user's own, as it was before
    settings = {"schedule": "constant", "learning_rate": 0.1, "steps": 2, **QUIET}
    first, last = layers[0].kernel.numpy(), layers[1].kernel.numpy()
    run = trainers.fit(model, (X, Y), freeze="first", run_dir=tmp_path / "a", **settings)
    assert np.array_equal(layers[0].kernel, first)
    assert not np.array_equal(layers[1].kernel, last)
    assert layers[0].trainable
    assert [v.trainable for v in model.weights] == [True, True, True, False]
    run.resume(steps=3, verbose=False)
    assert capfd.readouterr().err == ""
    assert np.array_equal(layers[0].kernel, first)
    last = layers[1].kernel.numpy()
    trainers.fit(model, (X, Y), freeze="first/bias, last", run_dir=tmp_path / "b", **settings)
    assert not np.array_equal(layers[0].kernel, first)
    assert np.array_equal(layers[1].kernel, last)
    run._model = run._predictor = None
    with concurrent.futures.ThreadPoolExecutor(4) as threads:  # one of which loads the model
        answers = list(threads.map(run.predict, [X[:0], *[X[:3]] * 7]))
    assert answers[0].shape == (0, 2)
    pairs = tf.data.Dataset.from_tensor_slices((X[:3], Y[:3]))
    assert run.predict(pairs.batch(2)) == pytest.approx(answers[1], abs=1e-6)
    with pytest.raises(datasets.DataError, match="no end"):
        run.predict(pairs.batch(2).repeat())
    assert all(np.array_equal(each, answers[1]) for each in answers[1:])


def test_texts_in_batches_are_texts():
    inputs = {"kind": "symbols", "symbols": ["a", "é"], "unknown": None}
    (batch,) = raw_examples(
        inputs, tf.data.Dataset.from_tensor_slices(["aé", "a", "éé"]).batch(2)
    ).batches(8)
    assert list(batch) == ["aé", "a", "éé"]

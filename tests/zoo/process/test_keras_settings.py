"""Users' own settings of Keras: models are built right under them, or refused in one line."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from catalogue_cases import CASES
from forked import Command, users_environment
from places import ROOT

import zoo
from zoo.process import keras_settings

FIRST_CASES = list({case.model: case for case in reversed(CASES)}.values())
CONTINUOUS = [case for case in FIRST_CASES if case.model != "rosenblatt"]  # whose outputs are steps


@pytest.fixture
def own_settings():
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.config.set_image_data_format("channels_last")
    keras.config.set_epsilon(1e-7)


def build(case):
    keras.utils.set_random_seed(0)
    return zoo.create_model(
        case.model,
        num_classes=case.num_classes,
        input_shape=case.input_shape,
        **case.options,
    )


def examples(model):
    """Four random examples of the types and shapes that a model takes."""
    random = np.random.default_rng(0)

    def drawn(taken):
        shape = (4, *(size or 6 for size in taken.shape[1:]))
        whole = "int" in taken.dtype
        return (random.integers(0, 2, shape) if whole else random.normal(size=shape)).astype(
            taken.dtype
        )

    return keras.tree.map_structure(drawn, model.input)


def one_step(model, inputs):
    """Return every output, and every weight after one step down the sum of their squares."""
    with tf.GradientTape() as tape:
        outputs = keras.tree.flatten(model(inputs, training=True))
        loss = sum(tf.reduce_mean(tf.square(tf.cast(each, "float32"))) for each in outputs)
    gradients = tape.gradient(loss, model.trainable_variables)
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        if gradient is not None:
            variable.assign_sub(0.1 * tf.cast(tf.convert_to_tensor(gradient), variable.dtype))
    return keras.tree.flatten(model.predict_on_batch(inputs)), model.get_weights()


@pytest.mark.usefixtures("own_settings")
@pytest.mark.parametrize("case", FIRST_CASES, ids=lambda case: case.model)
def test_every_model_is_built_and_trained_the_same_under_other_settings(case):
    model = build(case)
    inputs = examples(model)
    plain = one_step(model, inputs)
    keras.config.set_image_data_format("channels_first")
    keras.config.set_epsilon(0.5)
    model = build(case)
    changed = one_step(model, inputs)
    assert (keras.config.image_data_format(), keras.config.epsilon()) == ("channels_first", 0.5)
    for one, other in zip(plain, changed, strict=True):
        for expected, found in zip(one, other, strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.usefixtures("own_settings")
@pytest.mark.parametrize("floatx", ["float64", "float16"])
@pytest.mark.parametrize("case", FIRST_CASES, ids=lambda case: case.model)
def test_every_model_computes_in_the_users_numbers(case, floatx):
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)
    model = build(case)
    outputs, weights = one_step(model, examples(model))
    assert {values.dtype.name for values in (*outputs, *weights)} <= {floatx, "uint32", "int32"}
    assert all(np.isfinite(values).all() for values in outputs)
    assert keras.config.floatx() == floatx


@pytest.mark.usefixtures("own_settings")
@pytest.mark.parametrize("case", CONTINUOUS, ids=lambda case: case.model)
def test_no_weight_is_rounded_where_the_users_numbers_are_float64(case):
    """What float32 cannot tell from the weight itself moves an output.

    Seen to fail where the LSTM takes its inputs in float32.
    """
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    model = build(case)
    inputs = examples(model)
    before = keras.tree.flatten(model(inputs))
    for variable in model.trainable_variables:
        value = variable.numpy()
        variable.assign(value + 1e-11)
        after = keras.tree.flatten(model(inputs))
        variable.assign(value)
        moved = any((one != other).numpy().any() for one, other in zip(before, after, strict=True))
        assert moved, variable.path


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_another_backend_at_work_is_refused_in_one_line(backend, monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: backend)
    with pytest.raises(zoo.ModelError, match=f"Keras computes by '{backend}'.*=tensorflow before"):
        zoo.create_model("mlp", num_classes=2, input_shape=(3,))
    with pytest.raises(zoo.ModelError, match=f"Keras computes by '{backend}'"):
        zoo.load_model("model.keras")


BUILD = """
import zoo
try:
    zoo.create_model("mlp", num_classes=2, input_shape=(3,))
except zoo.ModelError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("environment", "text", "told"),
    [
        ({"KERAS_BACKEND": "no_such_backend"}, "{}", "set KERAS_BACKEND=tensorflow: the zoo's"),
        ({}, '{"floatx": "float8"}', "keras.json, or set KERAS_HOME to a folder without"),
        ({}, "[]", "keras.json, or set KERAS_HOME to a folder without"),
    ],
)
def test_settings_that_keras_cannot_read_are_named(environment, text, told, tmp_path):
    (tmp_path / "keras.json").write_text(text)
    variables = users_environment(KERAS_HOME=str(tmp_path), **environment)
    done = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=ROOT, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Keras cannot be imported (")
    assert told in done.stdout
    assert done.stdout.count("\n") == 1


def test_import_of_the_zoo_leaves_settings_alone():
    code = (
        "import os, sys, warnings, zoo\n"
        "assert os.environ['KERAS_BACKEND'] == 'jax', os.environ['KERAS_BACKEND']\n"
        "assert sys.stdout is sys.__stdout__ and warnings.filters[0][0] == 'error'\n"
        "assert 'keras' not in sys.modules\n"
    )
    variables = users_environment(KERAS_BACKEND="jax", PYTHONWARNINGS="error")
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=variables, check=True)


# What an environment can ask for, all at once; a command runs as if it had not.
HOSTILE = {
    "KERAS_BACKEND": "jax",
    "KERAS_MAX_EPOCHS": "many",
    "KERAS_NNX_ENABLED": "true",
    "TF_USE_LEGACY_KERAS": "1",
    "MPLBACKEND": "no_such_backend",
    "PYTHONWARNINGS": "error",
    "PYTHONHASHSEED": "1",
    "PYTHONIOENCODING": "ascii",
    "HOME": "/dev/null/nowhere",
    "TMPDIR": "/nonexistent",
    "TZ": "No/Where",
    "LC_ALL": "de_DE.UTF-8",
    "COLUMNS": "-3",
    "TERM": "",
}
SETTINGS = {
    "floatx": "float64",
    "image_data_format": "channels_first",
    "epsilon": 0.5,
    "backend": "torch",
    "nnx_enabled": True,
}


DRY_RUN = ("trainers.run", "--model", "cnn", "--dry-run")


def command(folder, **environment):
    """In an interpreter of its own, for it is the imports that read settings."""
    return subprocess.run(
        [sys.executable, "-m", *DRY_RUN],
        cwd=folder,
        env=users_environment(
            PYTHONPATH=str(ROOT), KERAS_HOME=str(folder / "settings"), **environment
        ),
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_command_runs_as_ever_whatever_the_environment_asks(tmp_path):
    with Command(*DRY_RUN, cwd=tmp_path, env=users_environment(PYTHONPATH=str(ROOT))) as plain:
        expected, _ = plain.communicate(120)
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "keras.json").write_text(json.dumps(SETTINGS))
    hostile = command(tmp_path, **HOSTILE)
    assert (hostile.returncode, hostile.stderr) == (0, "")
    assert hostile.stdout == expected
    assert "two steps of cnn: loss 2." in expected
    assert [path.name for path in tmp_path.iterdir()] == ["settings"]


def test_command_with_broken_settings_exits_2_with_one_line(tmp_path):
    (tmp_path / "settings" / "keras.json").mkdir(parents=True)  # which nobody can read
    result = command(tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: Keras cannot be imported (IsADirectoryError: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "argv", [("zoo", "lstm"), ("trainers.run", "--model", "lstm", "--help")], ids=" ".join
)
def test_what_is_told_of_models_needs_no_docstrings(argv):
    """Which PYTHONOPTIMIZE=2 leaves out."""
    told = [
        subprocess.run(
            [sys.executable, *flags, "-B", "-m", *argv],
            cwd=ROOT,
            env=users_environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for flags in ([], ["-OO"])
    ]
    assert told[0] == told[1]


@pytest.mark.usefixtures("own_settings")
def test_a_command_in_this_process_sets_what_it_needs():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("mixed_bfloat16")
    keras.config.set_epsilon(0.5)
    keras.config.set_image_data_format("channels_first")
    keras_settings.settle()
    assert (keras.config.floatx(), keras.config.image_data_format()) == ("float32", "channels_last")
    assert (keras.config.epsilon(), keras.config.dtype_policy().name) == (1e-7, "float32")

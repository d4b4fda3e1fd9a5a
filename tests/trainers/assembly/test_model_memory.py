"""A model that is too large for this machine is refused before its weights are allocated."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
import zoo
from trainers import run
from trainers.assembly import model_memory
from trainers.assembly.model_memory import room_for_weights
from trainers.cli.exit import describe


@pytest.mark.parametrize(
    ("words", "parameters"),
    [
        ("--model mlp --model.hidden-units 2147483647", 64 * (2**31 - 1)),
        ("--model cnn --model.filters 2147483647", 9 * (2**31 - 1)),
    ],
)
def test_model_too_large_for_memory_is_refused_by_its_size(words, parameters, tmp_path):
    """Seen to fail without the comparison with what is available."""
    run_dir = tmp_path / "run"
    with pytest.raises(configs.ConfigError) as caught:
        run.main([*words.split(), "--run-dir", str(run_dir)])
    code, text = describe(caught.value)
    assert code == 2
    assert f" is too large: {parameters:,} parameters or more, with their gradient " in text
    assert text.endswith("that are available; make it smaller by its --model options")
    assert not list(run_dir.glob("*"))


def test_what_no_estimate_foresaw_is_told_of_the_model_too(monkeypatch):
    """Seen to fail without the case of memory where a model is built."""
    monkeypatch.setattr(model_memory, "available_memory_bytes", lambda: None)
    with (
        pytest.raises(configs.ConfigError, match=r"too large for this device's memory; make it s"),
        room_for_weights("x", 2**31),
    ):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")


@pytest.mark.parametrize(
    ("model", "options"),
    [("mlp", {"normalization": "weight", "dropout": 0.5}), ("lstm", {}), ("gan", {})],
)
def test_asking_for_sizes_changes_no_weight(model, options):
    shape = {"mlp": (5,), "lstm": (None,), "gan": (8, 8, 1)}[model]
    built = []
    for widest in (1, 2**20):
        keras.utils.set_random_seed(3)
        with room_for_weights(model, widest):
            made = zoo.create_model(model, num_classes=4, input_shape=shape, **options)
        built.append([np.array(variable.value) for variable in made.variables])
    for one, other in zip(*built, strict=True):
        np.testing.assert_array_equal(one, other)

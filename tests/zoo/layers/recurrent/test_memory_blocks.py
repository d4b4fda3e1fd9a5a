"""The hidden layer of 1997 recomputed in NumPy, its gradient by the paper's own forward sums."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.catalogue.flops import flops_per_example
from zoo.layers.recurrent.memory_blocks import MemoryBlockCell, MemoryBlocks

ORIGINAL: dict[str, Any] = {"cell": "memory_blocks"}


def _sigmoid(values: Any) -> Any:
    return 1 / (1 + np.exp(-values))


def _layer(cells: int, size: int, **options: Any) -> tuple[MemoryBlocks, list[np.ndarray]]:
    cell = MemoryBlockCell(cells, cells_per_block=size, **options)
    layer = MemoryBlocks(cell, return_sequences=True)
    layer.build((None, 6, 2))
    random = np.random.default_rng(0)
    layer.set_weights([random.normal(size=each.shape) for each in layer.weights])
    return layer, [each.astype(np.float64) for each in layer.get_weights()]


def _outputs(
    sequence: np.ndarray, weights: list[np.ndarray], cells: int, size: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """One sequence `[time, features]`: outputs `[time, n]`, and gradients of their plain sum.

    The gradients are those of the paper's appendix A.1: the contents' derivatives with respect to
    a weight are summed forward, equations 23 to 25, with everything before a step for a constant.
    """
    kernel, recurrent, bias = weights
    blocks = cells // size
    if len(bias) < cells + 2 * blocks:
        bias = np.concatenate([np.zeros(cells), bias])
    block = np.arange(cells) // size
    before, content, outputs = np.zeros(cells + 2 * blocks), np.zeros(cells), []
    read = kernel.shape[0] + recurrent.shape[0] + 1
    of_input, of_gate = np.zeros((read, cells)), np.zeros((read, cells))
    gradient = np.zeros((read, cells + 2 * blocks))
    for x in sequence:
        seen = np.concatenate([x, before, [1]])
        g, i, o = np.split(
            _sigmoid(x @ kernel + before @ recurrent + bias), [cells, cells + blocks]
        )
        content = content + i[block] * (4 * g - 2)
        h = 2 * _sigmoid(content) - 1
        outputs.append(o[block] * h)
        of_input += np.outer(seen, i[block] * 4 * g * (1 - g))
        of_gate += np.outer(seen, ((4 * g - 2) * (i * (1 - i))[block]))
        above = o[block] * (1 - h**2) / 2
        gradient[:, :cells] += above * of_input
        for cell in range(cells):
            gradient[:, cells + block[cell]] += above[cell] * of_gate[:, cell]
            opening = (o * (1 - o))[block[cell]] * h[cell]
            gradient[:, cells + blocks + block[cell]] += opening * seen
        before = np.concatenate([outputs[-1], i, o])
    features = kernel.shape[0]
    parts = [gradient[:features], gradient[features:-1], gradient[-1][-len(weights[2]) :]]
    return np.stack(outputs), parts


@pytest.mark.parametrize(("cells", "size", "cell_bias"), [(4, 2, True), (3, 1, False)])
def test_outputs_and_the_truncated_gradient_are_the_papers(
    cells: int, size: int, cell_bias: bool
) -> None:
    layer, weights = _layer(cells, size, cell_bias=cell_bias)
    sequence = np.random.default_rng(1).normal(size=(2, 6, 2)).astype(np.float32)
    each = [_outputs(one, weights, cells, size) for one in sequence]
    expected = [sum(parts) for parts in zip(*(gradients for _, gradients in each), strict=True)]

    def run(inputs: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = layer(inputs)
            total = tf.reduce_sum(outputs)
        return outputs, tape.gradient(total, layer.trainable_variables)

    for function in (run, tf.function(run, jit_compile=True)):
        outputs, gradients = function(tf.constant(sequence))
        np.testing.assert_allclose(outputs, [one for one, _ in each], rtol=1e-4, atol=1e-5)
        for found, wanted in zip(gradients, expected, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4)


def test_a_step_by_itself_has_the_same_gradient_and_the_whole_one_another() -> None:
    layer, _ = _layer(4, 2)
    sequence = tf.random.stateless_normal((2, 6, 2), (1, 2))
    found = {}
    for name, truncated, kind in (
        ("fast", True, MemoryBlocks),
        ("slow", True, keras.layers.RNN),
        ("whole", False, MemoryBlocks),
    ):
        cell = MemoryBlockCell(4, cells_per_block=2, truncated=truncated)
        other = kind(cell, return_sequences=True)
        other.build((None, 6, 2))
        other.set_weights(layer.get_weights())
        with tf.GradientTape() as tape:
            outputs = other(sequence)
            total = tf.reduce_sum(outputs**2)
        found[name] = outputs, tape.gradient(total, other.trainable_variables)
    for name in ("slow", "whole"):
        np.testing.assert_allclose(found[name][0], found["fast"][0], rtol=1e-5, atol=1e-6)
    for fast, slow, whole in zip(*(found[name][1] for name in found), strict=True):
        np.testing.assert_allclose(fast, slow, rtol=1e-4, atol=1e-5)
        assert np.abs(fast - whole).max() > 1e-2


PRINTED = [
    # Experiment 1: gates alone have biases, and outputs have none.
    ("lstm", (None,), 7, {"units": 4, "coding": "one_hot", "biases": "gates"}, 264),
    (
        "lstm",
        (None,),
        7,
        {"units": 6, "cells_per_block": 2, "coding": "one_hot", "biases": "gates"},
        276,
    ),
    # Experiments 4, 6a and 6b: all units that are no inputs have biases.
    ("lstm_regressor", (None, 2), 1, {"units": 4, "cells_per_block": 2}, 93),
    ("lstm_classifier", (None, 8), 4, {"units": 4, "cells_per_block": 2}, 156),
    ("lstm_classifier", (None, 8), 8, {"units": 6, "cells_per_block": 2}, 308),
]


@pytest.mark.parametrize(("name", "shape", "classes", "options", "weights"), PRINTED)
def test_models_have_as_many_weights_as_the_paper_says(
    name: str, shape: Any, classes: int, options: dict[str, Any], weights: int
) -> None:
    model = zoo.create_model(name, num_classes=classes, input_shape=shape, **ORIGINAL, **options)
    assert model.count_params() == weights


def test_weights_start_where_they_are_told() -> None:
    model = zoo.create_model(
        "lstm_classifier",
        num_classes=40,
        input_shape=(None, 30),
        units=4,
        cells_per_block=2,
        initial_range=0.2,
        input_gate_biases=(-3, -6),
        output_gate_biases=(-1,),
        **ORIGINAL,
    )
    kernel, recurrent, bias, scores, last = model.get_weights()
    for weights in (kernel, recurrent, bias[:4], scores, last):
        assert np.abs(weights).max() < 0.2
        assert np.abs(weights).max() > 0.1
        assert weights.min() < 0 < weights.max()
    np.testing.assert_array_equal(bias[4:], [-3, -6, -1, -1])
    plain = zoo.create_model("lstm", num_classes=3, input_shape=(4,), units=2, **ORIGINAL)
    np.testing.assert_array_equal(plain.get_layer("lstm_1").get_weights()[2], np.zeros(6))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cells_per_block": 2}, "cells_per_block=2 with cell='lstm', .*use cell='memory_blocks'"),
        ({"truncated": False}, "truncated=False with cell='lstm'"),
        ({**ORIGINAL, "activation": "relu"}, "activation='relu' with cell='memory_blocks'"),
        ({**ORIGINAL, "normalization": "layer"}, "normalization='layer' with cell='memory_blocks'"),
        ({**ORIGINAL, "units": 5, "cells_per_block": 2}, "does not divide them; use units=6"),
        ({**ORIGINAL, "units": 3, "input_gate_biases": (1, 2)}, "got 2 input_gate_biases for 3"),
        ({"cell": "memory_block"}, "did you mean 'memory_blocks'|allowed: .*memory_blocks"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(zoo.ModelOptionError, match=message) as told:
        zoo.create_model("lstm", num_classes=3, input_shape=(4,), **options)
    assert "\n" not in str(told.value)


def test_a_padded_batch_gives_what_each_sequence_alone_gives() -> None:
    model = zoo.create_model(
        "lstm_regressor",
        num_classes=1,
        input_shape=(None, 2),
        units=4,
        layers=2,
        output_activation="sigmoid",
        **ORIGINAL,
    )
    sequences = np.random.default_rng(1).normal(size=(3, 7, 2)).astype(np.float32)
    padded = sequences.copy()
    for row, length in enumerate((7, 1, 4)):
        padded[row, length:] = np.nan
    together = model(padded).numpy()
    for row, length in enumerate((7, 1, 4)):
        alone = model(sequences[row : row + 1, :length])
        np.testing.assert_allclose(together[row], alone[0], rtol=1e-5, atol=1e-6)
    assert 0 < together.min() < together.max() < 1


@pytest.mark.parametrize("truncated", [True, False])
def test_models_save_load_and_export(truncated: bool, tmp_path: Path) -> None:
    model = zoo.create_model(
        "lstm",
        num_classes=3,
        input_shape=(5,),
        units=4,
        cells_per_block=2,
        coding="one_hot",
        truncated=truncated,
        output_activation="sigmoid",
        **ORIGINAL,
    )
    examples = np.arange(10, dtype=np.int32).reshape(2, 5) % 3
    expected = model.predict_on_batch(examples)
    model.save(tmp_path / "model.keras")
    loaded = zoo.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict_on_batch(examples), expected)
    cells = [each.get_layer("lstm_1").cell.get_config() for each in (loaded, model)]
    assert cells[0] == cells[1]
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))  # must outlive its function
    np.testing.assert_allclose(exported.serve(examples), expected, rtol=1e-4, atol=1e-5)


def test_operations_are_counted_by_hand() -> None:
    model = zoo.create_model(
        "lstm", num_classes=7, input_shape=(5,), units=6, cells_per_block=2, coding="one_hot",
        biases="gates", **ORIGINAL,
    )  # fmt: skip
    step = 2 * 12 * 7 + 2 * 12 * 12 + 12 + 6  # both products, their sum, the gates' biases
    step += 7 * 6  # g and its scale, i g, its sum, h and its scale, o h
    assert flops_per_example(model) == 5 * (step + 2 * 6 * 7)

"""What holds for every registered model; a model without a case here fails."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from catalogue_cases import CASES, Case

import zoo
from zoo.layers.activations import activation_names
from zoo.layers.initializers import initializer_names

FIRST_CASES = list({case.model: case for case in reversed(CASES)}.values())

each_case = pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.model}-{case.input_shape}-{len(case.options)}"
)
each_model = pytest.mark.parametrize("case", FIRST_CASES, ids=lambda case: case.model)


def _build(case: Case, **overrides: Any) -> keras.Model:
    return zoo.create_model(
        case.model,
        num_classes=case.num_classes,
        input_shape=case.input_shape,
        **{**case.options, **overrides},
    )


def _input_shape(case: Case) -> tuple[int | None, ...]:
    """A generator draws examples, from as many numbers as its option says."""
    if zoo.model_card(case.model).task == "generation":
        return (
            case.options.get("latent_dim", zoo.model_options(case.model)["latent_dim"].default),
        )
    return case.input_shape


def _examples(case: Case, count: int = 4) -> Any:
    generator = np.random.default_rng(0)
    shape: tuple[int, ...] = (count, *(size or 6 for size in _input_shape(case)))
    task = zoo.model_card(case.model).task
    if task in ("next_symbol", "next_character"):
        symbols = generator.integers(0, case.num_classes, shape, dtype=np.int32)
        if task == "next_symbol":
            return symbols
        # A model that carries a state gives it back in the shape it came in.
        state = generator.normal(size=(count, *case.output_shape["state"]))
        return {"symbols": symbols, "state": state.astype(np.float32)}
    return generator.normal(size=shape).astype(np.float32)


def _output_shapes(case: Case) -> dict[str, tuple[int | None, ...]]:
    shapes = case.output_shape
    return shapes if isinstance(shapes, dict) else {"": shapes}


def _outputs(model: keras.Model, examples: Any) -> dict[str, np.ndarray]:
    outputs = model(examples, training=False)
    named = outputs if isinstance(outputs, dict) else {"": outputs}
    return {name: np.asarray(values) for name, values in named.items()}


def test_every_registered_model_has_a_case() -> None:
    assert {case.model for case in CASES} == set(zoo.list_models())


@each_case
def test_shapes_name_and_parameters(case: Case) -> None:
    model = _build(case)
    assert model.name == case.model
    examples = model.input["symbols"] if isinstance(model.input, dict) else model.input
    assert examples.shape == (None, *_input_shape(case))
    outputs = model.output if isinstance(model.output, dict) else {"": model.output}
    shapes = {name: output.shape for name, output in outputs.items()}
    assert shapes == {name: (None, *shape) for name, shape in _output_shapes(case).items()}
    assert model.count_params() == case.parameters
    assert [layer.name for layer in model.layers].count("predictions") == (
        case.options.get("output_activation", "linear") != "linear" or case.model == "rosenblatt"
    )


@each_case
def test_the_same_seed_gives_the_same_weights(case: Case) -> None:
    # A random initializer everywhere: with zeros the test would prove nothing.
    builds = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        builds.append(_build(case, initializer="normal").get_weights())
    for first, again in zip(builds[0], builds[1], strict=True):
        np.testing.assert_array_equal(first, again)
    assert any(np.any(one != other) for one, other in zip(builds[0], builds[2], strict=True))


@each_case
def test_a_saved_model_loads_equal(case: Case, tmp_path: Path) -> None:
    model = _build(case, initializer="normal")
    model.save(tmp_path / "model.keras")
    loaded = zoo.load_model(tmp_path / "model.keras")
    examples = _examples(case)
    assert loaded.name == case.model
    again = _outputs(loaded, examples)
    for name, values in _outputs(model, examples).items():
        np.testing.assert_array_equal(values, again[name])


@each_model
def test_a_few_steps_of_fit_lower_the_loss(case: Case) -> None:
    model = _build(case)
    examples = _examples(case, 8)
    generator = np.random.default_rng(1)
    drawn = {
        name: generator.random((8, *(size or 6 for size in shape))).astype(np.float32)
        for name, shape in _output_shapes(case).items()
    }
    targets: Any = drawn if isinstance(case.output_shape, dict) else drawn[""]
    if case.model == "rosenblatt":
        targets = np.round(targets)
    model.compile("sgd", "mean_squared_error", jit_compile=False)
    model.optimizer.learning_rate = 0.01
    # An epoch is one batch: each loss is of the weights before that epoch's step.
    losses = model.fit(examples, targets, batch_size=8, epochs=21, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    "case",
    [case for case in FIRST_CASES if "activation" in zoo.model_options(case.model)],
    ids=lambda case: case.model,
)
def test_every_activation_is_accepted(case: Case) -> None:
    examples = _examples(case)
    for name in ("sigmoid", "tanh", "relu", "step", "gelu"):
        outputs = _outputs(_build(case, activation=name), examples)
        assert all(np.all(np.isfinite(values)) for values in outputs.values())


@each_model
def test_every_initializer_is_accepted(case: Case) -> None:
    for name in ("zeros", "normal", "glorot", "he", "orthogonal", "lecun_uniform"):
        model = _build(case, initializer=name)
        kernels = [each for each in model.weights if each.name == "kernel"]
        zero = [not np.any(kernel.numpy()) for kernel in kernels]
        assert zero == [name == "zeros"] * len(kernels)


@each_model
@pytest.mark.parametrize(
    ("policy", "expected"),
    [("mixed_float16", "float32"), ("mixed_bfloat16", "float32"), ("float64", "float64")],
)
def test_scores_keep_the_weights_precision(case: Case, policy: str, expected: str) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = _build(case)
    finally:
        keras.config.set_dtype_policy(before)
    outputs = keras.tree.flatten(model(_examples(case)))
    assert {output.dtype.name for output in outputs} == {expected}
    assert {str(weight.dtype) for weight in model.weights} == {expected}


def test_every_listed_activation_and_initializer_builds() -> None:
    for activation in activation_names():
        model = zoo.create_model("mlp", num_classes=2, input_shape=(3,), activation=activation)
        assert model.output_shape == (None, 2)
    for initializer in initializer_names():
        model = zoo.create_model("mlp", num_classes=2, input_shape=(3,), initializer=initializer)
        assert model.output_shape == (None, 2)

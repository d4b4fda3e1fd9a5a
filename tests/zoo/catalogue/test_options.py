"""Checks of overrides, input shapes and the number of classes."""

from typing import Any

import numpy as np
import pytest

import zoo
from zoo.catalogue.options import Option, parse_interval


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("int", np.int64(3), 3),
        ("float", 1, 1.0),
        ("float | None", None, None),
        ("bool", False, False),
        ("tuple[int, ...]", [3, 2], (3, 2)),
        ("tuple[int, ...]", (), ()),
        ("int | tuple[int, ...]", np.int64(3), 3),
        ("int | tuple[int, ...]", [3, 2], (3, 2)),
    ],
)
def test_a_value_is_converted_to_the_options_type(type_: str, value: Any, expected: Any) -> None:
    checked = Option("option", type_, None).check(value, "model 'mlp'")
    assert checked == expected
    assert type(checked) is type(expected)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("int", True),
        ("int", 2.0),
        ("int", "2"),
        ("int", None),
        ("float", "0.5"),
        ("float", float("nan")),
        ("float", float("inf")),
        ("bool", 1),
        ("str", 1),
        ("tuple[int, ...]", 3),
        ("tuple[int, ...]", "33"),
        ("tuple[int, ...]", (3, 2.5)),
        ("tuple[int, ...]", (3, True)),
        ("int | tuple[int, ...]", True),
        ("int | tuple[int, ...]", None),
        ("int | tuple[int, ...]", (3, 2.5)),
    ],
)
def test_a_value_of_another_type_is_rejected(type_: str, value: Any) -> None:
    with pytest.raises(zoo.ModelOptionError, match=r"'mlp' got option=.*; allowed: "):
        Option("option", type_, None).check(value, "model 'mlp'")


@pytest.mark.parametrize(
    ("interval", "inside", "outside"),
    [
        ("[0, 1)", [0.0, 0.999], [-1e-9, 1.0, float("nan")]),
        ("(0, 1]", [1e-9, 1.0], [0.0, 1.1]),
        ("[1, inf)", [1.0, 1e30], [0.5, float("inf")]),
        ("(-inf, -1e-3]", [-5.0, -1e-3], [0.0]),
    ],
)
def test_an_interval_includes_its_square_ends_only(
    interval: str, inside: list[float], outside: list[float]
) -> None:
    option = Option("rate", "float", inside[0], interval=interval)
    assert [option.check(value, "model 'mlp'") for value in inside] == inside
    for value in outside:
        with pytest.raises(zoo.ModelOptionError, match="allowed: float in "):
            option.check(value, "model 'mlp'")


def test_a_malformed_interval_is_rejected() -> None:
    with pytest.raises(ValueError, match="not of the form"):
        parse_interval("0..1")


def test_a_literals_choices_are_typed() -> None:
    option = Option("mode", "Literal[1, 'a']", 1, choices=(1, "a"))
    assert option.check("a", "mlp") == "a"
    for value in (True, 1.0, "b", [1]):
        with pytest.raises(zoo.ModelOptionError, match=r"allowed: 1 \| a"):
            option.check(value, "model 'mlp'")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"hiden_units": (3,)}, r"no option 'hiden_units'; did you mean 'hidden_units'\? allowed"),
        ({"hidden_units": (0,)}, r"hidden_units=\(0,\); allowed: tuple\[int, ...\] in \[1, inf\)"),
        ({"dropout": 1.0}, r"dropout=1.0; allowed: float in \[0, 1\)"),
        ({"output_activation": "softmx"}, r"did you mean 'softmax'\? allowed: linear"),
        ({"activation": "rleu"}, r"'rleu'; did you mean 'relu'\? allowed: .*step"),
        ({"initializer": "gloro"}, r"'gloro'; did you mean 'glorot'\? allowed: .*zeros"),
    ],
)
def test_create_model_rejects_an_override_in_one_line(
    overrides: dict[str, Any], message: str
) -> None:
    with pytest.raises(zoo.ModelOptionError, match=message) as caught:
        zoo.create_model("mlp", num_classes=2, input_shape=(3,), **overrides)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("num_classes", [0, -1, 2.0, True, "2"])
def test_create_model_rejects_a_number_of_classes(num_classes: Any) -> None:
    with pytest.raises(zoo.ModelOptionError, match=r"num_classes=.*at least 1"):
        zoo.create_model("mlp", num_classes=num_classes, input_shape=(3,))


def test_create_model_needs_sizes_or_weights_that_bring_them() -> None:
    with pytest.raises(zoo.ModelOptionError, match=r"'mlp' needs num_classes.*mlp:digits"):
        zoo.create_model("mlp", num_classes=None, input_shape=(3,))


@pytest.mark.parametrize(
    ("name", "input_shape", "message"),
    [
        ("cnn", (64,), r"\(64,\), which has 1 axis; expected \[rows, columns, channels\]"),
        ("lstm", (5, 3), r"has 2 axes; expected \[time\]"),
        ("lstm_classifier", (5,), r"\[time, features\] or \[rows, columns, channels\]"),
        ("cnn", (None, 8, 1), "size of rows must be known"),
        ("lstm_classifier", (None, 8, 1), "size of rows must be known"),
        ("lstm_classifier", (5, None), "size of features must be known"),
        ("mlp", (None, 3), "size of features must be known"),
        ("mlp", (), "without the batch"),
        ("mlp", 64, "without the batch"),
        ("mlp", "64", "without the batch"),
        ("mlp", (8, 0), "positive ints"),
        ("mlp", (8, 2.0), "positive ints"),
        ("mlp", (8, True), "positive ints"),
    ],
)
def test_create_model_rejects_an_input_shape(name: str, input_shape: Any, message: str) -> None:
    with pytest.raises(zoo.ModelOptionError, match=message):
        zoo.create_model(name, num_classes=2, input_shape=input_shape)


@pytest.mark.parametrize("name", ["perceptron", "mlp", "cnn", "lstm", "lstm_classifier"])
def test_softmax_over_one_class_is_rejected(name: str) -> None:
    shapes = {"cnn": (8, 8, 1), "lstm": (4,), "lstm_classifier": (4, 3)}
    with pytest.raises(zoo.ModelOptionError, match="always 1; use 'sigmoid'"):
        zoo.create_model(
            name,
            num_classes=1,
            input_shape=shapes.get(name, (3,)),
            output_activation="softmax",
        )

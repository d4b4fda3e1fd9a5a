"""The registry: names, duplicates, a user's own models, and what importing costs."""

import subprocess
import sys
from typing import Any, Literal, Optional

import keras
import pytest

import zoo


def _scores(input_shape: Any, num_classes: int) -> keras.Model:
    inputs = keras.Input(input_shape)
    return keras.Model(inputs, keras.layers.Dense(num_classes)(inputs))


def test_list_models_matches_a_pattern_and_sorts() -> None:
    names = ["bi_lstm", "char_lstm", "lstm", "lstm_classifier", "lstm_regressor"]
    assert zoo.list_models("*lstm*") == names
    assert zoo.list_models() == sorted(zoo.list_models())
    assert zoo.list_models("no_such_*") == []


def test_is_model_knows_registered_names_only() -> None:
    assert zoo.is_model("cnn")
    assert not zoo.is_model("cnm")


@pytest.mark.parametrize("ask", [zoo.model_card, zoo.model_options])
def test_unknown_name_gives_the_nearest_match_and_the_list(ask: Any) -> None:
    with pytest.raises(zoo.UnknownModelError, match=r"'lstn'; did you mean 'lstm'\? .*mlp"):
        ask("lstn")


def test_create_model_rejects_an_unknown_name() -> None:
    with pytest.raises(zoo.UnknownModelError, match="did you mean 'mlp'"):
        zoo.create_model("mpl", num_classes=2, input_shape=(3,))


@pytest.mark.usefixtures("clean_registry")
def test_a_users_builder_is_listed_described_and_built() -> None:
    @zoo.register_model(paper="mine", default_dataset="digits", ranges={"units": "[1, inf)"})
    def tiny(
        input_shape: Any,
        num_classes: int,
        *,
        units: "int" = 2,
        rate: float | None = None,
        mode: Optional[Literal["a", "b"]] = "a",  # noqa: UP045 - the older spelling, on purpose
        sizes: tuple[int, ...] = (1, 2),
    ) -> keras.Model:
        """Scores from one layer.

        More words.
        """
        return _scores(input_shape, num_classes)

    assert zoo.is_model("tiny")
    assert zoo.model_options("tiny") == {
        "units": zoo.Option("units", "int", 2, interval="[1, inf)"),
        "rate": zoo.Option("rate", "float | None", None),
        "mode": zoo.Option("mode", "Literal['a', 'b'] | None", "a", choices=("a", "b")),
        "sizes": zoo.Option("sizes", "tuple[int, ...]", (1, 2)),
    }
    assert zoo.model_card("tiny").summary == "Scores from one layer."
    model = zoo.create_model("tiny", num_classes=3, input_shape=(None, 4), mode=None)
    assert model.name == "tiny"
    assert model.output_shape == (None, None, 3)
    with pytest.raises(zoo.ModelOptionError, match="units=0"):
        zoo.create_model("tiny", num_classes=3, input_shape=(4,), units=0)


@pytest.mark.usefixtures("clean_registry")
@pytest.mark.parametrize("name", ["mlp", "mine"])
def test_a_duplicate_name_raises(name: str) -> None:
    if name == "mine":
        zoo.register_model("mine")(_scores)
    with pytest.raises(zoo.ModelError, match=rf"'{name}' is already taken by .*another name"):
        zoo.register_model(name)(_scores)


@pytest.mark.usefixtures("clean_registry")
def test_a_builder_that_returns_no_model_is_named() -> None:
    @zoo.register_model()
    def nothing(input_shape: Any, num_classes: int) -> None:
        return None

    with pytest.raises(zoo.ModelError, match="'nothing' returned NoneType"):
        zoo.create_model("nothing", num_classes=1, input_shape=(1,))


def test_a_signature_that_cannot_be_read_raises() -> None:
    def no_default(input_shape: Any, num_classes: int, *, units: int) -> None: ...
    def no_type(input_shape: Any, num_classes: int, *, units=1) -> None: ...  # type: ignore[no-untyped-def]
    def bad_type(input_shape: Any, num_classes: int, *, units: dict = {}) -> None: ...  # noqa: B006
    def bad_default(input_shape: Any, num_classes: int, *, units: int = "1") -> None: ...  # type: ignore[assignment]
    def positional(input_shape: Any, num_classes: int, units: int = 1) -> None: ...
    def swapped(num_classes: int, input_shape: Any) -> None: ...

    cases: dict[Any, str] = {
        no_default: "needs a type and a default",
        no_type: "needs a type and a default",
        bad_type: "has the type dict; allowed: int, float",
        bad_default: "has the default '1'; allowed: int",
        positional: "keyword-only",
        swapped: "allowed: input_shape, num_classes",
    }
    for builder, message in cases.items():
        with pytest.raises(zoo.ModelError, match=message):
            zoo.register_model()(builder)


def test_decorator_arguments_are_checked() -> None:
    with pytest.raises(zoo.ModelError, match="got a function; write"):
        zoo.register_model(_scores)  # type: ignore[arg-type]
    with pytest.raises(zoo.ModelError, match="the task 'A guess'; allowed: a snake_case"):
        zoo.register_model("mine", task="A guess")(_scores)
    with pytest.raises(zoo.ModelError, match="input_axes='time'; allowed: a tuple"):
        zoo.register_model("mine", input_axes="time")(_scores)  # type: ignore[arg-type]
    with pytest.raises(zoo.ModelError, match="snake_case"):
        zoo.register_model("My Model")(_scores)
    with pytest.raises(zoo.ModelError, match="not options"):
        zoo.register_model("mine", ranges={"units": "[1, inf)"})(_scores)


def test_listing_imports_neither_keras_nor_tensorflow() -> None:
    code = (
        "import sys, zoo\n"
        "[(zoo.model_card(name), zoo.model_options(name)) for name in zoo.list_models()]\n"
        "zoo.is_model('lstm')\n"
        "print(sorted({'keras', 'tensorflow', 'numpy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_built_in_options_read_from_source_equal_those_of_the_live_builders() -> None:
    import importlib

    from zoo.catalogue.index import built_in_models
    from zoo.catalogue.signatures import signature_options

    for entry in built_in_models().values():
        builder = getattr(importlib.import_module(entry.module), entry.builder)
        ranges = {o.name: o.interval for o in entry.options.values() if o.interval is not None}
        assert dict(entry.options) == signature_options(builder, ranges)

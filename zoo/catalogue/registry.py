"""The registry: names to models, of this package and of the user."""

import importlib
import inspect
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from zoo.catalogue import model_files, trained
from zoo.catalogue.entries import CUSTOM, ModelEntry
from zoo.catalogue.index import built_in_models, modules_with_custom_objects
from zoo.catalogue.inputs import check_input_shape, check_num_classes
from zoo.catalogue.options import Option, check_options
from zoo.catalogue.signatures import signature_options
from zoo.errors import (
    ModelError,
    ModelFileError,
    ModelOptionError,
    UnknownModelError,
    did_you_mean,
    reason_of,
)
from zoo.layers.roles import mark_variables
from zoo.preparation.deployable import deployable
from zoo.process import keras_settings
from zoo.process.shell import shown
from zoo.weights.cards import weights_card
from zoo.weights.names import is_name, list_weights

if TYPE_CHECKING:
    import keras

Builder = TypeVar("Builder", bound=Callable[..., Any])

_added: dict[str, ModelEntry] = {}
_builders: dict[str, Callable[..., Any]] = {}


def register_model(
    name: str | None = None,
    *,
    task: str = "classification",
    other_tasks: tuple[str, ...] = (),
    paper: str = "",
    default_dataset: str | None = None,
    input_axes: tuple[str, ...] = (),
    causal: bool = False,
    ranges: dict[str, str] | None = None,
) -> Callable[[Builder], Builder]:
    """Register the decorated function as a model's builder and return it unchanged.

    The builder is called as `builder(input_shape, num_classes, **options)` and returns a
    `keras.Model`. Its options are its keyword-only parameters, each with a type (int, float,
    str, bool, `tuple[int, ...]`, `Literal[...]`, or one of these `| None`) and a default.

    Args:
        name: the registry name, `snake_case`; the function's own name when None.
        task: what the model learns, in `snake_case`.
        other_tasks: what it learns too, where the data are of that kind.
        paper: the source, as one line.
        default_dataset: the data set the model is shown on.
        input_axes: the input shapes it takes, see `zoo.catalogue.entries.ModelEntry`.
        causal: whether padding behind a sequence changes nothing that counts, see there too.
        ranges: intervals of number options, as in `{"units": "[1, inf)"}`.

    Raises:
        ModelError: the name is taken, or the builder's signature cannot be read.

    Example:
        >>> @zoo.register_model(default_dataset="digits", ranges={"units": "[1, inf)"})
        ... def my_model(input_shape, num_classes, *, units: int = 8): ...
    """
    if callable(name):
        raise ModelError("register_model got a function; write @zoo.register_model(...) instead")

    def decorate(builder: Builder) -> Builder:
        entry_name = str(name or getattr(builder, "__name__", ""))
        built_in = built_in_models().get(entry_name)
        if built_in is not None and built_in.module == builder.__module__:
            _builders[entry_name] = builder
            return builder
        if built_in is not None or entry_name in _added or entry_name == CUSTOM.name:
            owner = (built_in or _added.get(entry_name, CUSTOM)).module or "models from Python"
            raise ModelError(
                f"the model name {entry_name!r} is already taken by {owner}; choose another name"
            )
        try:
            entry = ModelEntry(
                name=entry_name,
                module=builder.__module__,
                builder=builder.__qualname__,
                summary=(inspect.getdoc(builder) or "").partition("\n")[0],
                options=signature_options(builder, ranges or {}),
                task=task,
                other_tasks=other_tasks,
                paper=paper,
                default_dataset=default_dataset,
                input_axes=input_axes,
                causal=causal,
            )
        except ValueError as error:
            raise ModelError(f"cannot register the model {entry_name!r}: {error}") from error
        _added[entry_name] = entry
        _builders[entry_name] = builder
        return builder

    return decorate


def list_models(pattern: str = "*") -> list[str]:
    """Return the registered names that match a shell-style pattern, sorted."""
    return sorted(name for name in {*built_in_models(), *_added} if fnmatchcase(name, pattern))


def is_model(name: str) -> bool:
    """Return whether a model of this name is registered."""
    return name in built_in_models() or name in _added


def find_entry(name: str) -> ModelEntry:
    """Return what is known of a model.

    Raises:
        UnknownModelError: no model has this name.
    """
    entry = built_in_models().get(name) or _added.get(name)
    if name == CUSTOM.name:
        return CUSTOM
    if entry is None:
        names = list_models()
        if name.endswith(".py"):
            raise UnknownModelError(
                f"{name!r} is a file, and a model is asked for by its name; a file is brought with "
                f"`--import {shown(name)}`, the model is the name that it registers"
            )
        raise UnknownModelError(
            f"no model is called {name!r}; {did_you_mean(name, names)}allowed: {', '.join(names)}"
        )
    return entry


def model_options(name: str) -> dict[str, Option]:
    """Return a model's options by name, in the order of its signature.

    Raises:
        UnknownModelError: no model has this name.
    """
    return dict(find_entry(name).options)


def create_model(
    name: str,
    /,
    *,
    num_classes: int | None = None,
    input_shape: tuple[int | None, ...] | None = None,
    weights: str | None = None,
    **overrides: Any,
) -> "keras.Model":
    """Build a model; its weights follow the seed set by `keras.utils.set_random_seed`.

    Or they are trained ones that come with the zoo, which bring their sizes and options with them:
    what is given beside them must agree, but for `dropout`, a length in time, and the number of
    classes: with another one the last layer is new, which a warning says.

    Args:
        name: a registered name; it becomes the model's `name`.
        num_classes: classes, symbols or regression outputs, at least 1.
        input_shape: one example's shape without the batch; a time axis may be None.
        weights: what they were trained on, as in "mnist", or the whole name, as in "cnn:mnist";
            see `zoo.list_weights`. None draws them.
        **overrides: values of the model's options, see `model_options(name)`.

    Raises:
        UnknownModelError: no model has this name.
        UnknownWeightsError: no trained weights of this model have this name.
        ModelFileError: the trained weights are damaged.
        ModelOptionError: an option, value, input shape or number of classes it does not take, or
            that its trained weights do not have.
        ModelError: Keras cannot be imported, or computes by another library than TensorFlow.
    """
    entry = find_entry(name)
    if entry is CUSTOM:
        raise ModelError(
            "the model of this run was given from Python, and only there it can be given again: "
            "trainers.open(RUN_DIR, model=...)"
        )
    options = check_options(name, entry.options, overrides)
    card = None if weights is None else trained.found(entry, weights)
    if card is not None:
        num_classes = card.num_classes if num_classes is None else num_classes
        input_shape = card.input_shape if input_shape is None else input_shape
    elif num_classes is None or input_shape is None:
        raise ModelOptionError(
            f"model {name!r} needs num_classes and input_shape, or weights that bring them: "
            f"{', '.join(list_weights(name)) or 'there are none of it'}"
        )
    shape = check_input_shape(entry, input_shape)
    classes = check_num_classes(name, num_classes)
    if card is not None:
        options = trained.agreed(entry, card, shape, classes, options)
    with keras_settings.channels_last():
        if name not in _builders:
            importlib.import_module(entry.module)
        model = _builders[name](shape, classes, **options)

    import keras

    if not isinstance(model, keras.Model):
        raise ModelError(
            f"the builder of model {name!r} returned {type(model).__name__}; "
            "it must return a keras.Model"
        )
    model.name = name
    mark_variables(model)
    if card is not None:
        trained.put_weights(model, card, classes)
    return model


def load_model(path: str | Path) -> "keras.Model":
    """Load a `.keras` file, first importing the layers and functions the zoo registers.

    A run's model takes raw inputs and gives answers: see `zoo.described` and `zoo.trained_model`.
    So do trained weights, asked for by a name of `zoo.list_weights()` unless a file or folder here
    has that name.
    Nothing that the file brings is executed, and no other file is read: see
    `zoo.catalogue.model_files`. In a fresh process Keras does not yet know the zoo's own functions,
    nor those of a module of the user's, which must be imported before.

    Args:
        path: a file that `model.save("name.keras")` wrote, or trained weights, as in "cnn:mnist".

    Raises:
        UnknownWeightsError: there are no trained weights of this name.
        ModelFileError: it is missing, damaged, or holds what could execute code or read files.
        ModelError: Keras cannot be imported, or computes by another library than TensorFlow.
    """
    keras_settings.import_keras()
    for module in modules_with_custom_objects():
        importlib.import_module(module)
    import keras

    if isinstance(path, str) and is_name(path):
        card = weights_card(path)
        model = create_model(card.model, weights=card.name)
        return deployable(
            model, card.preparation, str(card.options.get("output_activation", "linear"))
        )
    model_files.require_safe(Path(path))
    try:
        model = keras.saving.load_model(str(path), safe_mode=True)
    except Exception as error:
        # Of a file that nobody vouches for, whatever Keras makes of it.
        raise ModelFileError(
            f"{path} cannot be loaded ({type(error).__name__}: {reason_of(error)}); save the model "
            "again, with the versions in requirements.txt"
        ) from error
    if not isinstance(model, keras.Model):
        raise ModelFileError(
            f"{path} holds a {type(model).__name__}, which is no keras.Model; save a model"
        )
    return model

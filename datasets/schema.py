"""What a builder's features say about the task, and how their values become arrays."""

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.catalogue import EMBEDDED_DATASETS
from datasets.errors import PREPARE_ELSEWHERE, DataError, DataOptionError, one_line
from datasets.own.pictorial.reading import Form
from datasets.own.request import picture_size

FLOAT32 = np.dtype(np.float32)


@dataclass(frozen=True)
class Schema:
    """A supervised pair of features.

    Attributes:
        task: "classification" or "regression".
        input_key: name of the input feature, and
        target_key: of the target feature.
        input_shape: of one example, without the batch axis.
        input_dtype: of one example as recorded.
        scale: pictures are divided by it, to [0, 1].
        class_names: empty for regression.
        image: whether inputs are pictures; others are numbers, which are standardized.
        form: what pictures are decoded to; None where all have the shape that is declared.
        dtype: of all numbers in a split's arrays but classes.
    """

    task: str
    input_key: str
    target_key: str
    input_shape: tuple[int, ...]
    input_dtype: np.dtype
    scale: float
    class_names: tuple[str, ...]
    image: bool
    form: Form | None = None
    dtype: np.dtype = FLOAT32


def is_next_symbol(name: str) -> bool:
    """Tell whether an embedded dataset is of strings whose next symbol is predicted."""
    return name in EMBEDDED_DATASETS and EMBEDDED_DATASETS[name].task == "next_symbol"


@dataclass(frozen=True)
class Choice:
    """What the user says of a builder's features; None leaves it to them.

    Attributes:
        input_key: name of the feature to learn from, and
        target_key: of the one to predict.
        task: "auto", or what the target must be predicted as.
        image_size: "HxW" that pictures are brought to.
        resize: how: "fit", "crop" or "stretch".
        channels: 1 or 3, of pictures.
    """

    input_key: str | None = None
    target_key: str | None = None
    task: str = "auto"
    image_size: str | None = None
    resize: str = "fit"
    channels: int | None = None


def supervised_schema(name: str, builder: Any, choice: Choice | None = None) -> Schema:
    """Read the task off a builder's features.

    Raises:
        DataError: the features are of no supported form.
        DataOptionError: what is chosen of them is not there, or has no effect on them.
    """
    import tensorflow_datasets as tfds

    choice = choice or Choice()
    info = builder.info
    keys = _keys(name, info, choice)
    inputs, target = (info.features[key] for key in keys)
    image = isinstance(inputs, tfds.features.Image)
    scale = float(getattr(builder, "PIXEL_MAXIMUM", 255)) if image else 1.0
    known = inputs.np_dtype == np.uint8 if image else _is_number(inputs)
    if known and isinstance(target, tfds.features.ClassLabel):
        task, class_names = "classification", tuple(target.names)
    elif known and not image and _is_number(target) and tuple(target.shape) == ():
        task, class_names = "regression", ()
    else:
        raise _unsupported(name, f"{keys[0]}={inputs!r} and {keys[1]}={target!r}")
    if choice.task not in ("auto", task):
        raise DataOptionError(
            f"task is {choice.task!r}, and {keys[1]!r} of dataset {name!r} is for {task}; leave "
            "--task out, or pass --target-key with another feature"
        )
    shape = inputs.shape if isinstance(inputs.shape, tuple) else (None,)
    form = _form(name, keys[0], shape, choice) if image else None
    if not image and (choice.image_size or choice.channels):
        raise DataOptionError(
            f"image_size or channels is given, and {keys[0]!r} of dataset {name!r} is no picture; "
            "leave them out, or pass --input-key with a picture"
        )
    dtype = np.dtype(inputs.np_dtype)
    if form is not None:
        shape, dtype = form.shape, form.dtype
    if not shape or None in shape:
        raise _unsupported(name, f"{keys[0]} of shape {shape}, where None varies by example")
    return Schema(task, *keys, shape, dtype, scale, class_names, image, form)


def _keys(name: str, info: Any, choice: Choice) -> tuple[str, str]:
    """Return the names of the input and the target: as chosen, else the supervised ones."""
    features = sorted(info.features)
    usual = info.supervised_keys
    if not isinstance(usual, tuple) or len(usual) != 2:
        usual = (None, None)
    chosen = (choice.input_key or usual[0], choice.target_key or usual[1])
    for flag, key in zip(("--input-key", "--target-key"), chosen, strict=True):
        if isinstance(key, str) and key not in features:
            near = difflib.get_close_matches(key, features, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise DataOptionError(
                f"dataset {name!r} has no feature {key!r}; {hint}{flag} takes one of "
                f"{', '.join(features)}"
            )
    if not all(isinstance(key, str) for key in chosen) or chosen[0] == chosen[1]:
        raise _unsupported(
            name,
            f"supervised keys {info.supervised_keys} of {info.features}",
            "pass --input-key and --target-key with two of its features",
        )
    return str(chosen[0]), str(chosen[1])


def _form(name: str, key: str, shape: tuple[int | None, ...], choice: Choice) -> Form | None:
    """Return what pictures are made, None where they stay as they are declared."""
    size = picture_size(choice.image_size, choice.resize)
    height, width, declared = shape if len(shape) == 3 else (None, None, None)
    if size is None and (height is None or width is None):
        raise _unsupported(
            name,
            f"{key} of shape {shape}, where None varies by example",
            "pass --image-size, as in --image-size 28x28, to bring all to one size",
        )
    if size is None and choice.channels in (None, declared) and declared is not None:
        return None
    channels = choice.channels or (1 if declared == 1 else 3)
    first = ("the declaration", (height or 0, width or 0))
    return Form(channels, size, choice.resize, first)  # type: ignore[arg-type]


def _is_number(feature: Any) -> bool:
    import tensorflow_datasets as tfds

    # Not a subclass such as ClassLabel or BBoxFeature, whose numbers mean something else.
    return type(feature) in (tfds.features.Tensor, tfds.features.Scalar) and np.issubdtype(
        feature.np_dtype, np.number
    )


def _unsupported(name: str, actual: str, remedy: str = "choose another dataset") -> DataError:
    flat = one_line(ValueError(actual), limit=400)
    return DataError(
        f"dataset {name!r} has {flat}; expected one fixed-shape uint8 image with a class label, "
        "one fixed-shape numeric tensor with a class label or a numeric target, or a text feature "
        f"alone, named 'text'; {remedy}"
    )


def require_known_features(folder: Path) -> None:
    """Raise `DataError` if prepared data name features of another package than TFDS.

    TFDS imports the modules that a `features.json` names, where it knows no builder of the data.

    Args:
        folder: of a dataset, with its configurations and versions; it need not exist.

    Raises:
        DataError: another module is named, or the file is damaged.
    """
    for path in sorted(folder.glob("**/features.json")):
        try:
            names = list(_class_names(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, RecursionError) as error:
            raise DataError(
                f"{path} is damaged ({one_line(error)}); {PREPARE_ELSEWHERE}"
            ) from error
        foreign = [name for name in names if not str(name).startswith("tensorflow_datasets.core.")]
        if foreign:
            raise DataError(
                f"{path} needs {str(foreign[0])[:100]!r}, which would be imported; only features "
                "of TensorFlow Datasets itself are read from a folder, so choose other data"
            )


def _class_names(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, item in value.items():
            # The last is how older releases of TFDS wrote it.
            older = key == "type" and "content" in value
            if key in ("pythonClassName", "python_class_name") or older:
                yield item
            yield from _class_names(item)
    elif isinstance(value, list):
        for item in value:
            yield from _class_names(item)

"""What a builder's features say about the task, and how their values become arrays."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.catalogue import EMBEDDED_DATASETS
from datasets.errors import PREPARE_ELSEWHERE, DataError, one_line


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
    """

    task: str
    input_key: str
    target_key: str
    input_shape: tuple[int, ...]
    input_dtype: np.dtype
    scale: float
    class_names: tuple[str, ...]
    image: bool


def is_next_symbol(name: str) -> bool:
    """Tell whether an embedded dataset is of strings whose next symbol is predicted."""
    return name in EMBEDDED_DATASETS and EMBEDDED_DATASETS[name].task == "next_symbol"


def supervised_schema(name: str, builder: Any) -> Schema:
    """Read the task off a builder's features.

    Raises:
        DataError: the features are of no supported form.
    """
    import tensorflow_datasets as tfds

    info = builder.info
    keys = info.supervised_keys
    if (
        not isinstance(keys, tuple)
        or len(keys) != 2
        or not all(isinstance(key, str) and key in info.features for key in keys)
    ):
        raise _unsupported(name, f"supervised keys {keys} of {info.features}")
    inputs, target = (info.features[key] for key in keys)
    shape = inputs.shape if isinstance(inputs.shape, tuple) else (None,)
    image = isinstance(inputs, tfds.features.Image)
    scale = float(getattr(builder, "PIXEL_MAXIMUM", 255)) if image else 1.0
    known = inputs.np_dtype == np.uint8 if image else _is_number(inputs)
    if known and isinstance(target, tfds.features.ClassLabel):
        task, class_names = "classification", tuple(target.names)
    elif known and not image and _is_number(target) and tuple(target.shape) == ():
        task, class_names = "regression", ()
    else:
        raise _unsupported(name, f"{keys[0]}={inputs!r} and {keys[1]}={target!r}")
    if not shape or None in shape:
        raise _unsupported(name, f"{keys[0]} of shape {shape}, where None varies by example")
    return Schema(task, *keys, shape, np.dtype(inputs.np_dtype), scale, class_names, image)


def _is_number(feature: Any) -> bool:
    import tensorflow_datasets as tfds

    # Not a subclass such as ClassLabel or BBoxFeature, whose numbers mean something else.
    return type(feature) in (tfds.features.Tensor, tfds.features.Scalar) and np.issubdtype(
        feature.np_dtype, np.number
    )


def _unsupported(name: str, actual: str) -> DataError:
    flat = one_line(ValueError(actual), limit=400)
    return DataError(
        f"dataset {name!r} has {flat}; expected one fixed-shape uint8 image with a class label, "
        "one fixed-shape numeric tensor with a class label or a numeric target, or a text feature "
        "alone, named 'text'; choose another dataset"
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

"""Checks of data before any training: one line with what was expected and what was found.

Compiled training would not notice: there an out-of-range label gives NaN, an out-of-range
symbol some other symbol's embedding.
"""

import numpy as np

from datasets.errors import DataError
from datasets.schema import Schema


def check_batch(where: str, schema: Schema, inputs: np.ndarray) -> None:
    """Raise `DataError` unless a batch of inputs has the declared shape and type."""
    if inputs.shape[1:] != schema.input_shape or inputs.dtype != schema.input_dtype:
        raise DataError(
            f"{where}: {schema.input_key} is {inputs.dtype} of shape {inputs.shape[1:]}, expected "
            f"{schema.input_dtype} of shape {schema.input_shape}; prepare the dataset again"
        )


def check_finite(where: str, feature: str, values: np.ndarray) -> None:
    """Raise `DataError` if a value is NaN or infinite."""
    bad = int(values.size - np.count_nonzero(np.isfinite(values)))
    if bad:
        raise DataError(
            f"{where}: {bad} values of {feature} are NaN or infinite (or beyond float32), "
            "expected none; mend the data"
        )


def check_labels(where: str, labels: np.ndarray, num_classes: int) -> None:
    """Raise `DataError` unless every label is in 0..num_classes-1."""
    outside = labels[(labels < 0) | (labels >= num_classes)]
    if outside.size:
        raise DataError(
            f"{where}: label {outside[0]} is out of range, expected 0 to {num_classes - 1}; "
            "mend the data"
        )

"""Raw columns of a table to the one vector that a model reads.

A number x becomes (x - mean) / deviation, a missing one (NaN) that of the column's `fill`; where
the column says `indicator`, a 1 for missing or a 0 follows. A category becomes one 1 among zeros:
one place for each of the column's categories, the last for any other.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="zoo")
class TablePreparation(keras.layers.Layer):
    """Maps named columns to vectors.

    Categories are compared with each one that was seen, rather than looked up in a table of
    hashes, which the formats for phones do not have.

    Args:
        columns: as in `Dataset.preparation`, each with "input", the name of the model's input.
        **options: those of every Keras layer.
    """

    def __init__(self, columns: Sequence[Mapping[str, Any]], **options: Any) -> None:
        super().__init__(**options)
        self.columns = [dict(column) for column in columns]

    @property
    def width(self) -> int:
        """The length of a vector."""
        return sum(width_of(column) for column in self.columns)

    def call(self, table: Mapping[str, Any]) -> Any:
        """Map columns `[batch, 1]`, float32 or strings, to float32 `[batch, width]`."""
        numbers = [column for column in self.columns if column["kind"] == "number"]
        parts, places = [], []
        starts = self._starts()
        if numbers:
            # All at once: a table may have hundreds.
            values, missing = self._numbers([table[column["input"]] for column in numbers], numbers)
            parts.append(values)
            places += [starts[column["input"]] for column in numbers]
            told = [index for index, column in enumerate(numbers) if column["indicator"]]
            if told:
                parts.append(tf.gather(missing, told, axis=1))
                places += [starts[numbers[index]["input"]] + 1 for index in told]
        for column in self.columns:
            if column["kind"] == "category":
                parts.append(self._one_hot(table[column["input"]], column["categories"]))
                start = starts[column["input"]]
                places += range(start, start + width_of(column))
        vector = tf.concat(parts, axis=1) if len(parts) > 1 else parts[0]
        if places == sorted(places):
            return vector
        order = sorted(range(len(places)), key=places.__getitem__)
        return tf.gather(vector, order, axis=1)

    def _starts(self) -> dict[str, int]:
        starts, start = {}, 0
        for column in self.columns:
            starts[column["input"]] = start
            start += width_of(column)
        return starts

    def _numbers(self, values: list[Any], columns: list[dict[str, Any]]) -> tuple[Any, Any]:
        dtype = self.compute_dtype
        raw = tf.concat([tf.cast(each, dtype) for each in values], axis=1)
        mean, deviation, fill = (
            tf.constant([[column[key] for column in columns]], dtype)
            for key in ("mean", "deviation", "fill")
        )
        missing = tf.math.is_nan(raw)
        filled = tf.where(missing, tf.zeros_like(raw) + fill, raw)
        return (filled - mean) / deviation, tf.cast(missing, dtype)

    def _one_hot(self, values: Any, categories: list[str]) -> Any:
        if tf.as_dtype(values.dtype).is_integer:  # numbered already, where strings are not known
            return tf.one_hot(values[:, 0], len(categories) + 1, dtype=self.compute_dtype)
        if not categories:
            return tf.cast(tf.equal(values, values), self.compute_dtype)
        known = tf.cast(tf.equal(values, tf.constant([categories])), self.compute_dtype)
        return tf.concat([known, 1.0 - tf.reduce_sum(known, axis=1, keepdims=True)], axis=1)

    def compute_output_spec(self, table: Mapping[str, Any]) -> keras.KerasTensor:
        """Return the shape and type of the vectors."""
        batch = next(iter(table.values())).shape[0]
        return keras.KerasTensor((batch, self.width), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the layer."""
        return {**super().get_config(), "columns": self.columns}


def width_of(column: Mapping[str, Any]) -> int:
    """Return how many numbers of the vector are a column's."""
    if column["kind"] == "category":
        return len(column["categories"]) + 1
    return 2 if column["indicator"] else 1

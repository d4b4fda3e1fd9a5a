"""What arrays of inputs are, and how they become what a model reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from datasets.dataset import row_blocks
from datasets.own.parts import Part

PIXEL_MAXIMUM = 255.0
_BLOCK_BYTES = 1 << 22


@dataclass(frozen=True, eq=False)
class ArrayInputs:
    """The inputs of all parts, of one kind.

    Args:
        kind: "images", "numbers" or "sequences", see `kind_of`.
        shape: of one example as a model reads it; of sequences the time of the longest.
        lengths: split -> `[n]` steps of each sequence that are no padding.
    """

    kind: str
    shape: tuple[int, ...]
    lengths: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, parts: Mapping[str, Part]) -> ArrayInputs:
        """Look at the inputs of all parts.

        Raises:
            DataError: they are of unlike shapes or kinds, or lengths are out of range.
        """
        first = next(iter(parts.values()))
        kind = kind_of(first)
        shapes = {split: _example_shape(part, kind) for split, part in parts.items()}
        for split, part in parts.items():
            alike = shapes[split][-1:] if kind == "sequences" else shapes[split]
            wanted = next(iter(shapes.values()))
            wanted = wanted[-1:] if kind == "sequences" else wanted
            if kind_of(part) != kind or alike != wanted:
                raise part.error(
                    "inputs",
                    f"holds {kind_of(part)} of shape {shapes[split]}, {first.named('inputs')} "
                    f"{kind} of shape {next(iter(shapes.values()))}; give both alike",
                )
        shape = next(iter(shapes.values()))
        if 0 in shape:
            raise first.error("inputs", f"has shape {first.inputs.shape}; give values")
        lengths: dict[str, np.ndarray] = {}
        if kind == "sequences":
            lengths = {split: _lengths(part) for split, part in parts.items()}
            shape = (max(int(each.max()) for each in lengths.values()), *shape[1:])
        return cls(kind, shape, lengths)

    def fill(self, out: np.ndarray, split: str, part: Part, rows: np.ndarray) -> None:
        """Write the examples of a part at `rows` into `out`, `[rows, *shape]`, in its type.

        Numbers and sequences stay in their own units; steps that are padding become NaN in all
        features. Pictures are divided by 255.

        Raises:
            DataError: a value is NaN or infinite where it is no padding.
        """
        for block in row_blocks(out, _BLOCK_BYTES):
            own = rows[block]
            raw = part.inputs[own]
            if self.kind == "images":
                raw = raw.reshape(len(own), *self.shape)
                np.divide(raw, np.float32(PIXEL_MAXIMUM), out=out[block], casting="unsafe")
                continue
            with np.errstate(over="ignore"):  # what is too large is told below
                values = raw.astype(out.dtype)
            if self.kind == "numbers":
                values = values.reshape(len(own), *self.shape)
                wrong = ~np.isfinite(values)
            else:
                values, wrong = self._padded(values, self.lengths[split][own])
            self._require_finite(part, own, wrong)
            out[block] = values

    def _padded(self, values: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        time, features = self.shape
        values = values.reshape(len(values), -1, features)
        padded = np.full((len(values), time, features), np.nan, values.dtype)
        padded[:, : values.shape[1]] = values[:, :time]
        real = np.arange(time) < lengths[:, None]
        padded[~real] = np.nan
        return padded, ~np.isfinite(padded) & real[..., None]

    def _require_finite(self, part: Part, rows: np.ndarray, wrong: np.ndarray) -> None:
        if not wrong.any():
            return
        place = np.argwhere(wrong)[0]
        index = ", ".join(str(number) for number in (rows[place[0]], *place[1:]))
        remedy = (
            "pad sequences at their ends, with NaN in all features, or give lengths"
            if self.kind == "sequences"
            else "mend it, or give --dataset table a file whose gaps are to be filled"
        )
        raise part.error(
            "inputs", f"[{index}] is NaN, infinite or beyond float32, expected numbers; {remedy}"
        )

    def standardize(self, splits: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Shift and scale all splits in place by train's statistics; return the preparation.

        The mean and deviation are taken in float64 over train's rows, of sequences over its steps
        that are no padding: of every number by itself, of data with more than two axes of the last
        axis, e.g. of each channel. Then (x - mean) / deviation in float32, as the exported model
        computes it; where a deviation is 0, it is 1.
        """
        if self.kind == "images":
            return {
                "kind": "images",
                "shape": list(self.shape),
                "scale": PIXEL_MAXIMUM,
                "resize": None,
            }
        mean, deviation = statistics(splits["train"], len(self.shape))
        for values in splits.values():
            for block in row_blocks(values, _BLOCK_BYTES):
                values[block] = (values[block] - mean) / deviation
        if self.kind == "sequences":
            return {
                "kind": "sequences",
                "features": self.shape[-1],
                "mean": mean.tolist(),
                "deviation": deviation.tolist(),
            }
        flat = (np.broadcast_to(each, self.shape).ravel().tolist() for each in (mean, deviation))
        return dict(zip(("mean", "deviation"), flat, strict=True)) | {
            "kind": "numbers",
            "shape": list(self.shape),
        }


def kind_of(part: Part) -> str:
    """Return what a part's inputs are.

    | X | without lengths | with lengths |
    | --- | --- | --- |
    | `[n]`, `[n, features]` | numbers | sequences of one feature |
    | `[n, rows, columns]` of uint8 | images | sequences |
    | `[n, time, features]` of another type | sequences | sequences |
    | `[n, rows, columns, channels]` of uint8 | images | refused |
    | any other | numbers | refused |

    Raises:
        DataError: lengths with more axes than a sequence has.
    """
    axes, pixels = part.inputs.ndim, part.inputs.dtype == np.uint8
    if part.lengths is not None:
        if axes not in (2, 3):
            raise part.error(
                "inputs",
                f"has shape {part.inputs.shape}, expected [n, time] or [n, time, features] with "
                f"{part.named('lengths')}",
            )
        return "sequences"
    if axes in (3, 4) and pixels:
        return "images"
    return "sequences" if axes == 3 else "numbers"


def _example_shape(part: Part, kind: str) -> tuple[int, ...]:
    shape = part.inputs.shape[1:]
    one_more = {"images": 2, "sequences": 1, "numbers": 0}[kind]
    return (*shape, 1) if len(shape) == one_more else shape


def _lengths(part: Part) -> np.ndarray:
    """Return how many steps of each sequence are no padding, `[n]` int64."""
    time = part.inputs.shape[1]
    if part.lengths is not None:
        given = part.lengths
        if given.dtype.kind not in "ui":
            raise part.error("lengths", f"are of type {given.dtype}, allowed are whole numbers")
        wrong = np.flatnonzero((given < 1) | (given > time))
        if len(wrong):
            raise part.error(
                "lengths",
                f"[{wrong[0]}] is {given[wrong[0]]}, allowed are 1 to {time}, the steps of "
                f"{part.named('inputs')}",
            )
        return given.astype(np.int64)
    result = np.full(len(part.inputs), time, np.int64)
    if part.inputs.dtype.kind != "f":
        return result
    for block in row_blocks(part.inputs, _BLOCK_BYTES):
        padding = np.isnan(part.inputs[block]).all(axis=2)
        result[block] = time - np.argmin(padding[:, ::-1], axis=1)
        empty = np.flatnonzero(padding.all(axis=1))
        if len(empty):
            raise part.error(
                "inputs", f"[{block.start + empty[0]}] is NaN throughout; leave it out"
            )
    return result


def statistics(values: np.ndarray, axes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation in float32, computed in float64; of NaN nothing is counted.

    Args:
        values: `[n, ...]`.
        axes: of one example; with more than one, the statistics are those of the last axis.
    """
    over = tuple(range(axes))
    count = np.zeros(values.shape[len(over) :])
    mean = np.zeros_like(count)
    for block in row_blocks(values, _BLOCK_BYTES):
        part = values[block]
        count += np.sum(~np.isnan(part), axis=over)
        mean += np.nansum(part, axis=over, dtype=np.float64)
    mean /= count
    square = np.zeros_like(mean)
    for block in row_blocks(values, _BLOCK_BYTES):
        square += np.nansum((values[block] - mean) ** 2, axis=over)
    # What is constant may differ by a rounding from its mean.
    deviation = np.sqrt(square / count)
    deviation[deviation <= 1e-7 * np.abs(mean)] = 1
    deviation[deviation == 0] = 1
    return mean.astype(np.float32), deviation.astype(np.float32)

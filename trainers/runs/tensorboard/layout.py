"""TensorBoard's page Custom Scalars: one chart a figure, with train and validation in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.custom_scalar import layout_pb2, metadata
from tensorboard.util.tensor_util import make_tensor_proto

from trainers.objectives.metrics import is_detail

TAG = metadata.CONFIG_SUMMARY_TAG
"""The name under which a layout is written."""

# Every layout has these, in this order: TensorBoard merges the charts of several runs by them.
_LEARNING, _WAY, _INSIDE = "Learning curves", "Step size, gradient and speed", "Inside the model"
_OF_THE_WAY = (
    *("learning_rate", "gradient_norm", "examples_per_second", "loss_scale", "skipped_steps"),
    *("hessian_top_eigenvalue", "hessian_bottom_eigenvalue", "hessian_condition"),
)


def layout(train: Collection[str], validation: Iterable[str]) -> Summary:
    """Return the charts of a run's figures.

    A figure is in one chart with itself on every split. Figures of single classes share one, and
    so do those of all layers, of which the legend tells the layers.

    Args:
        train: names of the figures that training logs.
        validation: names of those that a validation logs; the losses come first.
    """
    learning = [name for name in (*validation, *train) if name not in _OF_THE_WAY]
    charts: dict[str, dict[str, None]] = {_LEARNING: {}, _WAY: {}, _INSIDE: {}}
    for name in sorted(dict.fromkeys(learning), key=lambda each: each != "loss"):
        if "/" in name:
            charts[_INSIDE][f"^{re.escape(name.partition('/')[0])}/"] = None
        elif is_detail(name):
            charts[_LEARNING][f"^{re.escape(name.rpartition('_')[0])}_[0-9]+$"] = None
        else:
            charts[_LEARNING][f"^{re.escape(name)}$"] = None
    charts[_WAY] = {f"^{re.escape(name)}$": None for name in _OF_THE_WAY if name in train}
    message = layout_pb2.Layout()
    for title, patterns in charts.items():
        category = message.category.add(title=title, closed=False)
        for pattern in patterns:
            chart = category.chart.add(title=_title(pattern))
            chart.multiline.tag.append(pattern)
    value = Summary.Value(
        tag=TAG,
        metadata=metadata.create_summary_metadata(),
        tensor=make_tensor_proto(message.SerializeToString()),
    )
    return Summary(value=[value])


def _title(pattern: str) -> str:
    name = pattern.strip("^$").removesuffix("_[0-9]+")
    each = " by layer" if name.endswith("/") else " by class" if "[0-9]" in pattern else ""
    return name.rstrip("/").replace("\\", "").replace("_", " ") + each

"""Losses and metrics that are functions or Keras objects of the user's own, given from Python.

Both map (targets, outputs) to one value per prediction, as every row of `losses` does. Of classes a
function is given the numbers, `[batch, ...]`; one of Keras's objects is given what its name says:
numbers if it is called Sparse..., else one-hot vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import configs
from trainers.objectives.losses import Loss, with_control_flow

if TYPE_CHECKING:
    import tensorflow as tf

    from trainers.objectives.metrics import Metric

_MEASURED_ANYWAY = ("accuracy", "acc", "loss")
_REMEDY = "give one value per prediction, `[batch]`, as keras.losses.mean_squared_error does"


@dataclass(frozen=True)
class GivenMetric:
    """A metric of the user's own.

    Args:
        function: from (targets, outputs) to one value per prediction.
        one_hot: whether classes are given to it as vectors.
    """

    function: Callable[[Any, Any], Any]
    one_hot: bool

    def metric(self, name: str, predicts: str, num_classes: int, outputs: Any) -> Metric:
        """Return it as the step calls it; numbers are in the data's own units.

        Args:
            name: for messages.
            predicts: "classes" or "numbers".
            num_classes: of the data.
            outputs: how numbers were standardized, see `datasets.Dataset.preparation`.
        """
        import keras

        mean, deviation = outputs.get("mean"), outputs.get("deviation")
        function = _per_prediction(with_control_flow(self.function), f"metric {name!r}")

        def measured(targets: tf.Tensor, answers: tf.Tensor) -> tf.Tensor:
            if predicts == "classes" and self.one_hot:
                targets = keras.ops.one_hot(targets, num_classes, dtype=answers.dtype)
            if predicts == "numbers" and deviation is not None:
                units, shift = (
                    keras.ops.array([float(each) for each in numbers], answers.dtype)
                    for numbers in (deviation, mean)
                )
                targets, answers = targets * units + shift, answers * units + shift
            return function(targets, answers)

        return measured


def require_per_prediction(
    functions: Iterable[Callable[[Any, Any], Any]], targets: Any, outputs: Sequence[int | None]
) -> None:
    """Call functions once, before anything is written, so that they say what is wrong with them.

    Args:
        functions: losses and metrics, as the step calls them.
        targets: of a few examples.
        outputs: shape of a model's outputs.

    Raises:
        ConfigError: one gives no value per prediction.
    """
    import tensorflow as tf

    # Of symbols there is one target at every step, of numbers as many as there are outputs.
    times = targets.shape if targets.dtype.kind == "i" else targets.shape[:-1]
    zeros = tf.zeros([*times, outputs[-1]])
    for function in functions:
        function(tf.constant(targets), zeros)


def loss_row(loss: Any) -> Loss:
    """Return the row of a loss that is a function or a `keras.losses.Loss`.

    Raises:
        ConfigError: it is neither.
    """
    import keras

    if isinstance(loss, keras.losses.Loss):
        function, name = loss.call, type(loss).__name__
        takes_ids = name.startswith("Sparse")
    elif callable(loss) and not isinstance(loss, type):
        function, name, takes_ids = loss, getattr(loss, "__name__", "loss"), True
    else:
        raise configs.ConfigError(
            f"loss is {configs.shown(loss)}; give a name, a function of (y_true, y_pred), or an "
            "object of keras.losses, as in keras.losses.Huber()"
        )
    checked = _per_prediction(with_control_flow(function), f"loss {name!r}")
    return Loss(
        lambda targets, outputs, _: checked(targets, outputs), ("classes", "numbers"), takes_ids
    )


def given_metrics(metrics: Sequence[Any]) -> dict[str, GivenMetric]:
    """Return metrics by name; "accuracy" and the mean absolute error are measured anyway.

    Raises:
        ConfigError: one is no mean over examples, or two have one name.
    """
    result: dict[str, GivenMetric] = {}
    for each in metrics:
        if each in _MEASURED_ANYWAY:
            continue
        name, metric = _given(each)
        if name in result:
            raise configs.ConfigError(f"two metrics are called {name!r}; give one another name")
        result[name] = metric
    return result


def _given(metric: Any) -> tuple[str, GivenMetric]:
    import keras

    if isinstance(metric, str):
        try:
            found = keras.metrics.get(metric)
        except ValueError:
            names = [name for name in dir(keras.metrics) if name[0].islower()]
            raise configs.ConfigError(
                f"unknown metric {metric!r}{configs.nearest(metric, names) or ';'} give a name of "
                "keras.metrics, or a function of (y_true, y_pred)"
            ) from None
        return metric, _given(found() if isinstance(found, type) else found)[1]
    if isinstance(metric, keras.metrics.Metric):
        function = getattr(metric, "_fn", None)
        if not isinstance(metric, keras.metrics.MeanMetricWrapper) or function is None:
            raise configs.ConfigError(
                f"metric {metric.name!r} is no mean over examples, and is not added up here; "
                "evaluate gives precision, recall and F1 of every class"
            )
        settings = dict(getattr(metric, "_fn_kwargs", {}))
        one_hot = not type(metric).__name__.startswith("Sparse")
        return metric.name, GivenMetric(
            lambda targets, outputs: function(targets, outputs, **settings), one_hot
        )
    if callable(metric) and not isinstance(metric, type):
        name = getattr(metric, "__name__", type(metric).__name__)
        keras_own = getattr(metric, "__module__", "").startswith("keras.")
        return name, GivenMetric(metric, keras_own and not name.startswith("sparse"))
    raise configs.ConfigError(
        f"metrics hold {configs.shown(metric)}; give names, functions of (y_true, y_pred), or "
        "objects of keras.metrics"
    )


def _per_prediction(function: Callable[..., Any], what: str) -> Callable[[Any, Any], Any]:
    """Return a function that refuses to have averaged over the batch."""

    def checked(targets: Any, outputs: Any) -> Any:
        import tensorflow as tf

        values = tf.convert_to_tensor(function(targets, outputs))
        wanted = outputs.shape.rank - 1
        if values.shape.rank == wanted + 1 and values.shape[-1] == 1:
            values = tf.squeeze(values, -1)
        if values.shape.rank != wanted:
            raise configs.ConfigError(
                f"{what} gives values of shape {tuple(values.shape)} for outputs "
                f"{tuple(outputs.shape)}; {_REMEDY}"
            )
        return values

    return checked

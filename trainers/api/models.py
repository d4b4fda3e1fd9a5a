"""What stands for a model and its loss in Python, as settings and as objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import configs
from trainers.objectives.losses import CUSTOM as CUSTOM_LOSS
from zoo.catalogue.entries import CUSTOM as CUSTOM_MODEL

if TYPE_CHECKING:
    import keras

    from trainers.objectives.given import GivenMetric
    from trainers.objectives.losses import Loss

# Keras's names of losses that have another one here.
_LOSS_NAMES = {
    "sparse_categorical_crossentropy": "cross_entropy",
    "categorical_crossentropy": "cross_entropy",
    "crossentropy": "cross_entropy",
    "mean_squared_error": "mse",
    "mean_absolute_error": "mae",
}


def model_settings(
    model: Any, settings: Mapping[str, Any]
) -> tuple[dict[str, Any], keras.Model | None, list[str]]:
    """Return the settings that a model stands for, itself if it is an object, and what to say.

    Args:
        model: a registered name, its name and options as a dictionary, or a `keras.Model`.
        settings: what the user gives beside.

    Raises:
        ConfigError: it is something else, or was built for another arithmetic than is asked for.
    """
    if isinstance(model, str | Mapping):
        return {"model": model}, None, []
    import keras

    from trainers.assembly.given_model import output_activation, precision_of

    if not isinstance(model, keras.Model):
        raise configs.ConfigError(
            f"model is {configs.shown(model)}; give a registered name, as `python -m zoo` lists "
            "them, or a keras.Model"
        )
    precision, notes = precision_of(model), []
    if settings.get("precision", precision) != precision:
        raise configs.ConfigError(
            f"the model was built for {precision}, not {settings['precision']}; build it after "
            f"keras.config.set_dtype_policy({settings['precision']!r})"
        )
    found: dict[str, Any] = {"model": CUSTOM_MODEL.name, "precision": precision}
    if "output_activation" not in settings:
        found["output_activation"] = output_activation(model)
        if not getattr(model, "outputs", None):
            notes.append(
                "the outputs of a subclassed model are taken for scores; if they are "
                'probabilities, give output_activation="softmax"'
            )
    return found, model, notes


def loss_settings(loss: Any) -> tuple[dict[str, Any], Loss | None]:
    """Return the settings that a loss stands for, and its row if it is a function or an object.

    Raises:
        ConfigError: it is something else.
    """
    if loss is None:
        return {}, None
    if isinstance(loss, str):
        return {"loss": _LOSS_NAMES.get(loss, loss)}, None
    if isinstance(loss, Mapping):
        return {"loss": loss}, None
    from trainers.objectives.given import loss_row

    return {"loss": CUSTOM_LOSS}, loss_row(loss)


def metrics_of(metrics: Sequence[Any]) -> dict[str, GivenMetric]:
    """Return metrics by name.

    Raises:
        ConfigError: one is no mean over examples.
    """
    if not metrics:
        return {}
    from trainers.objectives.given import given_metrics

    return given_metrics([metrics] if isinstance(metrics, str) else list(metrics))

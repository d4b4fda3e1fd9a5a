"""Settings of the user's own for Keras: in `keras.json`, in the environment, by `keras.config`.

A command sets what it needs in its own process. Who builds a model by `zoo.create_model` keeps
every setting: the model is built with its images' channels last, in the user's type of numbers.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from zoo.errors import ModelError

_BACKEND = "KERAS_BACKEND"
# They change what `fit` does, end Keras's import, or replace `tf.keras`.
_NOT_FOR_US = (
    "KERAS_MAX_EPOCHS",
    "KERAS_MAX_STEPS_PER_EPOCH",
    "KERAS_NNX_ENABLED",
    "TF_USE_LEGACY_KERAS",
)


def choose_backend() -> None:
    """Let this process's Keras compute by TensorFlow, before it is imported."""
    os.environ[_BACKEND] = "tensorflow"
    for name in _NOT_FOR_US:
        os.environ.pop(name, None)


def settle() -> None:
    """Import Keras and give this process Keras's own defaults, whatever the user's are.

    Raises:
        ModelError: Keras cannot be imported, or computes by another library already.
    """
    import_keras()
    import keras

    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")


@contextlib.contextmanager
def channels_last() -> Iterator[None]:
    """Build layers whose images have their channels last meanwhile, whatever the user's setting.

    A layer keeps the order that was set when it was made.

    Raises:
        ModelError: Keras cannot be imported, or computes by another library.
    """
    import_keras()
    import keras

    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_last")
    try:
        yield
    finally:
        keras.config.set_image_data_format(before)


def import_keras() -> None:
    """Import Keras, which reads the user's settings.

    Raises:
        ModelError: it cannot be imported, or computes by another library than TensorFlow.
    """
    try:
        import keras
    except Exception as error:
        # A broken `keras.json`, or a backend that is not installed.
        raise ModelError(
            f"Keras cannot be imported ({type(error).__name__}: {' '.join(str(error).split())}); "
            f"mend {_settings_path()}, or set KERAS_HOME to a folder without one, and set "
            f"{_BACKEND}=tensorflow"
        ) from error
    backend = keras.config.backend()
    if backend != "tensorflow":
        raise ModelError(
            f"Keras computes by {backend!r} in this process; the zoo's models need TensorFlow: set "
            f"{_BACKEND}=tensorflow before Keras is imported"
        )


def _settings_path() -> str:
    folder = os.environ.get("KERAS_HOME") or os.path.join("~", ".keras")
    return os.path.expanduser(os.path.join(folder, "keras.json"))

"""Settings of the user's own for Keras: in `keras.json`, in the environment, by `keras.config`.

A command sets what it needs in its own process. Who builds a model by `zoo.create_model` keeps
every setting: the model is built with its images' channels last, in the user's type of numbers.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from zoo.errors import ModelError, reason_of
from zoo.process import chatter

_BACKEND = "KERAS_BACKEND"
# They change what `fit` does, end Keras's import, or replace `tf.keras`.
_NNX = "KERAS_NNX_ENABLED"  # which only JAX has, and `keras.json` may ask for
_NOT_FOR_US = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "TF_USE_LEGACY_KERAS")

CHANGED = (_BACKEND, _NNX, *_NOT_FOR_US)
"""The variables of the environment that `choose_backend` changes."""


def choose_backend() -> None:
    """Let this process's Keras compute by TensorFlow, before it is imported."""
    os.environ[_BACKEND] = "tensorflow"
    os.environ[_NNX] = "false"
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
        # What TensorFlow writes at its first import is no news to who builds a model.
        with contextlib.nullcontext() if "tensorflow" in sys.modules else chatter.dropped():
            import keras
    except Exception as error:
        reason = f"{type(error).__name__}: {reason_of(error)}"
        raise ModelError(f"Keras cannot be imported ({reason}); {_remedy()}") from error
    backend = keras.config.backend()
    if backend != "tensorflow":
        raise ModelError(
            f"Keras computes by {backend!r} in this process; the zoo's models need TensorFlow: set "
            f"{_BACKEND}=tensorflow before Keras is imported"
        )


def _remedy() -> str:
    if os.environ.get(_BACKEND, "tensorflow") != "tensorflow":
        return f"set {_BACKEND}=tensorflow: the zoo's models need it"
    # Where Keras looks for it.
    home = os.path.expanduser("~")
    folder = os.path.join(home if os.access(home, os.W_OK) else "/tmp", ".keras")
    settings = os.path.join(os.environ.get("KERAS_HOME", folder), "keras.json")
    if os.path.exists(os.path.expanduser(settings)):
        return f"mend {settings}, or set KERAS_HOME to a folder without such a file"
    return "install what requirements.txt names"

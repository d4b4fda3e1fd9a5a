"""The process of a notebook or script: Keras as training needs it, and afterwards as it was."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import threading
from collections.abc import Iterator
from typing import Any

import configs
from trainers.cli.advice import without_advice
from zoo.process import keras_settings

# Seeds, the type of numbers and the device are the process's: two runs at once would mix them.
_TRAINING = threading.Lock()


@contextlib.contextmanager
def own_keras() -> Iterator[None]:
    """Compute by Keras's own settings meanwhile, and put the user's back.

    Those are the type of numbers, the policy of layers, the order of an image's axes, Python's and
    NumPy's random state, and matplotlib's backend; what was frozen is trainable again.
    TensorFlow's seed stays as a run has set it.

    Raises:
        ConfigError: a run of another thread is going on.
        zoo.ModelError: Keras computes by another library than TensorFlow in this process.
    """
    if not _TRAINING.acquire(blocking=False):
        raise configs.ConfigError(
            "a run is going on in this process, whose seeds and settings another one would change; "
            "wait for it, or start the other one in a process of its own"
        )
    try:
        with _environment(), _random_state(), _drawing(), without_advice():
            if "keras" not in sys.modules:
                keras_settings.choose_backend()
            keras_settings.import_keras()
            before = _settings()
            import trainers.cli.quiet  # noqa: F401

            keras_settings.settle()
            from trainers.assembly.freezing import thawed_afterwards

            try:
                with thawed_afterwards():
                    yield
            finally:
                _put_back(before)
    finally:
        _TRAINING.release()


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """Let Keras be imported for TensorFlow, without a trace in what child processes inherit."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in keras_settings.CHANGED:
            if name in before:
                os.environ[name] = before[name]
            else:
                os.environ.pop(name, None)


@contextlib.contextmanager
def _random_state() -> Iterator[None]:
    import numpy as np

    python, legacy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)


@contextlib.contextmanager
def _drawing() -> Iterator[None]:
    """Put matplotlib's backend back, which pictures of a run change."""
    import matplotlib

    # Asked in the usual way, one would be chosen now.
    before = dict.__getitem__(matplotlib.rcParams, "backend")
    try:
        yield
    finally:
        if dict.__getitem__(matplotlib.rcParams, "backend") != before:
            dict.__setitem__(matplotlib.rcParams, "backend", before)
            if "matplotlib.pyplot" in sys.modules and isinstance(before, str):
                matplotlib.use(before)


def _settings() -> dict[str, Any]:
    import keras

    return {
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "image_data_format": keras.config.image_data_format(),
        "dtype_policy": keras.config.dtype_policy(),
    }


def _put_back(settings: dict[str, Any]) -> None:
    import keras

    keras.config.set_floatx(settings["floatx"])
    keras.config.set_epsilon(settings["epsilon"])
    keras.config.set_image_data_format(settings["image_data_format"])
    keras.config.set_dtype_policy(settings["dtype_policy"])

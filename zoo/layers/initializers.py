"""Weight initializers by name.

| name | distribution of a weight | source |
| --- | --- | --- |
| zeros | 0 | |
| normal | normal, mean 0, standard deviation 0.05 | Keras's default |
| glorot | uniform in +-sqrt(6 / (fan_in + fan_out)) | Glorot & Bengio 2010, equation 16 |
| he | normal, standard deviation sqrt(2 / fan_in), cut at two | He et al. 2015, equation 10 |
| orthogonal | random orthogonal matrix | Saxe et al. 2014, section 3 |
| dcgan | normal, standard deviation 0.02 | Radford et al. 2016, section 4 |

Every other name is Keras's own, such as `lecun_normal`.
"""

from typing import Any

import keras

from zoo.errors import ModelOptionError, did_you_mean

SHORT_NAMES: dict[str, Any] = {
    "normal": "random_normal",
    "glorot": "glorot_uniform",
    "he": "he_normal",
    "dcgan": {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.02}},
}
# Functions of the module, one that needs a value, and a fixed transform that makes no weights.
_NOT_INITIALIZERS = ("get", "serialize", "deserialize", "constant", "stft")


def initializer_names() -> list[str]:
    """Return the names an `initializer` option takes."""
    own = (name for name in dir(keras.initializers) if name.islower() and name[0] != "_")
    return sorted({*SHORT_NAMES, *own} - {*_NOT_INITIALIZERS})


def find_initializer(name: str) -> keras.initializers.Initializer:
    """Return a new initializer; it takes its seed from `keras.utils.set_random_seed`.

    Ask for one per weight: an initializer gives the same values each time it is called, so that
    a shared one would make equal layers.

    Args:
        name: zeros, normal, glorot, he, orthogonal, dcgan, or a name Keras knows.

    Raises:
        ModelOptionError: no initializer has this name.
    """
    names = initializer_names()
    if name not in names:
        raise ModelOptionError(
            f"no initializer is called {name!r}; {did_you_mean(name, names)}"
            f"allowed: {', '.join(names)}"
        )
    return keras.initializers.get(SHORT_NAMES.get(name, name))

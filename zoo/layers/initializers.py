"""Weight initializers by name.

| name | distribution of a weight | source |
| --- | --- | --- |
| zeros | 0 | |
| normal | normal, mean 0, standard deviation 0.05 | Keras's default |
| glorot | uniform in +-sqrt(6 / (fan_in + fan_out)) | Glorot & Bengio 2010, equation 16 |
| he | normal, standard deviation sqrt(2 / fan_in), cut at two | He et al. 2015, equation 10 |
| orthogonal | random orthogonal matrix | Saxe et al. 2014, section 3 |
| dcgan | normal, standard deviation 0.02 | Radford et al. 2016, section 4 |
| unit_normal | normal, standard deviation 1 | Nielsen 2015, chapter 1, network.py |
| fan_in_normal | normal, standard deviation 1 / sqrt(fan_in) | chapter 3, network2.py |
| fan_out_normal | normal, standard deviation 1 / sqrt(fan_out) | chapter 6, network3.py |
| network3_normal | the same, but twice that in a convolution | the same file |
| lecun_1998_uniform | uniform in +-2.4 / fan_in | LeCun et al. 1998, appendix A |
| normal:S | normal, mean 0, standard deviation S | the option's number |
| uniform:A | uniform in +-A | |
| constant:C | C | |

The kernel `[k, k, m, n]` of a convolution has fan_in = k k m and fan_out = k k n, a dense one
`[m, n]` has m and n. Nielsen's file counts the outputs of a convolution after the maximum of 2 x 2
pixels that follows it, k k n / 4: so network3_normal there has the variance 4 / (k k n). None of
the normal ones is cut, unlike Keras's `lecun_normal`, which else is `fan_in_normal`.

Every other name is Keras's own, such as `lecun_normal`.
"""

import math
from collections.abc import Callable
from typing import Any

import keras

from zoo.errors import ModelOptionError, did_you_mean
from zoo.layers.valued_initializers import FORMS, valued


def _untruncated(mode: str) -> dict[str, Any]:
    config = {"scale": 1.0, "mode": mode, "distribution": "untruncated_normal"}
    return {"class_name": "VarianceScaling", "config": config}


SHORT_NAMES: dict[str, Any] = {
    "normal": "random_normal",
    "glorot": "glorot_uniform",
    "he": "he_normal",
    "dcgan": {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.02}},
    "unit_normal": {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 1.0}},
    "fan_in_normal": _untruncated("fan_in"),
    "fan_out_normal": _untruncated("fan_out"),
    "network3_normal": {"class_name": "zoo>Network3Normal", "config": {}},
    "lecun_1998_uniform": {"class_name": "zoo>LeCun1998Uniform", "config": {}},
}
# Functions of the module, one that needs a value, and a fixed transform that makes no weights.
_NOT_INITIALIZERS = ("get", "serialize", "deserialize", "constant", "stft")


@keras.saving.register_keras_serializable(package="zoo")
class Network3Normal(keras.initializers.RandomNormal):
    """Normal numbers of variance 1 / n, or 4 / (k k n) for a convolution: see the module.

    Args:
        seed: of the numbers; None takes one from `keras.utils.set_random_seed`.
    """

    def __init__(self, seed: Any = None) -> None:
        super().__init__(0.0, 1.0, seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Return a kernel of a shape `[..., m, n]`."""
        fan_out = math.prod(shape[:-2]) * shape[-1]
        pooled = 4 if len(shape) > 2 else 1
        return math.sqrt(pooled / fan_out) * super().__call__(shape, dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the seed."""
        return {"seed": super().get_config()["seed"]}


@keras.saving.register_keras_serializable(package="zoo")
class LeCun1998Uniform(keras.initializers.RandomUniform):
    """Uniform numbers in +-2.4 / fan_in.

    Args:
        seed: of the numbers; None takes one from `keras.utils.set_random_seed`.
    """

    def __init__(self, seed: Any = None) -> None:
        super().__init__(-1.0, 1.0, seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Return a kernel of a shape `[..., n]`, whose other axes are the inputs."""
        return 2.4 / math.prod(shape[:-1]) * super().__call__(shape, dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the seed."""
        return {"seed": super().get_config()["seed"]}


_VALUED: dict[str, Callable[[float], keras.initializers.Initializer]] = {
    "constant": keras.initializers.Constant,
    "normal": lambda deviation: keras.initializers.RandomNormal(0.0, deviation),
    "uniform": lambda end: keras.initializers.RandomUniform(-end, end),
}


def initializer_names() -> list[str]:
    """Return the names an `initializer` option takes."""
    own = (name for name in dir(keras.initializers) if name.islower() and name[0] != "_")
    return sorted({*SHORT_NAMES, *own} - {*_NOT_INITIALIZERS})


def find_initializer(name: str) -> keras.initializers.Initializer:
    """Return a new initializer; it takes its seed from `keras.utils.set_random_seed`.

    Ask for one per weight: an initializer gives the same values each time it is called, so that
    a shared one would make equal layers.

    Args:
        name: one of the module's table, or a name Keras knows.

    Raises:
        ModelOptionError: no initializer has this name.
    """
    found = valued(name)
    if found is not None:
        return _VALUED[found[0]](found[1])
    names = [*initializer_names(), *FORMS]
    if name not in names[: -len(FORMS)]:
        raise ModelOptionError(
            f"no initializer is called {name!r}; {did_you_mean(name, names)}"
            f"allowed: {', '.join(names)}"
        )
    return keras.initializers.get(SHORT_NAMES.get(name, name))

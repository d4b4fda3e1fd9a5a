"""The networks of a generative adversarial network of points.

Source: the code of Lin, Khetan, Fanti & Oh, "PacGAN", NeurIPS 2018, section 4.1, which follows
Dumoulin et al., "Adversarially learned inference", ICLR 2017: a generator of normalized dense
layers, a discriminator of maxout layers.
"""

from typing import Any

import keras

from zoo.adversarial.leaky import leaky
from zoo.adversarial.packing import packed
from zoo.layers.activations import find_activation
from zoo.layers.dropout import Dropout
from zoo.layers.initializers import find_initializer
from zoo.layers.normalization import add_normalized, keeps_bias
from zoo.layers.outputs import add_scores


def dense_generator(
    features: int,
    latent_dim: int,
    units: tuple[int, ...],
    activation: str,
    initializer: str,
    normalization: str,
) -> keras.Model:
    """Return a model from latents `[batch, latent_dim]` to points `[batch, features]`."""
    latents = keras.Input((latent_dim,), name="latents")
    values: Any = latents
    for index, width in enumerate(units, start=1):
        hidden = keras.layers.Dense(
            width,
            use_bias=keeps_bias(normalization),
            kernel_initializer=find_initializer(initializer),
            name=f"hidden_{index}",
        )
        values = add_normalized(values, hidden, normalization)
        name = f"hidden_{index}_activation"
        values = keras.layers.Activation(find_activation(activation), name=name)(values)
    return keras.Model(
        latents, add_scores(values, features, initializer, "points"), name="generator"
    )


def dense_discriminator(
    features: int, units: tuple[int, ...], pieces: int, initializer: str, dropout: float, pack: int
) -> keras.Model:
    """Return a model from points `[batch, features]` to logits `[batch, 1]`.

    A maxout unit is the largest of its sums, max_k (x W_k + b_k) (Goodfellow, Warde-Farley, Mirza,
    Courville & Bengio, "Maxout networks", ICML 2013, section 3).

    Args:
        features: of a point.
        units: of each hidden layer.
        pieces: sums that a maxout unit is the largest of; 1: leaky rectifiers instead.
        initializer: of every kernel.
        dropout: after each hidden layer.
        pack: points that are judged together.
    """
    points = keras.Input((features,), name="points")

    def judge(values: Any) -> Any:
        for index, width in enumerate(units, start=1):
            name = f"hidden_{index}"
            kernel = find_initializer(initializer)
            values = keras.layers.Dense(width * pieces, kernel_initializer=kernel, name=name)(
                values
            )
            values = _maxout(values, width, pieces, name)
            if dropout:
                values = Dropout(dropout, name=f"{name}_dropout")(values)
        return add_scores(values, 1, initializer)

    return keras.Model(points, packed(points, pack, judge), name="discriminator")


def _maxout(sums: Any, units: int, pieces: int, name: str) -> Any:
    if pieces == 1:
        return keras.layers.Activation(leaky, name=f"{name}_activation")(sums)
    sums = keras.layers.Reshape((units, pieces), name=f"{name}_pieces")(sums)
    largest = keras.layers.GlobalMaxPooling1D("channels_first", name=f"{name}_maxout")
    return largest(sums)

"""The networks of a generative adversarial network of pictures: see `gan.py`."""

from typing import Any

import keras

from zoo.adversarial.leaky import leaky
from zoo.adversarial.packing import packed
from zoo.layers.activations import find_activation
from zoo.layers.dropout import Dropout
from zoo.layers.initializers import find_initializer
from zoo.layers.normalization import add_normalized, keeps_bias
from zoo.layers.outputs import add_scores, full_precision
from zoo.layers.strided_convolution import StridedConv2D, StridedConv2DTranspose

_WINDOW, _STRIDE = 4, 2
REDUCTION = _STRIDE**2
"""What rows and columns must be multiples of: both networks halve or double them twice."""


def convolutional_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int,
    filters: int,
    activation: str,
    initializer: str,
    normalization: str,
) -> keras.Model:
    """Return a model from latents `[batch, latent_dim]` to images in [0, 1] of a shape."""
    rows, columns, channels = image_shape
    small = (rows // REDUCTION, columns // REDUCTION, 2 * filters)
    latents = keras.Input((latent_dim,), name="latents")
    project = keras.layers.Dense(
        small[0] * small[1] * small[2],
        use_bias=keeps_bias(normalization),
        kernel_initializer=find_initializer(initializer),
        name="project",
    )
    values = add_normalized(latents, project, normalization)
    values = keras.layers.Activation(find_activation(activation), name="project_activation")(values)
    values = keras.layers.Reshape(small, name="reshape")(values)
    enlarge = StridedConv2DTranspose(
        filters,
        _WINDOW,
        _STRIDE,
        padding="same",
        use_bias=keeps_bias(normalization),
        kernel_initializer=find_initializer(initializer),
        name="enlarge",
    )
    values = add_normalized(values, enlarge, normalization)
    values = keras.layers.Activation(find_activation(activation), name="enlarge_activation")(values)
    # The last map has no normalization, as in the paper: it would fix every image's contrast.
    values = StridedConv2DTranspose(
        channels,
        _WINDOW,
        _STRIDE,
        padding="same",
        kernel_initializer=find_initializer(initializer),
        name="draw",
    )(values)
    images = keras.layers.Activation("sigmoid", dtype=full_precision(), name="images")(values)
    return keras.Model(latents, images, name="generator")


def convolutional_discriminator(
    image_shape: tuple[int, int, int], filters: int, initializer: str, dropout: float, pack: int
) -> keras.Model:
    """Return a model from images to logits `[batch, 1]`; packed, of `pack` images together."""
    images = keras.Input(image_shape, name="images")

    def judge(values: Any) -> Any:
        for index, maps in enumerate((filters, 2 * filters), start=1):
            values = StridedConv2D(
                maps,
                _WINDOW,
                _STRIDE,
                padding="same",
                kernel_initializer=find_initializer(initializer),
                name=f"convolution_{index}",
            )(values)
            values = keras.layers.Activation(leaky, name=f"convolution_{index}_activation")(values)
            if dropout:
                values = Dropout(dropout, name=f"convolution_{index}_dropout")(values)
        values = keras.layers.Flatten(name="flatten")(values)
        return add_scores(values, 1, initializer)

    return keras.Model(images, packed(images, pack, judge), name="discriminator")

"""A generative adversarial network of the deep convolutional kind.

Source: Radford, Metz & Chintala, "Unsupervised representation learning with deep convolutional
generative adversarial networks", ICLR 2016, section 3: strided convolutions instead of pooling in
the discriminator, transposed ones in the generator, leaky rectifiers of slope 0.2 in the former,
weights from a normal distribution of deviation 0.02. It differs where small images and several
devices ask for it:

- two halvings instead of four, for images of 8 x 8 and 28 x 28;
- windows of 4 x 4 pixels, a multiple of the stride, so that a transposed convolution covers every
  pixel equally often (Odena, Dumoulin & Olah 2016, "Deconvolution and checkerboard artifacts");
- no batch normalization in the discriminator, where one image's score would depend on the others
  of its batch, real and generated; dropout holds it back instead;
- pixels in [0, 1] by a sigmoid instead of [-1, 1] by a hyperbolic tangent.
"""

from typing import Any, Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.errors import ModelOptionError
from zoo.layers.activations import find_activation
from zoo.layers.dropout import Dropout
from zoo.layers.initializers import find_initializer
from zoo.layers.normalization import add_normalized, keeps_bias
from zoo.layers.outputs import add_scores, full_precision
from zoo.layers.strided_convolution import StridedConv2D, StridedConv2DTranspose

_WINDOW, _STRIDE = 4, 2
# Both networks have two layers of this stride.
_REDUCTION = _STRIDE**2


@keras.saving.register_keras_serializable(package="zoo")
def leaky(values: Any) -> Any:
    """Leaky rectifier of the paper's slope: max(x, 0.2 x), in any shape.

    TensorFlow has an operation for it, but 2.21's graph optimizer gives up on a graph in which a
    biased convolution before that operation needs a gradient for its input alone, as in the
    generator's update.
    """
    return keras.ops.maximum(values, 0.2 * values)


def _generator(
    image_shape: tuple[int, int, int],
    latent_dim: int,
    filters: int,
    activation: str,
    initializer: str,
    normalization: str,
) -> keras.Model:
    rows, columns, channels = image_shape
    small = (rows // _REDUCTION, columns // _REDUCTION, 2 * filters)
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


def _discriminator(
    image_shape: tuple[int, int, int], filters: int, initializer: str, dropout: float
) -> keras.Model:
    images = keras.Input(image_shape, name="images")
    values: Any = images
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
    return keras.Model(images, add_scores(values, 1, initializer), name="discriminator")


@register_model(
    task="generation",
    paper="Radford, Metz & Chintala 2016, Unsupervised Representation Learning with DCGANs",
    default_dataset="digits",
    input_axes=("rows columns channels",),
    ranges={"latent_dim": "[1, inf)", "filters": "[1, inf)", "dropout": "[0, 1)"},
)
def gan(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    latent_dim: int = 64,
    filters: int = 32,
    normalization: Literal["none", "batch", "layer"] = "layer",
    dropout: float = 0.3,
    activation: Activation = "relu",
    initializer: Initializer = "dcgan",
) -> keras.Model:
    """A generator that draws images from noise, and a discriminator that judges them.

    Maps latents `[batch, latent_dim]` to {"images": `[batch, rows, columns, channels]` in [0, 1],
    "scores": `[batch, 1]`, the discriminator's logits of them: above 0 for "real"}. Both halves
    are models of their own: `model.get_layer("generator")`, `model.get_layer("discriminator")`.

    With F filters, images of r x c pixels and m channels and a latent vector of d numbers the
    generator has (d + 1) r c F / 8 + (32 F + 1) F + (16 F + 1) m parameters without normalization,
    the discriminator (16 m + 1) F + (16 F + 1) 2 F + r c F / 8 + 1.

    Args:
        input_shape: (rows, columns, channels) of the images; rows and columns divisible by 4.
        num_classes: not used: it learns from images alone.
        latent_dim: numbers that an image is drawn from, standard normal in training.
        filters: maps at half the image's size; twice as many at a quarter of it.
        normalization: in the generator before each activation, see `zoo.layers.normalization`.
        dropout: fraction set to 0 in training after each of the discriminator's convolutions.
        activation: of the generator, see `zoo.layers.activations`.
        initializer: of every kernel, see `zoo.layers.initializers`; biases start at 0.

    Raises:
        ModelOptionError: a size that is not divisible by 4, an unknown activation or initializer.
    """
    rows, columns, _ = input_shape
    if rows % _REDUCTION or columns % _REDUCTION:
        raise ModelOptionError(
            f"model 'gan' got images of {rows} x {columns} pixels; allowed: both divisible by "
            f"{_REDUCTION}; choose another dataset, or pad the images"
        )
    generator = _generator(input_shape, latent_dim, filters, activation, initializer, normalization)
    discriminator = _discriminator(input_shape, filters, initializer, dropout)
    latents = keras.Input((latent_dim,), name="latents")
    images = generator(latents)
    return keras.Model(latents, {"images": images, "scores": discriminator(images)}, name="gan")

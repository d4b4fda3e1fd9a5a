"""A generative adversarial network: of pictures the deep convolutional kind, of points a dense one.

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

Points of the plane show what a generator leaves out. Their networks, and the packing of either
kind, are those of Lin, Khetan, Fanti & Oh, "PacGAN", NeurIPS 2018.
"""

from typing import Any, Literal

import keras

from zoo.adversarial.convolutional import (
    REDUCTION,
    convolutional_discriminator,
    convolutional_generator,
)
from zoo.adversarial.dense import dense_discriminator, dense_generator
from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.errors import ModelOptionError

_POINT = 2
_OF_IMAGES = {"filters": 32}
_OF_POINTS = {
    "generator_units": (128, 128),
    "discriminator_units": (128, 128),
    "maxout_pieces": 1,
}


@register_model(
    task="generation",
    paper="Radford, Metz & Chintala 2016, Unsupervised Representation Learning with DCGANs",
    default_dataset="digits",
    input_axes=("rows columns channels", "features"),
    ranges={
        "latent_dim": "[1, inf)",
        "filters": "[1, inf)",
        "dropout": "[0, 1)",
        "generator_units": "[1, inf)",
        "discriminator_units": "[1, inf)",
        "maxout_pieces": "[1, inf)",
        "pack": "[1, inf)",
    },
)
def gan(
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    latent_dim: int = 64,
    filters: int = 32,
    normalization: Literal["none", "batch", "layer"] = "layer",
    dropout: float = 0.3,
    activation: Activation = "relu",
    initializer: Initializer = "dcgan",
    generator_units: tuple[int, ...] = (128, 128),
    discriminator_units: tuple[int, ...] = (128, 128),
    maxout_pieces: int = 1,
    pack: int = 1,
) -> keras.Model:
    """A generator that draws images or points from noise, and a discriminator that judges them.

    Maps latents `[batch, latent_dim]` to {"images": `[batch, rows, columns, channels]` in [0, 1],
    "scores": `[batch, 1]`, the discriminator's logits of them: above 0 for "real"}; "points"
    `[batch, 2]` stand in the place of images where the data are points. Both halves are models of
    their own: `model.get_layer("generator")`, `model.get_layer("discriminator")`.

    With F filters, images of r x c pixels and m channels and a latent vector of d numbers the
    generator has (d + 1) r c F / 8 + (32 F + 1) F + (16 F + 1) m parameters without normalization,
    the discriminator (16 m + 1) F + (16 F + 1) 2 F + r c F / 8 + 1. Of points, a layer from a to b
    units has (a + 1) b, a maxout layer of k pieces (a + 1) k b.

    Args:
        input_shape: (rows, columns, channels) of the images; rows and columns divisible by 4. Or
            (2,), of points.
        num_classes: not used: it learns from images or points alone.
        latent_dim: numbers that an example is drawn from, standard normal in training.
        filters: maps at half the image's size; twice as many at a quarter of it.
        normalization: in the generator before each activation, see `zoo.layers.normalization`.
        dropout: fraction set to 0 in training after each hidden layer of the discriminator.
        activation: of the generator, see `zoo.layers.activations`.
        initializer: of every kernel, see `zoo.layers.initializers`; biases start at 0.
        generator_units: of points, units of the generator's hidden layers.
        discriminator_units: of points, units of the discriminator's hidden layers.
        maxout_pieces: of points, sums that a unit of the discriminator is the largest of; 1: leaky
            rectifiers.
        pack: examples that the discriminator judges together, see `zoo.adversarial.packing`.

    Raises:
        ModelOptionError: a size that is not divisible by 4, points of other than two numbers, an
            option of the other kind of data, an unknown activation or initializer.
    """
    own: dict[str, Any] = {
        "filters": filters,
        "generator_units": generator_units,
        "discriminator_units": discriminator_units,
        "maxout_pieces": maxout_pieces,
    }
    _check(input_shape, own)
    if len(input_shape) == 1:
        kind = "points"
        generator = dense_generator(
            _POINT, latent_dim, generator_units, activation, initializer, normalization
        )
        discriminator = dense_discriminator(
            _POINT, discriminator_units, maxout_pieces, initializer, dropout, pack
        )
    else:
        kind, (rows, columns, channels) = "images", input_shape
        shape = (rows, columns, channels)
        generator = convolutional_generator(
            shape, latent_dim, filters, activation, initializer, normalization
        )
        discriminator = convolutional_discriminator(shape, filters, initializer, dropout, pack)
    latents = keras.Input((latent_dim,), name="latents")
    drawn = generator(latents)
    return keras.Model(latents, {kind: drawn, "scores": discriminator(drawn)}, name="gan")


def _check(input_shape: tuple[int, ...], own: dict[str, Any]) -> None:
    """Fails for shapes that it cannot draw, and for options that would change nothing."""
    points = len(input_shape) == 1
    if points and input_shape[0] != _POINT:
        raise ModelOptionError(
            f"model 'gan' got rows of {input_shape[0]} numbers; allowed: images, or points of "
            f"{_POINT} numbers; choose another dataset, e.g. ring or digits"
        )
    if not points and any(size % REDUCTION for size in input_shape[:2]):
        raise ModelOptionError(
            f"model 'gan' got images of {input_shape[0]} x {input_shape[1]} pixels; allowed: both "
            f"divisible by {REDUCTION}; choose another dataset, or pad the images"
        )
    for name, default in (_OF_IMAGES if points else _OF_POINTS).items():
        if own[name] != default:
            kinds = ("points", "images") if points else ("images", "points")
            raise ModelOptionError(
                f"model 'gan' got {name}={own[name]!r}, which changes nothing where it draws "
                f"{kinds[0]}; leave it out, or choose a dataset of {kinds[1]}"
            )

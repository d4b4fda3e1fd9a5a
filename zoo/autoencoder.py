"""Autoencoders: learn short codes of images without labels, by drawing the images again.

Sources: Kingma & Welling, "Auto-encoding variational Bayes", ICLR 2014, arXiv:1312.6114, section 3
and appendix C; Vincent, Larochelle, Bengio & Manzagol, "Extracting and composing robust features
with denoising autoencoders", ICML 2008, section 2.3, here with the Gaussian noise of Vincent et
al., JMLR 11, 2010, section 3.3.
"""

import math
from typing import Any, Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.layers.activations import find_activation
from zoo.layers.gaussian_noise import GaussianNoise, normal_like
from zoo.layers.initializers import find_initializer
from zoo.layers.outputs import add_scores, full_precision


@keras.saving.register_keras_serializable(package="zoo")
class GaussianSample(keras.layers.Layer):
    """Draws a code z = m + exp(l / 2) e with e ~ N(0, 1) in training; its mean m otherwise.

    Gradients reach the mean m and the log variance l through z, because the noise e does not
    depend on them: the reparametrization trick (Kingma & Welling 2014, section 2.4).

    Args:
        seed: of the noise; None takes it from `keras.utils.set_random_seed`.
        **options: those of every Keras layer.
    """

    def __init__(self, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, moments: list[Any], training: bool = False) -> Any:
        """Map [m, l], each `[batch, codes]`, to `[batch, codes]`."""
        mean, log_variance = moments
        if not training:
            return mean
        return mean + keras.ops.exp(log_variance / 2) * normal_like(mean, self.seed_generator)

    def compute_output_shape(self, shapes: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """Return the shape of the mean."""
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the layer."""
        return {**super().get_config(), "seed": self.seed}


def _hidden_layers(
    values: Any, units: tuple[int, ...], activation: str, initializer: str, prefix: str
) -> Any:
    for index, width in enumerate(units, start=1):
        values = keras.layers.Dense(
            width,
            activation=find_activation(activation),
            kernel_initializer=find_initializer(initializer),
            name=f"{prefix}_hidden_{index}",
        )(values)
    return values


@register_model(
    task="reconstruction",
    paper="Kingma & Welling 2014, Auto-encoding variational Bayes; Vincent et al. 2008, denoising",
    default_dataset="digits",
    input_axes=("features...",),
    ranges={"latent_dim": "[1, inf)", "hidden_units": "[1, inf)", "noise": "[0, 1]"},
)
def autoencoder(
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    kind: Literal["variational", "denoising"] = "variational",
    latent_dim: int = 8,
    hidden_units: tuple[int, ...] = (128,),
    noise: float = 0.3,
    activation: Activation = "relu",
    initializer: Initializer = "glorot",
) -> keras.Model:
    """An encoder from images to short codes and a decoder back, trained without labels.

    Maps `[batch, ...]` of values in [0, 1] to {"scores": `[batch, ...]`, logits of the
    reconstruction sigmoid(scores); "code": `[batch, latent_dim]`; and, if variational,
    "log_variance": `[batch, latent_dim]`}. The layers "encoder" and "decoder" are models of their
    own, from images to {"code", "log_variance"} and from codes to scores.

    Variational: code and log variance are the mean and the logarithm of the variance of a normal
    distribution q(z|x), from which training draws the decoder's input. Denoising: training adds
    normal noise to the encoder's input. In inference neither draws anything: the decoder reads the
    code itself.

    The encoder and the decoder mirror each other; a layer from m to n units has (m + 1) n
    parameters.

    Args:
        input_shape: one example's shape; every size known.
        num_classes: not used.
        kind: "variational" learns a distribution of codes, "denoising" repairs images.
        latent_dim: numbers of a code.
        hidden_units: units of the encoder's hidden layers, from the images on; the decoder has
            them in reverse.
        noise: deviation of the noise on pixels, in [0, 1]; only of kind "denoising".
        activation: of the hidden layers, see `zoo.layers.activations`.
        initializer: of every kernel, see `zoo.layers.initializers`; biases start at 0.

    Raises:
        ModelOptionError: an unknown activation or initializer.
    """
    images = keras.Input(input_shape, name="images")
    values = keras.layers.Flatten(name="flatten")(images)
    values = _hidden_layers(values, hidden_units, activation, initializer, "encoder")
    encoded = {"code": add_scores(values, latent_dim, initializer, "code")}
    if kind == "variational":
        encoded["log_variance"] = add_scores(values, latent_dim, initializer, "log_variance")
    encoder = keras.Model(images, encoded, name="encoder")

    codes = keras.Input((latent_dim,), name="codes", dtype=full_precision())
    values = _hidden_layers(codes, hidden_units[::-1], activation, initializer, "decoder")
    pixels = add_scores(values, math.prod(input_shape), initializer, "pixels")
    scores = keras.layers.Reshape(input_shape, name="scores", dtype=full_precision())(pixels)
    decoder = keras.Model(codes, scores, name="decoder")

    inputs = keras.Input(input_shape, name="inputs")
    if kind == "variational":
        outputs = encoder(inputs)
        moments = [outputs["code"], outputs["log_variance"]]
        drawn = GaussianSample(name="sample", dtype=full_precision())(moments)
    else:
        outputs = encoder(GaussianNoise(noise, name="noise")(inputs))
        drawn = outputs["code"]
    return keras.Model(inputs, {"scores": decoder(drawn), **outputs}, name="autoencoder")

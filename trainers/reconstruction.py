"""Reconstruction: learn codes of images without labels, by drawing the images again from them.

The variational kind maximizes the evidence lower bound (Kingma & Welling, "Auto-encoding
variational Bayes", ICLR 2014, equation 3); with beta other than 1 it is the beta-VAE of Higgins et
al., ICLR 2017, equation 4. The denoising kind repairs images that noise was added to (Vincent et
al. 2008, "Extracting and composing robust features with denoising autoencoders", equation 5).
The labels are never read.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

import configs
import datasets
from trainers import replicas
from trainers.clipping import clipped
from trainers.code_hooks import code_hooks
from trainers.codes import Codec
from trainers.codes_evaluation import CodesEvaluation
from trainers.evaluation import Evaluation
from trainers.steps import Batch, Made, MakeOptimizer, averaged_weights, dense, rate_of, sums

Distance = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

# Every figure of every run outside training is measured with this seed's noise.
_FIXED_SEED = (20, 13)
_CHECKED_EXAMPLES = 1024


class ReconstructionStep:
    """Minimize the mean over images of what a reconstruction from a code loses.

    variational:  -ELBO = R(x, f(z)) + beta KL(q(z|x) || N(0, 1)),  z ~ q(z|x) = N(m, exp(l))
    denoising:    R(x, f(c(x + noise)))

    with R of `distance`, code m or c, and scores f. Training draws noise once per image and
    update. Outside training

    - `loss`, `reconstruction` and `kl` take one noise per place in the batch, always the same: the
      bound is a mean over z, which the reconstruction from the mean code alone would undercut, and
      a fixed draw of it is unbiased over images and comparable from one validation to the next;
    - `mean_squared_error`, per pixel, is of what the model returns for an image: sigmoid(scores)
      from the mean code, without noise;
    - `repaired_mean_squared_error`, of the denoising kind, is of what it returns for an image with
      the fixed noise, whose own is the square of the noise's deviation.

    In training all of them are of the noisy pass that is learned from.

    Args:
        model: see `zoo.autoencoder`; it is variational if it gives a log variance.
        optimizer: a Keras optimizer; built here.
        distance: (images, scores), each `[batch, ...]`, to R, `[batch]`.
        beta: weight of the divergence, at least 0.
        clip_norm: largest global norm of the gradient, or None.
    """

    monitors = ("loss", "mean_squared_error")

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        distance: Distance,
        *,
        beta: float = 1.0,
        clip_norm: float | None = None,
    ) -> None:
        optimizer.build(model.trainable_variables)
        self.model, self.optimizer, self.distance = model, optimizer, distance
        self.beta, self._clip_norm = beta, clip_norm
        self._scale_loss = getattr(optimizer, "scale_loss", lambda value: value)
        self.variational = "log_variance" in model.output
        own = ("reconstruction", "kl") if self.variational else ("repaired_mean_squared_error",)
        self.names: tuple[str, ...] = ("loss", "mean_squared_error", *own)

    @property
    def inspected(self) -> keras.Model:
        """The model itself."""
        return self.model

    @property
    def learning_rate(self) -> float:
        """The step size of the next update."""
        return rate_of(self.optimizer)

    @property
    def variables(self) -> dict[str, list[keras.Variable]]:
        """The model's, with the state of its noise, and the optimizer's."""
        return {"model": self.model.variables, "optimizer": self.optimizer.variables}

    def averaged(self) -> contextlib.AbstractContextManager[None]:
        """Hold the running average of the weights meanwhile, if the optimizer keeps one."""
        return averaged_weights(self.optimizer, self.model.trainable_variables)

    def update(self, data: Batch, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Do one update on the images of `data` at `indices`; their targets are not read."""
        rows = replicas.own(indices)
        images, weights = tf.gather(data.inputs, rows), tf.gather(data.weights, rows)
        weight = replicas.total(tf.reduce_sum(weights))
        with tf.GradientTape() as tape:
            outputs = self.model(images, training=True)
            losses, own = self._losses(images, outputs)
            objective = self._scale_loss(tf.reduce_sum(losses * weights) / weight)
        gradients = dense(tape.gradient(objective, self.model.trainable_variables))
        gradients = clipped(self.optimizer, replicas.total(gradients), self._clip_norm)
        self.optimizer.apply(gradients, self.model.trainable_variables)
        error = squared_error(images, outputs["scores"])
        totals = _sums((losses, error, *(own or (error,))), weights)
        return replicas.total(totals), tf.cast(weight, tf.float64)

    def _losses(
        self, images: tf.Tensor, outputs: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """Return losses `[batch]`, and the two terms they are the sum of, if variational."""
        reconstruction = self.distance(images, outputs["scores"])
        if not self.variational:
            return reconstruction, ()
        kl = divergence(outputs["code"], outputs["log_variance"])
        return reconstruction + self.beta * kl, (reconstruction, kl)

    def measure(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the sums of `update` without training, with the fixed noise."""
        images = batch.inputs
        noisy = self.noisy_outputs(images)
        losses, own = self._losses(images, noisy)
        error = squared_error(images, self.model(images, training=False)["scores"])
        own = own or (squared_error(images, noisy["scores"]),)
        totals = _sums((losses, error, *own), batch.weights)
        return totals, tf.reduce_sum(tf.cast(batch.weights, tf.float64))

    def noisy_outputs(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the outputs of a training pass, with noise that only the place fixes."""
        if not self.variational:
            return self.model(self.noisy_images(images), training=False)
        outputs = self.model.get_layer("encoder")(images, training=False)
        mean, log_variance = outputs["code"], outputs["log_variance"]
        codes = mean + tf.exp(log_variance / 2) * _fixed_noise(mean)
        return {**outputs, "scores": self.model.get_layer("decoder")(codes, training=False)}

    def noisy_images(self, images: tf.Tensor) -> tf.Tensor:
        """Return images with the noise of the denoising kind."""
        return images + self.model.get_layer("noise").stddev * _fixed_noise(images)

    def figures(self, means: dict[str, float]) -> dict[str, float]:
        """Return the means themselves."""
        return means

    def probe(self, batch: Batch) -> list[tf.Tensor]:
        """Return the gradient of the mean loss with the fixed noise; no variable changes."""
        with tf.GradientTape() as tape:
            losses, _ = self._losses(batch.inputs, self.noisy_outputs(batch.inputs))
            objective = tf.reduce_sum(losses * batch.weights) / tf.reduce_sum(batch.weights)
        return dense(tape.gradient(objective, self.model.trainable_variables))

    def probe_inputs(self, batch: Batch) -> tf.Tensor:
        """Return the batch's images."""
        return batch.inputs


def divergence(mean: tf.Tensor, log_variance: tf.Tensor) -> tf.Tensor:
    """Return KL(N(m, exp(l)) || N(0, 1)) = 1/2 sum_j (m_j^2 + exp(l_j) - 1 - l_j), in nats.

    Source: Kingma & Welling 2014, appendix B.

    Args:
        mean, log_variance: m and l, `[batch, codes]`.

    Returns:
        `[batch]`, at least 0.
    """
    terms = tf.square(mean) + tf.exp(log_variance) - 1.0 - log_variance
    return 0.5 * tf.reduce_sum(terms, axis=-1)


def make_distance(loss: str) -> Distance:
    """Return R: (images in [0, 1], scores), each `[batch, ...]`, to nats per image, `[batch]`.

    cross_entropy: - sum_i x_i ln p_i + (1 - x_i) ln(1 - p_i) with p = sigmoid(scores), each pixel
    the probability of a black or white one (Kingma & Welling 2014, appendix C.1). Where pixels are
    grey this has a floor above 0: the sum of the pixels' own entropies.

    mse: 1/2 sum_i (x_i - p_i)^2, the negative log-likelihood of pixels that are normal around p
    with variance 1, without its constant. A weight beta of the divergence then stands for pixels
    of variance beta, in units of which the loss is measured.
    """
    if loss == "mse":
        return lambda images, scores: (
            0.5 * tf.reduce_sum(tf.square(_flat(images) - tf.sigmoid(_flat(scores))), axis=-1)
        )
    return lambda images, scores: tf.reduce_sum(
        tf.nn.sigmoid_cross_entropy_with_logits(_flat(images), _flat(scores)), axis=-1
    )


def squared_error(images: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    """Return the mean over pixels of (x - sigmoid(scores))^2, `[batch]`."""
    return tf.reduce_mean(tf.square(_flat(images) - tf.sigmoid(_flat(scores))), axis=-1)


def _flat(images: tf.Tensor) -> tf.Tensor:
    return tf.reshape(images, [-1, math.prod(images.shape[1:])])


def _fixed_noise(like: tf.Tensor) -> tf.Tensor:
    # Philox gives the same bits with XLA and without.
    return tf.random.stateless_normal(tf.shape(like), _FIXED_SEED, dtype=like.dtype, alg="philox")


def _sums(values: tuple[tf.Tensor, ...], weights: tf.Tensor) -> tf.Tensor:
    return sums(value * weights for value in values)


def make(
    config: configs.Config,
    dataset: datasets.Dataset,
    model: keras.Model,
    make_optimizer: MakeOptimizer,
) -> Made:
    """Make the step, the evaluation of codes and the pictures of a resolved configuration.

    Raises:
        ConfigError: beta without a divergence that it could weigh.
        DataError: values that are no pixels in [0, 1].
    """
    beta = config.problem.options["beta"]
    step = ReconstructionStep(
        model,
        make_optimizer(),
        make_distance(config.loss.name),
        beta=beta,
        clip_norm=config.optimizer.clip_norm,
    )
    if not step.variational and beta != 1.0:
        raise configs.ConfigError(
            f"--problem.beta is {beta}, but kind 'denoising' has no divergence to weigh; leave it "
            "out, or use --model.kind variational"
        )
    _check_pixels(dataset)
    evaluation = Evaluation(step, "eager" if config.compile == "eager" else "graph")
    codec = Codec(step)
    return Made(step, CodesEvaluation(evaluation, codec, dataset), code_hooks(codec, dataset))


def _check_pixels(dataset: datasets.Dataset) -> None:
    some = dataset.splits["train"].inputs[:_CHECKED_EXAMPLES]
    # Written so that a value that is no number passes: the loop reports it with its step.
    if np.any(some < 0) or np.any(some > 1):
        raise datasets.DataError(
            f"an autoencoder draws pixels in [0, 1], dataset {dataset.name!r} has values from "
            f"{np.min(some):g} to {np.max(some):g}; use a dataset of images, e.g. --dataset digits"
        )

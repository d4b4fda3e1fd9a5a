"""Reconstruction: learn codes of images without labels, by drawing the images again from them.

The variational kind maximizes the evidence lower bound (Kingma & Welling, "Auto-encoding
variational Bayes", ICLR 2014, equation 3); with beta other than 1 it is the beta-VAE of Higgins et
al., ICLR 2017, equation 4. The denoising kind repairs images that noise was added to (Vincent et
al. 2008, "Extracting and composing robust features with denoising autoencoders", equation 5).
The labels are never read.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from trainers.augmentation.augmentation import Vary
from trainers.distribution import replicas
from trainers.engine.batch import Batch
from trainers.engine.gradients import Gradients, dense, sums
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.reconstruction.losses import Distance, divergence, squared_error

# Every figure of every run outside training is measured with this seed's noise.
_FIXED_SEED = (20, 13)


class ReconstructionStep:
    """Minimize the mean over images of what a reconstruction from a code loses.

    variational:  -ELBO = R(x, f(z)) + beta KL(q(z|x) || N(0, 1)),  z ~ q(z|x) = N(m, exp(l))
    denoising:    R(x, f(c(x + noise)))

    with R of `distance`, code m or c, and scores f. Training draws noise once per image and
    update. Outside training

    - `loss`, `reconstruction` and `kl` take one noise per place in the batch, always the same: the
      bound is a mean over z, which the reconstruction from the mean code alone would undercut, and
      a fixed draw of it is unbiased over images and comparable from one validation to the next;
    - `bound_nats`, of the variational kind where R is in nats, is the bound itself, in nats per
      image and whatever beta is: - R - KL, at most the mean of ln p(x);
    - `mean_squared_error`, per pixel, is of what the model returns for an image: sigmoid(scores)
      from the mean code, without noise;
    - `repaired_mean_squared_error`, of the denoising kind, is of what it returns for an image with
      the fixed noise, whose own is the square of the noise's deviation.

    In training all of them are of the noisy pass that is learned from.

    Args:
        model: see `zoo.autoencoder`; it is variational if it gives a log variance.
        weights: the model's, and how they move.
        distance: (images, scores), each `[batch, ...]`, to R, `[batch]`.
        beta: weight of the divergence, at least 0.
        in_nats: whether R is a negative log-likelihood, whole.
        vary: from training images and their words of an epoch to those that are to be drawn again.
    """

    monitors = ("loss", "mean_squared_error")

    def __init__(
        self,
        model: keras.Model,
        weights: OptimizedWeights,
        distance: Distance,
        *,
        beta: float = 1.0,
        in_nats: bool = False,
        vary: Vary | None = None,
    ) -> None:
        self.model = self.inspected = model
        self.weights, self.distance, self.beta = weights, distance, beta
        self._vary = vary
        self.variational = "log_variance" in model.output
        self._bounds = self.variational and in_nats
        own = ("reconstruction", "kl") if self.variational else ("repaired_mean_squared_error",)
        self.names: tuple[str, ...] = ("loss", "mean_squared_error", *own)

    @property
    def variables(self) -> dict[str, list[keras.Variable]]:
        """The model's, with the state of its noise, and the optimizer's."""
        return {"model": self.model.variables, "optimizer": self.weights.optimizer.variables}

    def gradients(self, data: Batch, indices: tf.Tensor) -> Gradients:
        """Return the gradient on the images of `data` at `indices`; targets are not read."""
        rows = replicas.own(indices)
        images, weights = tf.gather(data.inputs, rows), tf.gather(data.weights, rows)
        weight = replicas.total(tf.reduce_sum(weights))
        if self._vary is not None:
            images = self._vary(images, tf.gather(data.words, rows))
        with tf.GradientTape() as tape:
            outputs = self.model(images, training=True)
            losses, own = self._losses(images, outputs)
            objective = self.weights.scale_loss(tf.reduce_sum(losses * weights) / weight)
        gradients = dense(tape.gradient(objective, self.model.trainable_variables))
        error = squared_error(images, outputs["scores"])
        totals = _sums((losses, error, *(own or (error,))), weights)
        return Gradients(
            replicas.total(gradients), replicas.total(totals), tf.cast(weight, tf.float64)
        )

    def _losses(
        self, images: tf.Tensor, outputs: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """Return losses `[batch]`, and the two terms they are the sum of, if variational."""
        reconstruction = self.distance(images, outputs["scores"])
        if not self.variational:
            return reconstruction, ()
        kl = divergence(outputs["code"], outputs["log_variance"])
        return reconstruction + self.beta * kl, (reconstruction, kl)

    def evaluate(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the sums of `gradients` without training, with the fixed noise."""
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
        """Return the means, and the bound where they say it."""
        if not self._bounds:
            return means
        return {**means, "bound_nats": -means["reconstruction"] - means["kl"]}

    def probe(self, batch: Batch) -> list[tf.Tensor]:
        """Return the gradient of the mean loss with the fixed noise; no variable changes."""
        with tf.GradientTape() as tape:
            losses, _ = self._losses(batch.inputs, self.noisy_outputs(batch.inputs))
            objective = tf.reduce_sum(losses * batch.weights) / tf.reduce_sum(batch.weights)
        return dense(tape.gradient(objective, self.model.trainable_variables))

    def probe_inputs(self, batch: Batch) -> tf.Tensor:
        """Return the batch's images."""
        return batch.inputs


def _fixed_noise(like: tf.Tensor) -> tf.Tensor:
    # Philox gives the same bits with XLA and without.
    return tf.random.stateless_normal(tf.shape(like), _FIXED_SEED, dtype=like.dtype, alg="philox")


def _sums(values: tuple[tf.Tensor, ...], weights: tf.Tensor) -> tf.Tensor:
    return sums(value * weights for value in values)

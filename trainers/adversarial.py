"""Adversarial learning: a generator draws images that a discriminator cannot tell from real ones.

Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, with the non-saturating loss of
their section 3. One update changes the discriminator first and the generator after it, against the
changed discriminator, as their algorithm 1 does with k = 1: updates in turns stay bounded where
simultaneous ones spiral outwards (Gidel et al. 2019, "Negative momentum for improved game
dynamics", section 4). The labels are never read.
"""

from __future__ import annotations

import contextlib
from typing import cast

import keras
import tensorflow as tf

import configs
import datasets
from trainers import replicas
from trainers.clipping import clipped
from trainers.image_sampling import ImageSampler
from trainers.judge import JudgeKeeper
from trainers.sample_evaluation import SampleEvaluation
from trainers.sample_hooks import sample_hooks
from trainers.steps import Batch, Made, MakeOptimizer, averaged_weights, dense, rate_of

# Figures outside training use the same latents at every call.
_FIXED_SEED = (20, 14)


class AdversarialStep:
    """Train a generator G and a discriminator D, whose scores are logits.

    With real images x, latents z of a standard normal distribution, the sigmoid s, means over the
    batch and a smoothing e of the real images' targets (Salimans et al. 2016, section 3.4):

        L_D = - (1 - e) mean ln s(D(x)) - e mean ln (1 - s(D(x))) - mean ln (1 - s(D(G(z))))
        L_G = - mean ln s(D(G(z)))

    Args:
        model: latents `[batch, latent_dim]` to {"images", "scores"}, made of two models called
            "generator" and "discriminator".
        generator_optimizer, discriminator_optimizer: Keras optimizers; built here.
        seed: fixes the latents of training.
        label_smoothing: e, in [0, 0.5).
        clip_norm: largest global norm of each network's gradient, or None.
    """

    names: tuple[str, ...] = ("generator_loss", "discriminator_loss", "real_score", "fake_score")
    monitors = ("frechet_distance", "classes_present")

    def __init__(
        self,
        model: keras.Model,
        generator_optimizer: keras.optimizers.Optimizer,
        discriminator_optimizer: keras.optimizers.Optimizer,
        *,
        seed: int,
        label_smoothing: float = 0.0,
        clip_norm: float | None = None,
    ) -> None:
        self.model = model
        self.generator = cast(keras.Model, model.get_layer("generator"))
        self.discriminator = cast(keras.Model, model.get_layer("discriminator"))
        generator_optimizer.build(self.generator.trainable_variables)
        discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self._latent_dim = model.input_shape[-1]
        self._label_smoothing, self._clip_norm = label_smoothing, clip_norm
        self._noise = keras.random.SeedGenerator(seed, name="latents")

    @property
    def inspected(self) -> keras.Model:
        """The generator."""
        return self.generator

    @property
    def learning_rate(self) -> float:
        """The step size of the generator's next update."""
        return rate_of(self.generator_optimizer)

    @property
    def variables(self) -> dict[str, list[keras.Variable]]:
        """Both networks', both optimizers', and where the latents' random numbers stand."""
        return {
            "model": self.model.variables,
            "generator_optimizer": self.generator_optimizer.variables,
            "discriminator_optimizer": self.discriminator_optimizer.variables,
            "latents": [self._noise.state],
        }

    def averaged(self) -> contextlib.AbstractContextManager[None]:
        """Hold the running average of the generator's weights, if its optimizer keeps one."""
        return averaged_weights(self.generator_optimizer, self.generator.trainable_variables)

    def update(self, data: Batch, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Do one update of the discriminator, and one of the generator against the result."""
        batch = data.rows(replicas.own(indices))
        weight = replicas.total(tf.reduce_sum(batch.weights))
        # Every replica draws the whole batch's latents, so that their number changes nothing.
        shape = (indices.shape[0], self._latent_dim)
        latents = replicas.own(keras.random.normal(shape, dtype="float32", seed=self._noise))
        with tf.GradientTape() as drawing:
            images = self.generator(latents, training=True)
        real, fake, losses = self._update_discriminator(batch, images, weight)
        generator_losses = self._update_generator(batch, images, weight, drawing)
        sums = _sums(batch, generator_losses, losses, real, fake)
        return replicas.total(sums), tf.cast(weight, tf.float64)

    def _update_discriminator(
        self, batch: Batch, images: tf.Tensor, weight: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Return scores of real and generated images before the update, and losses `[batch]`."""
        variables = self.discriminator.trainable_variables
        # After `drawing` has ended: nothing here leads back to the generator.
        with tf.GradientTape() as tape:
            real, fake = self._scores(batch, images, training=True)
            losses = self.discriminator_losses(real, fake)
            objective = tf.reduce_sum(losses * batch.weights) / weight
            objective = _scaled(self.discriminator_optimizer, objective)
        self._apply(self.discriminator_optimizer, tape.gradient(objective, variables), variables)
        return real, fake, losses

    def _update_generator(
        self, batch: Batch, images: tf.Tensor, weight: tf.Tensor, drawing: tf.GradientTape
    ) -> tf.Tensor:
        """Return losses `[batch]`, those that the updated discriminator gives."""
        variables = self.generator.trainable_variables
        # The discriminator's weights are constants here: the loss is followed to the images, and
        # from there on by the tape that saw them drawn.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            losses = self.generator_losses(self.discriminator(images, training=True))
            objective = tf.reduce_sum(losses * batch.weights) / weight
            objective = _scaled(self.generator_optimizer, objective)
        slopes = tape.gradient(objective, images)
        gradients = drawing.gradient(images, variables, output_gradients=slopes)
        self._apply(self.generator_optimizer, gradients, variables)
        return losses

    def _apply(
        self,
        optimizer: keras.optimizers.Optimizer,
        gradients: list[tf.Tensor],
        variables: list[keras.Variable],
    ) -> None:
        gradients = replicas.total(dense(gradients))
        optimizer.apply(clipped(optimizer, gradients, self._clip_norm), variables)

    def _scores(
        self, batch: Batch, images: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the logits `[batch, 1]` of real and of generated images."""
        # In one pass: no layer of the discriminator mixes the examples of a batch.
        scores = self.discriminator(tf.concat([batch.inputs, images], axis=0), training=training)
        real, fake = tf.split(scores, 2)
        return real, fake

    def discriminator_losses(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        """Return L_D's terms `[batch]` of logits `[batch, 1]` of real and of generated images."""
        target = tf.ones_like(real) * (1.0 - self._label_smoothing)
        return keras.losses.binary_crossentropy(
            target, real, from_logits=True
        ) + keras.losses.binary_crossentropy(tf.zeros_like(fake), fake, from_logits=True)

    def generator_losses(self, fake: tf.Tensor) -> tf.Tensor:
        """Return L_G's terms `[batch]` of logits `[batch, 1]` of generated images."""
        return keras.losses.binary_crossentropy(tf.ones_like(fake), fake, from_logits=True)

    def measure(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the sums of `update` without training, from latents that are always the same."""
        images = self.generator(self.probe_inputs(batch), training=False)
        real, fake = self._scores(batch, images, training=False)
        losses = self.discriminator_losses(real, fake)
        return _sums(batch, self.generator_losses(fake), losses, real, fake), _weight(batch)

    def figures(self, means: dict[str, float]) -> dict[str, float]:
        """Return the means themselves; a score's is of its sigmoid, the belief in "real"."""
        return means

    def probe(self, batch: Batch) -> list[tf.Tensor]:
        """Return the gradient of L_G in the generator's variables; no variable changes."""
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            images = self.generator(self.probe_inputs(batch), training=False)
            fake = self.discriminator(images, training=False)
            losses = self.generator_losses(fake) * batch.weights
            objective = tf.reduce_sum(losses) / tf.reduce_sum(batch.weights)
        return dense(tape.gradient(objective, variables))

    def probe_inputs(self, batch: Batch) -> tf.Tensor:
        """Return latents `[batch, latent_dim]`, the same at every call."""
        shape = [tf.shape(batch.inputs)[0], self._latent_dim]
        return tf.random.stateless_normal(shape, _FIXED_SEED)


def _scaled(optimizer: keras.optimizers.Optimizer, objective: tf.Tensor) -> tf.Tensor:
    """Return the objective, scaled where the optimizer scales the loss."""
    return getattr(optimizer, "scale_loss", lambda value: value)(objective)


def _weight(batch: Batch) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(batch.weights, tf.float64))


def _sums(
    batch: Batch,
    generator_losses: tf.Tensor,
    discriminator_losses: tf.Tensor,
    real: tf.Tensor,
    fake: tf.Tensor,
) -> tf.Tensor:
    beliefs = [tf.sigmoid(scores[:, 0]) for scores in (real, fake)]
    values = (generator_losses, discriminator_losses, *beliefs)
    weights = tf.cast(batch.weights, tf.float64)
    return tf.stack([tf.reduce_sum(tf.cast(value, tf.float64) * weights) for value in values])


def make(
    config: configs.Config,
    dataset: datasets.Dataset,
    model: keras.Model,
    make_optimizer: MakeOptimizer,
) -> Made:
    """Make the step, the judge's evaluation and the pictures of a resolved configuration."""
    options = config.problem.options
    rate = options["discriminator_learning_rate"] or config.optimizer.learning_rate
    step = AdversarialStep(
        model,
        make_optimizer(),
        # Only the generator is validated and exported, so only it is averaged.
        make_optimizer(learning_rate=rate, ema_momentum=None),
        seed=config.seed,
        label_smoothing=options["label_smoothing"],
        clip_norm=config.optimizer.clip_norm,
    )
    sampler, keeper = ImageSampler(step.generator), JudgeKeeper(dataset, options["judge_steps"])
    return Made(
        step,
        SampleEvaluation(step, sampler, keeper, dataset.num_classes),
        sample_hooks(sampler, keeper, dataset),
    )

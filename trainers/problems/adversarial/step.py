"""Adversarial learning: a generator draws images that a discriminator cannot tell from real ones.

Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, with the non-saturating loss of
their section 3. One update changes the discriminator first and the generator after it, against the
changed discriminator, as their algorithm 1 does with k = 1: updates in turns stay bounded where
simultaneous ones spiral outwards (Gidel et al. 2019, "Negative momentum for improved game
dynamics", section 4). The labels are never read.
"""

from __future__ import annotations

from typing import cast

import keras
import tensorflow as tf

from trainers.distribution import replicas
from trainers.engine.batch import Batch
from trainers.engine.gradients import Gradients, dense
from trainers.optimizers.weights import OptimizedWeights
from zoo.adversarial.packing import Pack
from zoo.layers.gaussian_noise import normal_like

# Figures outside training use the same latents at every call.
_FIXED_SEED = (20, 14)


class AdversarialStep:
    """Train a generator G and a discriminator D, whose scores are logits.

    With real images x, latents z of a standard normal distribution, the sigmoid s, means over the
    batch and a smoothing e of the real images' targets (Salimans et al. 2016, section 3.4):

        L_D = - (1 - e) mean ln s(D(x)) - e mean ln (1 - s(D(x))) - mean ln (1 - s(D(G(z))))
        L_G = - mean ln s(D(G(z)))

    A discriminator that judges packs (see `zoo.adversarial.packing`) gives every example of a pack
    the pack's score, so that D is of packs, real or generated, and the means are the same.

    Args:
        model: latents `[batch, latent_dim]` to {"images" or "points", "scores"}, made of two
            models called "generator" and "discriminator".
        generator_weights, discriminator_weights: each network's, and how they move.
        seed: fixes the latents of training.
        label_smoothing: e, in [0, 0.5).
        monitors: the figures that tell the best weights: as a loss, as a metric.
    """

    names: tuple[str, ...] = ("generator_loss", "discriminator_loss", "real_score", "fake_score")

    def __init__(
        self,
        model: keras.Model,
        generator_weights: OptimizedWeights,
        discriminator_weights: OptimizedWeights,
        *,
        seed: int,
        label_smoothing: float = 0.0,
        monitors: tuple[str, str] = ("frechet_distance", "classes_present"),
    ) -> None:
        self.model, self.monitors = model, monitors
        self.generator = cast(keras.Model, model.get_layer("generator"))
        self.discriminator = cast(keras.Model, model.get_layer("discriminator"))
        self.inspected = self.generator
        # The generator's are what the gradient moves, is validated and exported.
        self.weights, self._discriminator_weights = generator_weights, discriminator_weights
        self._latent_dim = model.input_shape[-1]
        self._label_smoothing = label_smoothing
        self._packs = any(isinstance(layer, Pack) for layer in self.discriminator.layers)
        self._noise = keras.random.SeedGenerator(seed, name="latents")

    @property
    def variables(self) -> dict[str, list[keras.Variable]]:
        """Both networks', both optimizers', and where the latents' random numbers stand."""
        return {
            "model": self.model.variables,
            "generator_optimizer": self.weights.optimizer.variables,
            "discriminator_optimizer": self._discriminator_weights.optimizer.variables,
            "latents": [self._noise.state],
        }

    def gradients(self, data: Batch, indices: tf.Tensor) -> Gradients:
        """Do one update of the discriminator, and return the generator's gradient against it."""
        batch = data.rows(replicas.own(indices))
        weight = replicas.total(tf.reduce_sum(batch.weights))
        # Every replica draws the whole batch's latents, so that more replicas draw the same ones.
        shape = (indices.shape[0], self._latent_dim)
        latents = replicas.own(normal_like(tf.zeros(shape), self._noise))
        with tf.GradientTape() as drawing:
            images = self.generator(latents, training=True)
        # After `drawing` has ended: nothing in here leads back to the generator.
        variables = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            real, fake = self._scores(batch, images, training=True)
            losses = self.discriminator_losses(real, fake)
            objective = tf.reduce_sum(losses * batch.weights) / weight
            objective = self._discriminator_weights.scale_loss(objective)
        slopes = replicas.total(dense(tape.gradient(objective, variables)))
        self._discriminator_weights.apply(slopes, data, indices)
        gradients, generator_losses = self._generator_gradients(batch, images, weight, drawing)
        sums = _sums(batch, generator_losses, losses, real, fake)
        return Gradients(gradients, replicas.total(sums), tf.cast(weight, tf.float64))

    def _generator_gradients(
        self, batch: Batch, images: tf.Tensor, weight: tf.Tensor, drawing: tf.GradientTape
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        """Return the gradient and the losses `[batch]` that the updated discriminator gives."""
        # The discriminator's weights are constants here: the loss is followed to the images, and
        # from there on by the tape that saw them drawn.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            losses = self.generator_losses(self.discriminator(images, training=True))
            objective = tf.reduce_sum(losses * batch.weights) / weight
            objective = self.weights.scale_loss(objective)
        slopes = tape.gradient(objective, images)
        variables = self.generator.trainable_variables
        gradients = drawing.gradient(images, variables, output_gradients=slopes)
        return replicas.total(dense(gradients)), losses

    def _scores(
        self, batch: Batch, images: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the logits `[batch, 1]` of real and of generated images."""
        if self._packs:
            # A pack is all real or all generated.
            return (
                self.discriminator(batch.inputs, training=training),
                self.discriminator(images, training=training),
            )
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

    def evaluate(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the sums of `gradients` without training, from the same latents every time."""
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

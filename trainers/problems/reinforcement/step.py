"""Policy gradients: act, and make the actions likelier that were worth more than expected.

Both variants follow the gradient of E[log pi(a_t | s_t) A_t] over what the policy itself plays and
fit the value V to what followed. They differ in the advantage A_t and the value's target R_t:

reinforce      A_t = G_t - V(s_t) and R_t = G_t: Monte Carlo returns with a learned baseline
               (Williams 1992; Sutton & Barto 2018, section 13.4). The factor discount^t before A_t
               is left out, as is usual. G_t sums the rewards up to where the episode ends; only
               what the time limit or the segment's end cuts off is estimated, by V.
actor_critic   A_t = generalized advantages and R_t = A_t + V(s_t), the lambda-return (Schulman et
               al. 2016), in a synchronous advantage actor-critic (Mnih et al. 2016, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

import datasets
from trainers.engine.batch import Batch
from trainers.engine.gradients import Gradients, dense, sums
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.reinforcement.returns import (
    discounted_returns,
    generalized_advantages,
    standardized,
)
from trainers.problems.reinforcement.rollout import (
    Played,
    Transitions,
    gumbel,
    play,
    random_observations,
)

# Training draws its episodes from seeds above int32, which no evaluation episode has.
_FIRST_TRAINING_SEED = 2**31
_PROBE_SEED = 2**32
_PROBE_STEPS = 16


class Settings(NamedTuple):
    """The options of `--problem`, see `trainers.problems.catalogue`."""

    algorithm: str = "actor_critic"
    horizon_steps: int = 32
    whole_episodes: bool = False
    discount: float = 0.99
    gae_lambda: float = 0.95
    value_coefficient: float = 0.5
    entropy_bonus: float = 0.0
    normalize_advantages: bool = True
    evaluated_actions: str = "likeliest"


class PolicyStep:
    """Play a segment of every environment, then do one update on all that was played.

    The objective is the mean over the actions of

        -log pi(a_t | s_t) A_t + c_v 1/2 (R_t - V(s_t))^2 - c_e H(pi(. | s_t))

    with A_t and R_t held constant and H the entropy in nats (Mnih et al. 2016, section 4). With
    whole episodes it is their sum over the actions of an episode, in the mean over the episodes, as
    in the textbook's REINFORCE.

    Args:
        model: see `zoo.policy`.
        weights: the model's, and how they move.
        settings: c_v, c_e, the discount and the others.
        environments: to train in, as many as the batch size; and as many to look into the model.
        seed: of the episodes and of the actions.
    """

    names: tuple[str, ...] = (
        *("loss", "policy_loss", "value_loss", "entropy"),
        *("finished_returns", "finished_episodes"),
    )
    monitors = ("mean_return", "mean_return")

    def __init__(
        self,
        model: keras.Model,
        weights: OptimizedWeights,
        settings: Settings,
        environments: tuple[datasets.Environment, datasets.Environment],
        *,
        seed: int,
    ) -> None:
        self.model = self.inspected = model
        self.weights, self._settings = weights, settings
        self._environment, self._probed = environments
        self._environment.reset(_FIRST_TRAINING_SEED + seed)
        self._played = [
            keras.Variable(value, dtype=value.dtype.name, trainable=False)
            for value in self._environment.get_state()
        ]
        self._returns = keras.Variable(tf.zeros([self._environment.count]), trainable=False)
        self._seeds = keras.random.SeedGenerator(seed)
        self._normalizing = [each for each in model.layers if hasattr(each, "absorb")]
        self._actions = int(model.output["logits"].shape[-1])
        # The probe looks at the same start and the same luck every time.
        self._observed = random_observations(self._probed, _PROBE_SEED + seed, _PROBE_STEPS)
        self._probed.reset(_PROBE_SEED + seed)
        self._probe_start = self._probed.get_state()

    @property
    def variables(self) -> dict[str, list[keras.Variable]]:
        """Everything an exact resume needs, the environments' state included."""
        return {
            "model": self.model.variables,
            "optimizer": self.weights.optimizer.variables,
            "environment": [*self._played, self._returns, self._seeds.state],
        }

    def gradients(self, data: Batch, indices: tf.Tensor) -> Gradients:
        """Play one segment and return its gradient; of `indices` only the number matters."""
        if indices.shape[0] != self._environment.count:
            raise ValueError(
                f"{indices.shape[0]} segments asked for, {self._environment.count} environments "
                "are played; make the step for as many"
            )
        state = self._state([variable.value for variable in self._played])
        start = Played(state, self._returns.value)
        uniform = keras.random.uniform(self._noise_shape, seed=self._seeds)
        played, end = self._play(self._environment, start, gumbel(uniform))
        for variable, value in zip(self._played, end.state, strict=True):
            variable.assign(value)
        self._returns.assign(end.returns)
        found = self.gradients_of(played)
        # Afterwards: actions and their gradient come from the same normalized observations.
        for layer in self._normalizing:
            rows = tf.reshape(played.observations, [-1, played.observations.shape[-1]])
            layer.absorb(rows, tf.reshape(played.counted, [-1]))
        return found

    def _play(
        self, environment: datasets.Environment, start: Played, noise: tf.Tensor
    ) -> tuple[Transitions, Played]:
        return play(self.model, environment, start, noise, whole=self._settings.whole_episodes)

    def _state(self, fields: Sequence[Any]) -> Any:
        return type(self._probe_start)(*fields)

    @property
    def _noise_shape(self) -> tuple[int, int, int]:
        return self._settings.horizon_steps, self._environment.count, self._actions

    def gradients_of(self, played: Transitions) -> Gradients:
        """Return the gradient of the objective over what was played."""
        advantages, targets = self.targets(played)
        observations = tf.reshape(played.observations, [-1, played.observations.shape[-1]])
        total, shape = tf.reduce_sum(played.counted), tf.shape(played.rewards)
        settings = self._settings
        with tf.GradientTape() as tape:
            outputs = self.model(observations, training=True)
            logits = tf.reshape(outputs["logits"], tf.concat([shape, [self._actions]], 0))
            values = tf.reshape(outputs["value"], shape)
            log_probabilities = tf.nn.log_softmax(logits)
            chosen = tf.gather(log_probabilities, played.actions, batch_dims=2)
            policy_losses = -chosen * advantages * played.counted
            value_losses = 0.5 * tf.square(targets - values) * played.counted
            entropies = -tf.reduce_sum(tf.exp(log_probabilities) * log_probabilities, -1)
            entropies *= played.counted
            losses = policy_losses + settings.value_coefficient * value_losses
            losses -= settings.entropy_bonus * entropies
            whole = self._settings.whole_episodes
            objective = tf.reduce_sum(losses) / (self._environment.count if whole else total)
        gradients = dense(
            tape.gradient(
                objective,
                self.model.trainable_variables,
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
        )
        finished = tf.cast(played.terminated | played.truncated, tf.float32) * played.counted
        figures = [losses, policy_losses, value_losses, entropies]
        figures += [played.returns * finished, finished]
        return Gradients(gradients, sums(figures), tf.cast(total, tf.float64))

    def targets(self, played: Transitions) -> tuple[tf.Tensor, tf.Tensor]:
        """Return A_t, standardized if so set, and R_t, both `[time, environments]`."""
        settings = self._settings
        ends = (played.rewards, played.terminated, played.truncated)
        if settings.algorithm == "reinforce":
            targets = discounted_returns(*ends, played.next_values, settings.discount)
            advantages = targets - played.values
        else:
            advantages = generalized_advantages(
                *ends, played.values, played.next_values, settings.discount, settings.gae_lambda
            )
            targets = advantages + played.values
        if settings.normalize_advantages:
            advantages = standardized(advantages, played.counted)
        return advantages, targets

    def _probe(self) -> Gradients:
        noise = gumbel(tf.random.stateless_uniform(self._noise_shape, [0, 0]))
        state = self._state([tf.constant(field) for field in self._probe_start])
        start = Played(state, tf.zeros([self._environment.count]))
        return self.gradients_of(self._play(self._probed, start, noise)[0])

    def evaluate(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the sums of `gradients` over a segment played for this alone."""
        found = self._probe()
        return found.sums, found.weight

    def probe(self, batch: Batch) -> list[tf.Tensor]:
        """Return the gradient over a segment that begins the same way at every call."""
        return self._probe().values

    def probe_inputs(self, batch: Batch) -> tf.Tensor:
        """Return observations `[steps, features]` that random actions met."""
        return tf.constant(self._observed)

    def figures(self, means: dict[str, float]) -> dict[str, float]:
        """Return the means, and the mean return of the episodes that ended, if any did."""
        shown = {name: means[name] for name in self.names[:4]}
        if means["finished_episodes"] > 0:
            shown["mean_return"] = means["finished_returns"] / means["finished_episodes"]
        return shown

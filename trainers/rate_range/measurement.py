"""Train a fresh model while its learning rate rises, and keep every update's loss.

All of it is in the compiled loop: the rate is a function of the updates done, and each loss is
written to its place in a variable.
"""

from __future__ import annotations

import dataclasses
from typing import Any, cast

import tensorflow as tf

from trainers.distribution.signals import StopSignals
from trainers.engine.batch import Batch
from trainers.engine.gradients import Gradients
from trainers.engine.length import CallLength
from trainers.engine.loop import Loop
from trainers.engine.step import Step
from trainers.problems.plan import Plan
from trainers.rate_range import curve
from trainers.rate_range.curve import Curve
from trainers.timing.clock import Clock
from trainers.train import prepared


class Noting:
    """A step that keeps the loss of each of its updates, and otherwise is the one it is given.

    Args:
        step: whose updates are noted; its first figure is the loss.
        count: how many there are.
    """

    def __init__(self, step: Step, count: int) -> None:
        self._step = step
        self._losses = tf.Variable(tf.zeros([count], tf.float64), trainable=False)
        self.done = tf.Variable(0, trainable=False)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._step, name)

    def gradients(self, data: Batch, indices: tf.Tensor) -> Gradients:
        """Return the step's gradient, having noted its loss."""
        found = self._step.gradients(data, indices)
        loss = found.sums[0] / found.weight
        self._losses.scatter_nd_update([[self.done]], [loss])
        self.done.assign_add(1)
        return found

    @property
    def losses(self) -> Any:
        """The losses so far, `[updates]`."""
        return self._losses.numpy()[: int(self.done.numpy())]


def measured(plan: Plan, stop: StopSignals) -> Curve:
    """Return the losses of a fresh model over rising rates; nothing is written.

    Args:
        plan: of the run that the rate is for; its schedule is left out.
        stop: asks to leave.
    """
    # The rate alone is to change, and there is a whole number of updates.
    optimizer = dataclasses.replace(
        plan.config.optimizer, schedule="constant", epoch_rates=None, warmup_steps=0
    )
    config = dataclasses.replace(plan.config, optimizer=optimizer, stop_when_right=None)
    config = dataclasses.replace(config, right_within=None, right_loss_below=None)
    plan, parts, feed, *_ = prepared(
        dataclasses.replace(plan, config=config), Clock(), scratch=True
    )
    rates = curve.rates()
    noting = Noting(parts.step, len(rates))
    _let_rise(parts.step.weights, noting, rates)
    loop, length, done = Loop(cast(Step, noting), parts.mode), CallLength(), 0
    while done < len(rates):
        call = loop.advance(feed, done, min(length.most, len(rates) - done))
        length.learn(call.updates, call.seconds)
        done += call.updates
        if curve.end_of(noting.losses) < done:
            break
    end = curve.end_of(noting.losses)
    return Curve(rates[:end], noting.losses[:end])


def _let_rise(weights: Any, noting: Noting, rates: Any) -> None:
    """Let the optimizer's rate be that of the update whose loss was noted last."""
    optimizer = weights.optimizer
    values = tf.constant(rates, tf.float32)
    rule = getattr(optimizer, "inner_optimizer", optimizer)  # where its loss is scaled
    rule.learning_rate = lambda: tf.gather(values, tf.maximum(noting.done - 1, 0))

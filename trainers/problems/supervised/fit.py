"""Train on arrays with the project's own step and loop, and return the curve."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np

import configs
import datasets
from trainers.engine import compiling
from trainers.engine.evaluation import Evaluation
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop
from trainers.engine.totals import Totals
from trainers.objectives import losses
from trainers.objectives.risk import EmpiricalRisk
from trainers.optimizers.catalogue import build_optimizer
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.supervised.step import SupervisedStep


@dataclass
class Curve:
    """Figures at the measured points of one training run.

    steps: updates done; seconds: wall time of the compiled calls so far, without the first, which
    compiles; train, test: figure name to its values, over the updates since the last point and over
    the whole test split.
    """

    steps: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    train: dict[str, list[float]] = field(default_factory=dict)
    test: dict[str, list[float]] = field(default_factory=dict)


def split_of(inputs: np.ndarray, targets: np.ndarray) -> datasets.Split:
    """Return arrays as a split with equal weights."""
    return datasets.Split(inputs, targets, np.ones(len(inputs), np.float32))


def supervised_step(
    model: keras.Model,
    predicts: str,
    optimizer: configs.OptimizerConfig,
    *,
    loss: configs.LossConfig | None = None,
    output_activation: str = "linear",
    total_steps: int = 1,
    micro_batch_size: int = 4096,
) -> SupervisedStep:
    """Return a step for a model of one of Keras's optimizers, as `trainers.run` would make it.

    Args:
        model: what learns.
        predicts: "classes" or "numbers".
        optimizer: of first order.
        loss: "auto" where none is given.
        output_activation: the model's last activation.
        total_steps: updates over which a schedule runs.
        micro_batch_size: examples that are in memory at once.

    Raises:
        ConfigError: the loss is for something else.
    """
    loss = loss or configs.LossConfig()
    name = losses.resolve(loss.name, predicts, losses.fitting(predicts), output_activation)
    risk = EmpiricalRisk.of(
        dataclasses.replace(loss, name=name), model, predicts, output_activation
    )
    weights = OptimizedWeights(
        build_optimizer(optimizer, "float32", total_steps),
        model.trainable_variables,
        clip_norm=optimizer.clip_norm,
    )
    return SupervisedStep(model, weights, risk, micro_batch_size=micro_batch_size)


def fit(
    step: SupervisedStep,
    train: datasets.Split,
    test: datasets.Split | None,
    *,
    batch_size: int,
    steps: int,
    every: int,
    seed: int = 0,
    mode: str = "auto",
    after_point: Callable[[int], None] | None = None,
    loop: Loop | None = None,
    evaluation: Evaluation | None = None,
    until: Callable[[Curve], bool] | None = None,
    most_updates: int | None = None,
) -> Curve:
    """Train for `steps` updates and measure every `every` of them.

    Args:
        step: model, optimizer and loss.
        train, test: the splits; without `test` only the training figures are measured.
        batch_size: examples per update.
        seed: of the order of examples.
        mode: "auto", "xla" or "graph".
        after_point: called with the number of updates done, at every measured point.
        loop, evaluation: of the same step and mode, already compiled by a call before this one.
        until: ends the training where it is true of the curve so far, at a measured point.
        most_updates: of one compiled call, where the training must be interruptible.
    """
    feed = Feed(train, min(batch_size, train.size), seed)
    mode = compiling.choose(mode, step.model, feed.batch_size)
    loop, evaluation = loop or Loop(step, mode), evaluation or Evaluation(step, mode)
    curve, totals, done, seconds = Curve(), Totals(step.names), 0, 0.0
    compiled: set[int] = set()
    while done < steps:
        # The first call of every batch size compiles: it is kept short, and out of the time.
        compiles = feed.batch_size_at(done) not in compiled
        most = 1 if compiles else min(steps - done, every - done % every, most_updates or steps)
        started = time.perf_counter()
        call = loop.advance(feed, done, most)
        totals.add(call.sums, call.weight)
        if not compiles:
            seconds += time.perf_counter() - started
        compiled.add(call.batch_size)
        done += call.updates
        if done % every == 0 or done == steps:
            curve.steps.append(done)
            curve.seconds.append(seconds)
            for name, value in totals.means.items():
                curve.train.setdefault(name, []).append(value)
            totals = Totals(step.names)
            if test is not None:
                for name, value in evaluation.measure(test).items():
                    curve.test.setdefault(name, []).append(value)
            if after_point is not None:
                after_point(done)
            if until is not None and until(curve):
                break
    return curve

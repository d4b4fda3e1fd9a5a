"""Train on arrays with the project's own step and loop, and return the curve."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np

import configs
import datasets
from trainers import compile_mode, losses, metrics, optimizers
from trainers.evaluation import Evaluation
from trainers.feed import Feed
from trainers.loop import Loop, Totals
from trainers.supervised import SupervisedStep


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
    task: str,
    optimizer: configs.OptimizerConfig,
    *,
    loss: configs.LossConfig | None = None,
    output_activation: str = "linear",
    total_steps: int = 1,
    micro_batch_size: int = 4096,
) -> SupervisedStep:
    """Return a step for a model of one of Keras's optimizers, as `trainers.run` would make it."""
    return SupervisedStep(
        model,
        optimizers.make(optimizer, "float32", total_steps),
        losses.make(
            loss or configs.LossConfig(), task, int(model.output_shape[-1]), output_activation
        ),
        metrics.make(task),
        metric_name=metrics.name_of(task),
        micro_batch_size=micro_batch_size,
        clip_norm=optimizer.clip_norm,
    )


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
    """
    feed = Feed(train, min(batch_size, train.size), seed)
    mode = compile_mode.choose(mode, step.model, feed.batch_size)
    loop, evaluation = loop or Loop(step, mode), evaluation or Evaluation(step, mode)
    curve, totals, done, seconds = Curve(), Totals(step.names), 0, 0.0
    compiled: set[int] = set()
    while done < steps:
        most = min(steps - done, every - done % every)
        first_of_its_kind = feed.stretch(done, 1).batch_size not in compiled
        stretch = feed.stretch(done, 1 if first_of_its_kind else most)
        started = time.perf_counter()
        sums, weight, _ = loop.run(*stretch)
        totals.add(sums, weight)
        if not first_of_its_kind:
            seconds += time.perf_counter() - started
        compiled.add(stretch.batch_size)
        done += stretch.length
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
    return curve

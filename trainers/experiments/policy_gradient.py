"""Balancing a pole by policy gradients: REINFORCE with a learned baseline, and an actor-critic.

Each variant is trained by its own recipe, `configs/policy_reinforce.yaml` and
`configs/policy.yaml`, and measured as a run is: the weights with the best validation are tested
on 100 episodes of reset seeds never met before. CartPole-v1 counts as solved at a mean return of
475 of at most 500 (Gymnasium's own threshold).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

import configs
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop
from trainers.experiments.experiment import Outcome, Report

RECIPES = {"reinforce": "policy_reinforce", "actor_critic": "policy"}
COLORS = {"reinforce": "series-4", "actor_critic": "series-1"}


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Train both variants from every seed and test their best weights."""
    outcome = Outcome(curves={"threshold": settings["threshold"]})
    for name, recipe in RECIPES.items():
        for seed in settings["seeds"]:
            steps, returns, tested = learn(
                recipe, settings["updates"][name], settings["points"], seed
            )
            share = tested / settings["threshold"]
            outcome.samples.setdefault(f"{name}_return_over_threshold", []).append(share)
            outcome.curves[f"{name}_steps"] = steps
            outcome.curves.setdefault(name, []).append(returns)
            report(f"{name}, seed {seed}: mean test return {tested:.1f}")
    return outcome


def learn(
    recipe: str, updates: int, points: int, seed: int
) -> tuple[list[int], list[float], float]:
    """Train by a recipe and validate at `points` equally spaced moments, and before the first.

    Returns:
        Steps done in all environments together, the mean validation return at each, and the mean
        test return of the weights whose validation was best.
    """
    dataset, plan, _ = load_data(resolve(configs.recipe(recipe, steps=updates, seed=seed)))
    parts = assemble(plan, dataset)
    feed, loop = Feed.of(dataset, parts.batch_size, seed), Loop(parts.step, parts.mode)
    per_update = parts.batch_size * plan.config.problem.options["horizon_steps"]
    every, best, tested = max(1, updates // points), -np.inf, 0.0
    measured = [*range(0, updates, every), updates]
    returns: list[float] = []
    for before, done in zip([0, *measured], measured, strict=False):
        loop.train(feed, before, done)
        returns.append(parts.evaluation.measure(dataset.splits["validation"])["mean_return"])
        if returns[-1] > best:
            best = returns[-1]
            tested = parts.evaluation.measure(dataset.splits["test"])["mean_return"]
    return [done * per_update for done in measured], returns, tested


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw mean and deviation over the seeds against the steps taken, and every tested policy."""
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    for index, (name, color) in enumerate(COLORS.items()):
        label = name.replace("_", "-")
        steps = np.array(outcome.curves[f"{name}_steps"])
        returns = np.array(outcome.curves[name])
        mean, deviation = returns.mean(axis=0), returns.std(axis=0)
        left.plot(steps, mean, color=color, label=f"{label}, mean of {len(returns)} seeds")
        left.fill_between(
            steps,
            np.maximum(mean - deviation, 0),
            np.minimum(mean + deviation, 500),
            color=color,
            alpha=0.25,
            linewidth=0,
        )
        shares = outcome.samples[f"{name}_return_over_threshold"]
        tested = np.multiply(shares, outcome.curves["threshold"])
        right.scatter(np.full(len(tested), index), tested, color=color, alpha=0.7)
    for axis in (left, right):
        threshold = outcome.curves["threshold"]
        axis.axhline(threshold, color="ink", linestyle="--", label=f"threshold {threshold}")
        axis.grid(alpha=0.3)
    left.set(xlabel="steps of all environments", ylabel="mean return", title="validation episodes")
    left.legend(loc="lower right")
    right.set_xticks([0, 1], [name.replace("_", "-") for name in COLORS])
    right.set(xlim=(-0.5, 1.5), title="best weights, test episodes")

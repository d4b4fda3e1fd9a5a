"""Our loop, as a run has it, and what the other contenders start from."""

from __future__ import annotations

from trainers.cli.quiet import tf  # isort: skip  (first, so that the import is quiet)

import dataclasses
import functools
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import configs
import datasets
from trainers.assembly.assemble import Assembly, assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.benchmarks.first_examples import first_examples
from trainers.benchmarks.peers.cases import CASES, Case
from trainers.benchmarks.peers.prepared import Prepared
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop
from trainers.optimizers import catalogue as optimizers
from trainers.problems.plan import Plan
from zoo.catalogue.flops import flops_per_example

Turn = Callable[[int], float]

_PICTURES, _SEQUENCES, _STEPS, _SYMBOLS = 30_000, 3_840, 64, 65
_PEAK_SIZE, _PEAK_TURNS, _TRIED_CALLS = 2_048, 5, 2


def assembled(name: str) -> tuple[Case, Plan, Assembly]:
    """Return a row's case, its plan, and its parts with as many examples as fill all batches."""
    case = next(case for case in CASES if case.name == name)
    tf.get_logger().setLevel("ERROR")  # many loops in one process look like forgotten retracing
    dataset, plan, _ = load_data(resolve(case.config))
    if case.data != "recipe":
        made = _pictures() if case.data == "pictures" else _symbols()
        dataset = dataclasses.replace(dataset, **made, oracle_loss={})
    if not dataset.contiguous:
        size = dataset.splits["train"].size
        dataset = first_examples(dataset, size - size % case.batch_size)
    return case, plan, assemble(plan, dataset)


def prepare(name: str, turns: int, seconds: float, folder: Path) -> tuple[Turn, dict[str, Any]]:
    """Compile a row, write what the others need, and return its turn and what is known of it.

    Args:
        name: of the row.
        turns: how many there will be.
        seconds: that a turn of ours takes, if the row's most updates last so long.
        folder: for the others.
    """
    case, plan, parts = assembled(name)
    loop = Loop(parts.step, parts.mode)
    feed = _feed(parts, plan.config)
    start = [each.numpy() for each in _variables(parts)]
    updates = _updates(loop, feed, case.most_updates, seconds)
    for variable, value in zip(_variables(parts), start, strict=True):
        variable.assign(value)
    prepared = _prepared(case, plan, parts, turns, updates)
    prepared.save(folder)

    def turn(number: int) -> float:
        totals = loop.train(feed, number * updates, (number + 1) * updates)
        return totals.means[parts.step.names[0]]

    return turn, {
        "updates": updates,
        "mode": parts.mode,
        "flops_per_update": _flops(case, parts, prepared),
        "peak_flops": peak_flops(),
    }


def _feed(parts: Assembly, config: configs.Config) -> Feed:
    return Feed.of(parts.dataset, parts.batch_size, config.seed, by_length=parts.buckets)


def _variables(parts: Assembly) -> list[Any]:
    return [each for group in parts.step.variables.values() for each in group]


def _updates(loop: Loop, feed: Feed, most: int, seconds: float) -> int:
    """Return how many updates last `seconds`, at most `most`."""
    batch = max(1, min(most // 4, feed.full_batches))
    fastest = math.inf
    for call in range(_TRIED_CALLS + 1):
        started = time.perf_counter()
        loop.train(feed, call * batch, (call + 1) * batch)
        if call:  # the first one compiles
            fastest = min(fastest, time.perf_counter() - started)
    return max(1, min(most, round(batch / fastest * seconds)))


def _prepared(case: Case, plan: Plan, parts: Assembly, turns: int, updates: int) -> Prepared:
    train = parts.dataset.splits["train"]
    order = _order(_feed(parts, plan.config), turns * updates)
    before = np.concatenate([np.full_like(order[:1], -2), order[:-1]])
    row = optimizers.find(plan.config.optimizer.name)
    rate = plan.config.optimizer.learning_rate or row.learning_rate
    steps = np.zeros(len(order), np.int32)
    if case.kind == "symbols":
        lengths = np.count_nonzero(train.weights, axis=1)
        steps = lengths[order].max(axis=1).astype(np.int32)
    return Prepared(
        kind=case.kind,
        options=dict(plan.config.model.options),
        optimizer={
            "name": plan.config.optimizer.name,
            **{option.name: option.default for option in row.options},
            **plan.config.optimizer.options,
            "learning_rate": rate,
            "ema_momentum": plan.config.optimizer.ema_momentum,
        },
        weights=[each.numpy() for each in parts.step.model.trainable_variables],
        inputs=np.asarray(train.inputs),
        targets=np.asarray(train.targets),
        example_weights=np.asarray(train.weights),
        order=order.reshape(turns, updates, -1),
        steps=steps.reshape(turns, updates),
        follows=(order == before + 1).astype(np.float32).reshape(turns, updates, -1),
    )


def _order(feed: Feed, updates: int) -> np.ndarray:
    """Return the examples of every update, `[updates, batch]`, as the loop will meet them."""
    rows: list[np.ndarray] = []
    done = 0
    while done < updates:
        stretch = feed.stretch(done, updates - done)
        size, first = stretch.batch_size, stretch.first
        part = stretch.order.numpy()[first * size : (first + stretch.length) * size]
        rows.append(part.reshape(-1, size))
        done += stretch.length
    return np.concatenate(rows)


def _flops(case: Case, parts: Assembly, prepared: Prepared) -> float:
    """Return the operations of an update, of which padding has none."""
    model, batch = parts.step.model, case.batch_size
    if case.kind == "gan":
        # The generator's forward and backward pass; the discriminator's of real and drawn images,
        # and once more of the drawn ones, where its weights have no gradient.
        drawing = flops_per_example(model.get_layer("generator"))
        return batch * (3.0 * drawing + 8.0 * flops_per_example(model.get_layer("discriminator")))
    if case.kind == "symbols":
        counted = float(prepared.example_weights.sum()) / len(prepared.example_weights)
        length = model.input_shape[1]
        return 3.0 * batch * counted * flops_per_example(model, length or 1) / (length or 1)
    return 3.0 * batch * flops_per_example(model, prepared.inputs.shape[1])


def peak_flops() -> float:
    """Return the operations per second of a large matrix product in float32, at its fastest."""
    factor = tf.random.stateless_uniform([_PEAK_SIZE, _PEAK_SIZE], (1, 2))
    tf.matmul(factor, factor).numpy()
    seconds = []
    for _ in range(_PEAK_TURNS):
        started = time.perf_counter()
        tf.matmul(factor, factor)[0, 0].numpy()
        seconds.append(time.perf_counter() - started)
    return 2.0 * _PEAK_SIZE**3 / min(seconds)


@functools.cache
def _pictures() -> dict[str, Any]:
    """Return random pictures of MNIST's shape, of the classes that a random map says."""
    random = np.random.default_rng(0)
    inputs = random.random((_PICTURES, 28, 28, 1), np.float32)
    scores = (inputs.reshape(_PICTURES, -1) - 0.5) @ random.standard_normal((784, 10), np.float32)
    targets = scores.argmax(axis=1).astype(np.int32)
    train = datasets.Split(inputs, targets, np.ones(_PICTURES, np.float32))
    return {"name": "random", "input_shape": (28, 28, 1), "splits": {"train": train}}


@functools.cache
def _symbols() -> dict[str, Any]:
    """Return random sequences in which half of the symbols follow from the one before."""
    random = np.random.default_rng(0)
    text = random.integers(0, _SYMBOLS, (_SEQUENCES, _STEPS + 1), np.int32)
    follow = random.random(text.shape) < 0.5
    for step in range(1, _STEPS + 1):
        text[:, step] = np.where(follow[:, step], (text[:, step - 1] * 7 + 3) % _SYMBOLS,
                                 text[:, step])  # fmt: skip
    weights = np.ones((_SEQUENCES, _STEPS), np.float32)
    train = datasets.Split(text[:, :-1].copy(), text[:, 1:].copy(), weights)
    return {
        "name": "random", "input_shape": (_STEPS,), "num_classes": _SYMBOLS,
        "class_names": tuple(map(str, range(_SYMBOLS))), "splits": {"train": train},
    }  # fmt: skip

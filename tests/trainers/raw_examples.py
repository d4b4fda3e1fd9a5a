"""Raw test examples of the embedded datasets, and the figures of answers to them."""

import math

import numpy as np

import datasets
from datasets.prepare import prepared_builder


def raw_test(name):
    """What a file would hold: raw inputs and targets, before any of our reading."""
    with prepared_builder(name, None, True) as builder:
        content = builder.content()["test"]
    if name in ("digits", "mnist_5k"):
        return content["image"], content["label"]
    if name == "diabetes":
        return content["features"], content["target"]
    if name == "oscillators":
        return content["series"], content["target"]
    return content["string"], None


def raw_text(name, **options):
    """The pieces of text that evaluation reads from a start: (pieces, what follows, weights)."""
    data = datasets.load(name, **options)
    split = data.splits["test"]
    streams = math.gcd(split.size, datasets.EVALUATION_STREAMS)
    symbols = split.inputs.reshape(streams, -1)
    pieces = ["".join(data.class_names[symbol] for symbol in row) for row in symbols]
    return pieces, split.targets.reshape(streams, -1), split.weights.reshape(streams, -1)


def figures(model, dataset, **options):
    """The run's figures again, from raw test examples through a model alone."""
    import tensorflow as tf

    if dataset in ("reber", "stdlib_source"):
        if dataset == "reber":
            strings = [string.decode() for string in raw_test(dataset)[0]]
            inputs = [string[:-1] for string in strings]
            time = max(map(len, inputs))
            names = zoo_names(model)
            following = [[names.index(symbol) for symbol in string[1:]] for string in strings]
            targets = np.array([row + [0] * (time - len(row)) for row in following])
            weights = np.array([[1] * len(row) + [0] * (time - len(row)) for row in following])
        else:
            inputs, targets, weights = raw_text(dataset, **options)
        answers = np.asarray(model(tf.constant(inputs)), np.float64)
        right = np.take_along_axis(answers, targets[:, :, None], axis=2)[:, :, 0]
        hits = answers.argmax(axis=2) == targets
        total = weights.sum()
        return {
            "loss": float(-(np.log(right) * weights).sum() / total),
            "accuracy": float((hits * weights).sum() / total),
        }
    inputs, targets = raw_test(dataset)
    answers = model(inputs)
    if isinstance(answers, dict):
        drawn = np.asarray(answers["images"], np.float64) / 16
        return {"mean_squared_error": float(np.mean((drawn - inputs / 16) ** 2))}
    answers = np.asarray(answers, np.float64)
    if dataset in ("diabetes", "oscillators"):
        error = answers[:, 0] - targets
        return {
            "mean_absolute_error": float(np.abs(error).mean()),
            "loss": float(np.mean(error**2)),
        }
    right = answers[np.arange(len(targets)), targets]
    return {
        "accuracy": float((answers.argmax(axis=1) == targets).mean()),
        "loss": float(-np.log(np.maximum(right, 1e-300)).mean()),
    }


def zoo_names(model):
    """The symbols that a model's answers are about."""
    import zoo

    return zoo.described(model)["outputs"]["names"]

"""A dataset cut short, for benchmarks that need no more of it."""

from __future__ import annotations

import dataclasses

import datasets


def first_examples(dataset: datasets.Dataset, count: int) -> datasets.Dataset:
    """Return a dataset with the first `count` examples of its training split alone."""
    train = dataset.splits["train"]
    part = dataclasses.replace(
        train,
        inputs=train.inputs[:count],
        targets=train.targets[:count],
        weights=train.weights[:count],
        masks={name: mask[:count] for name, mask in train.masks.items()},
    )
    return dataclasses.replace(dataset, splits={**dataset.splits, "train": part})

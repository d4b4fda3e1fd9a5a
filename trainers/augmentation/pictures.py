"""What TensorBoard shows of augmentation: some pictures as a moment of the training sees them."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import configs
import datasets
from trainers.augmentation.augmentation import Vary
from trainers.engine.hooks import Hooks, Moment
from trainers.output.grid import grid
from trainers.output.labelled import labelled

_COLUMNS = 8


def with_pictures(
    hooks: Hooks, vary: Vary | None, config: configs.Config, dataset: datasets.Dataset
) -> Hooks:
    """Return `hooks`, and one that shows training pictures after every validation.

    Above are eight pictures as they are, below as another epoch, the number of updates, has them.
    """
    if vary is None or dataset.input_shape[-1] not in (1, 3):
        return hooks
    train = dataset.splits["train"]
    rows = datasets.sample_rows(train.size, _COLUMNS)
    images = train.inputs[rows]

    def picture_of_augmentation(moment: Moment) -> None:
        words = datasets.epoch_words(train.size, config.seed, moment.step)[rows]
        varied = vary(tf.constant(images), tf.constant(words)).numpy()
        drawn = grid(np.concatenate([images, varied]), len(images))
        title = "training pictures, and how they are varied"
        pixels = labelled(drawn, title, rows=["as it is", "varied"])
        moment.shows.images("augmentation", pixels[None], moment.step)

    return Hooks(
        hooks.read, hooks.begin, [*hooks.on_validation, picture_of_augmentation], hooks.at_end
    )

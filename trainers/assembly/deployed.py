"""The model that a run hands out: what was trained, with its data's preparation around it."""

from __future__ import annotations

import keras

import configs
import datasets
import zoo
from trainers.problems.row import Problem


def deployed(
    config: configs.Config, dataset: datasets.Dataset, problem: Problem, model: keras.Model
) -> keras.Model:
    """Return a model from raw inputs to answers, see `zoo.deployable`.

    Where the problem's answers are not its data's, as of an autoencoder, which draws what it is
    shown, they are the problem's own; a model whose inputs are no data's, as of a generator, stays
    as it is.
    """
    if problem.answers is None:
        return model
    preparation = dict(dataset.preparation)
    if problem.answers != "targets":
        scale = (preparation.get("inputs") or {}).get("scale", 1.0)
        preparation["outputs"] = {"kind": problem.answers, "names": list(dataset.class_names)}
        if problem.answers == "images":
            preparation["outputs"] = {"kind": "images", "scale": scale}
    return zoo.deployable(model, preparation, config.model.output_activation)

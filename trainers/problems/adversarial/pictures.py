"""What a run of a generator leaves to look at: pictures of samples, from latents that stay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import datasets
from trainers.engine.hooks import Hooks, Moment
from trainers.output.figure import save_figure
from trainers.output.grid import grid, write_png
from trainers.output.labelled import labelled
from trainers.output.theme import drawn
from trainers.problems.adversarial import quality
from trainers.problems.adversarial.feature_classifier import ClassifierKeeper
from trainers.problems.adversarial.sampling import ExampleSampler, spherical_interpolation

_SIDE = 8
_BETWEEN = 10
# Samples that the histogram of classes counts.
_COUNTED = 2000


def picture_hooks(
    sampler: ExampleSampler, keeper: ClassifierKeeper, dataset: datasets.Dataset
) -> Hooks:
    """Return the hooks that write `samples/` in the run's folder.

    step-000001234.png: 8 x 8 samples after every validation, in TensorBoard too. With the best
    weights, final.png: the same; interpolation.png: every row goes from one latent to another;
    classes.png: which classes the samples show, beside those of the training data.
    """
    return Hooks(
        read=[keeper.read],
        begin=[keeper.begin],
        on_validation=[_samples(sampler)],
        at_end=[_final(sampler), _classes(sampler, keeper, dataset)],
    )


def _samples(sampler: ExampleSampler) -> Callable[[Moment], None]:
    def pictures_of_samples(moment: Moment) -> None:
        drawing = grid(sampler.examples(sampler.latents(_SIDE**2)), _SIDE)
        pixels = labelled(drawing, f"samples after {moment.step:,} updates")
        moment.shows.images("samples", pixels[None], moment.step)
        write_png(moment.folder / "samples" / f"step-{moment.step:09d}.png", pixels)

    return pictures_of_samples


def _final(sampler: ExampleSampler) -> Callable[[Moment], None]:
    def final_pictures(moment: Moment) -> None:
        folder = moment.folder / "samples"
        latents = sampler.latents(_SIDE**2)
        drawing = grid(sampler.examples(latents), _SIDE)
        best = f"samples by the best weights, of update {moment.step:,}"
        write_png(folder / "final.png", labelled(drawing, best))
        ways = [
            spherical_interpolation(latents[row], latents[_SIDE + row], _BETWEEN)
            for row in range(_SIDE)
        ]
        between = sampler.examples(np.concatenate(ways).astype(np.float32))
        ends = ["one", *[""] * (_BETWEEN - 2), "another"]
        pixels = labelled(
            grid(between, _BETWEEN), "from one latent to another, on the sphere", columns=ends
        )
        write_png(folder / "interpolation.png", pixels)

    return final_pictures


def _classes(
    sampler: ExampleSampler, keeper: ClassifierKeeper, dataset: datasets.Dataset
) -> Callable[[Moment], None]:
    @drawn()
    def picture_of_classes(moment: Moment) -> None:
        from matplotlib.figure import Figure  # without pyplot, which takes long to import

        seen = np.concatenate(
            [keeper.classifier.look(images)[1] for images in sampler.stream(_COUNTED)]
        )
        places = np.arange(dataset.num_classes)
        figure = Figure(figsize=(6, 3), layout="constrained")
        axis = figure.subplots()
        for offset, label, classes, role in (
            (-0.2, "training data", dataset.splits["train"].targets, "train"),
            (0.2, "samples", seen, "best"),
        ):
            shares = quality.class_shares(classes, dataset.num_classes)
            axis.bar(places + offset, shares, 0.4, label=label, color=role)
        axis.set_xticks(places, dataset.class_names if dataset.num_classes <= 20 else None)
        axis.set_ylabel("share")
        axis.set_title(f"classes of {_COUNTED:,} samples, by the feature classifier")
        axis.legend()
        (moment.folder / "samples").mkdir(exist_ok=True)
        save_figure(figure, moment.folder / "samples" / "classes.png")

    return picture_of_classes

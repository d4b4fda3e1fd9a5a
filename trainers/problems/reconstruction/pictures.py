"""What a run of an autoencoder leaves to look at: reconstructions, samples, and a map of codes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import datasets
from trainers.engine.hooks import Hooks, Moment
from trainers.output import projector
from trainers.output.grid import grid, write_png
from trainers.output.labelled import labelled
from trainers.problems.reconstruction import latent_map
from trainers.problems.reconstruction.codec import Codec

_COLUMNS = 16
_SIDE = 8
_BETWEEN = 8
_MOST_ROWS = 10
_MAPPED = 1500
# The samples of every run are drawn from these codes.
_SEED = 2014


def picture_hooks(codec: Codec, dataset: datasets.Dataset) -> Hooks:
    """Return the hooks that write `samples/` and the projector's files in the run's folder.

    step-000001234.png: validation images over (noisy ones and) their reconstructions, after every
    validation. With the best weights: reconstructions.png, the same of test images;
    interpolation.png: test images of different classes at both ends of rows of what lies between
    their codes; prior.png: images of codes drawn from N(0, 1), of the variational kind;
    map.png: the plane in which the test images' codes vary most, coloured by class. TensorBoard
    has all of them as images, and the codes with their images in its projector.

    Data that are no pictures get the map and the projector alone.
    """
    drawable = len(dataset.input_shape) == 3 and dataset.input_shape[-1] in (1, 3)
    if not drawable:
        return Hooks(at_end=[_map(codec, dataset, drawable)])
    at_end = [_reconstructions(codec, dataset, "test", "reconstructions"), _between(codec, dataset)]
    at_end += [_prior(codec)] if codec.step.variational else []
    return Hooks(
        on_validation=[_reconstructions(codec, dataset, "validation", None)],
        at_end=[*at_end, _map(codec, dataset, drawable)],
    )


def _show(moment: Moment, name: str, file: str, pixels: np.ndarray) -> None:
    write_png(moment.folder / "samples" / f"{file}.png", pixels)
    moment.shows.images(name, pixels[None], moment.step)


def _reconstructions(
    codec: Codec, dataset: datasets.Dataset, split: str, file: str | None
) -> Callable[[Moment], None]:
    chosen = dataset.splits[split]
    images = chosen.inputs[datasets.sample_rows(chosen.size, _COLUMNS)]

    def picture_of_reconstructions(moment: Moment) -> None:
        rows, words = [images], ["image"]
        if not codec.step.variational:
            rows.append(codec.noisy(images))
            words.append("with noise")
        rows.append(codec.images(codec.codes(rows[-1])))
        words.append("drawn again")
        title = f"{split} images and what is drawn of their codes, update {moment.step:,}"
        pixels = labelled(grid(np.concatenate(rows), len(images)), title, rows=words)
        name = f"reconstructions_{split}"
        _show(moment, name, file or f"step-{moment.step:09d}", pixels)

    return picture_of_reconstructions


def _between(codec: Codec, dataset: datasets.Dataset) -> Callable[[Moment], None]:
    test = dataset.splits["test"]
    rows = datasets.sample_rows(test.size, _MAPPED)
    _, firsts = np.unique(test.targets[rows], return_index=True)
    ends = test.inputs[rows[firsts]]

    def picture_of_interpolation(moment: Moment) -> None:
        codes = codec.codes(ends)
        shown = []
        for first, last in zip(range(len(ends)), np.roll(range(len(ends)), -1), strict=True):
            steps = np.linspace(codes[first], codes[last], _BETWEEN)
            shown += [ends[first : first + 1], codec.images(steps), ends[last : last + 1]]
        drawn = grid(np.concatenate(shown[: 3 * _MOST_ROWS]), _BETWEEN + 2)
        words = ["image", "its code", *[""] * (_BETWEEN - 2), "its code", "image"]
        title = "between the codes of two test images"
        pixels = labelled(drawn, title, columns=words)
        _show(moment, "interpolation", "interpolation", pixels)

    return picture_of_interpolation


def _prior(codec: Codec) -> Callable[[Moment], None]:
    def picture_of_the_prior(moment: Moment) -> None:
        codes = np.random.default_rng(_SEED).standard_normal((_SIDE**2, codec.latent_dim))
        title = "drawn from codes of the normal distribution"
        _show(moment, "prior", "prior", labelled(grid(codec.images(codes), _SIDE), title))

    return picture_of_the_prior


def _map(codec: Codec, dataset: datasets.Dataset, drawable: bool) -> Callable[[Moment], None]:
    test = dataset.splits["test"]
    rows = datasets.sample_rows(test.size, _MAPPED)

    def map_of_codes(moment: Moment) -> None:
        images, classes = test.inputs[rows], test.targets[rows]
        codes = codec.codes(images)
        _show(moment, "map", "map", latent_map.draw(codes, classes, dataset.class_names))
        errors = np.square(images - codec.images(codes)).reshape(len(images), -1).mean(axis=1)
        columns = {
            "class": [dataset.class_names[number] for number in classes],
            "squared_error": [f"{error:.4g}" for error in errors],
        }
        projector.write(moment.folder / "train", codes, columns, images if drawable else None)

    return map_of_codes

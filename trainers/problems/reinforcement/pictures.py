"""One episode to look at: a moving picture, and a strip of stills."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf
from PIL import Image, ImageColor

import datasets
from trainers.engine.compiling import compiled
from trainers.engine.hooks import Moment
from trainers.output.animation import gif, strip
from trainers.output.files import replace_file
from trainers.output.grid import write_png
from trainers.output.labelled import labelled
from trainers.output.theme import colour
from trainers.problems.reinforcement.evaluation import greedy

_PICTURES_PER_SECOND = 10
_HEIGHT = 200
_STILLS = 8
_STILL_HEIGHT = 120


def picture_hook(
    model: keras.Model, make_environment: Callable[..., datasets.Environment], seed: int
) -> Callable[[Moment], None]:
    """Return a hook that writes the episode of reset seed `seed` into the run's folder.

    `episode.gif` runs at the environment's own speed; `episode.png` has stills from beginning to
    end, and what has changed since the first; TensorBoard gets that too. Of an environment without
    pictures none is written. It raises `datasets.DataError` where pygame, which draws, is missing.
    """

    def picture_of_an_episode(moment: Moment) -> None:
        environment = make_environment(1, drawn=True)
        if not environment.frames_per_second:
            return
        frames, milliseconds = record(model, environment, seed)
        chosen = np.linspace(0, len(frames) - 1, _STILLS).round().astype(int)
        pixels = told(frames[chosen], [number * milliseconds / 1000 for number in chosen])
        replace_file(moment.folder / "episode.gif", gif(frames, milliseconds))
        write_png(moment.folder / "episode.png", pixels)
        moment.shows.images("episode", pixels[None], moment.step)

    return picture_of_an_episode


def told(stills: np.ndarray, seconds: Sequence[float]) -> np.ndarray:
    """Return stills in a row, and below what is not as it was in the first.

    Where a pole is balanced all stills look alike: the second row shows in one colour what has
    gone since the first, and in another what has come.

    Args:
        stills: `[stills, rows, columns, 3]` uint8.
        seconds: at which each was seen.
    """
    small = np.stack([_resized(still, _STILL_HEIGHT) for still in stills])
    both = np.concatenate([strip(small), strip(changes(small))])
    return labelled(
        both,
        "an episode by the best weights; below: gone since the first still, and come",
        rows=["seen", "changed"],
        columns=[f"{each:.1f} s" for each in seconds],
    )


def changes(stills: np.ndarray) -> np.ndarray:
    """Return stills `[stills, rows, columns, 3]` uint8 as their difference from the first.

    A pixel that is not as it was is drawn as strongly as it differs, in the colour of what has
    gone where it is lighter now, else in that of what has come.
    """
    light = stills.astype(np.float32).mean(axis=-1, keepdims=True) / 255
    change = light - light[:1]
    # What differs by colour alone differs as well.
    far = np.abs(stills.astype(np.float32) - stills[:1]).max(axis=-1, keepdims=True) / 255
    gone, come = (np.array(ImageColor.getrgb(colour(role))) / 255 for role in ("train", "wrong"))
    ink = np.where(change > 0, gone, come)
    return np.round(255 * (1 - far + far * ink)).astype(np.uint8)


def record(
    model: keras.Model, environment: datasets.Environment, seed: int
) -> tuple[np.ndarray, int]:
    """Play one episode with the likeliest actions and draw it.

    Args:
        model: a policy.
        environment: a single one that can be drawn.
        seed: of the episode.

    Returns:
        `[frames, 200, columns, 3]` uint8, the last one of how it ended, and milliseconds per frame.
    """
    every_steps = max(1, round(environment.frames_per_second / _PICTURES_PER_SECOND))
    observations = environment.reset_each(np.array([seed]))
    act = compiled(lambda values: greedy(model, values), "graph")
    frames, ended, steps = [_resized(environment.frame(), _HEIGHT)], False, 0
    while not ended:
        actions = np.asarray(act(tf.constant(observations)))
        observations, _, terminated, truncated = environment.step(actions)
        ended, steps = bool(terminated[0] or truncated[0]), steps + 1
        if ended or steps % every_steps == 0:
            frames.append(_resized(environment.frame(), _HEIGHT))
    return np.stack(frames), 1000 * every_steps // environment.frames_per_second


def _resized(frame: np.ndarray, height: int) -> np.ndarray:
    rows, columns, _ = frame.shape
    size = max(1, round(columns * height / rows)), height
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BOX))

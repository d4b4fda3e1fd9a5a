"""One episode to look at: a moving picture, and a strip of stills."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

import datasets
from trainers.engine.compiling import compiled
from trainers.engine.hooks import Moment
from trainers.output.animation import gif, strip
from trainers.output.files import replace_file
from trainers.output.grid import write_png
from trainers.problems.reinforcement.evaluation import greedy

_PICTURES_PER_SECOND = 10
_HEIGHT = 200
_STILLS = 8


def picture_hook(
    model: keras.Model, make_environment: Callable[..., datasets.Environment], seed: int
) -> Callable[[Moment], None]:
    """Return a hook that writes the episode of reset seed `seed` into the run's folder.

    `episode.gif` runs at the environment's own speed; `episode.png` has stills from beginning to
    end; TensorBoard gets the stills. Of an environment without pictures none is written. It raises
    `datasets.DataError` where pygame, which draws, is missing.
    """

    def picture_of_an_episode(moment: Moment) -> None:
        environment = make_environment(1, drawn=True)
        if not environment.frames_per_second:
            return
        frames, milliseconds = record(model, environment, seed)
        stills = frames[np.linspace(0, len(frames) - 1, _STILLS).round().astype(int)]
        replace_file(moment.folder / "episode.gif", gif(frames, milliseconds))
        write_png(moment.folder / "episode.png", strip(stills))
        moment.shows.images("episode", stills, moment.step)

    return picture_of_an_episode


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
    frames, ended, steps = [_small(environment.frame())], False, 0
    while not ended:
        actions = np.asarray(act(tf.constant(observations)))
        observations, _, terminated, truncated = environment.step(actions)
        ended, steps = bool(terminated[0] or truncated[0]), steps + 1
        if ended or steps % every_steps == 0:
            frames.append(_small(environment.frame()))
    return np.stack(frames), 1000 * every_steps // environment.frames_per_second


def _small(frame: np.ndarray) -> np.ndarray:
    rows, columns, _ = frame.shape
    size = max(1, round(columns * _HEIGHT / rows)), _HEIGHT
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BOX))

"""One episode to look at: a moving picture, and a strip of stills."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

import datasets
from trainers.episodes import greedy
from trainers.hooks import Moment
from trainers.run_folder import replace_file

# Ten pictures a second of the fifty that Gymnasium draws.
_EVERY_STEPS = 5
_SIZE = (300, 200)
_STILLS = 8


def hook(model: keras.Model, seed: int) -> Callable[[Moment], None]:
    """Return a hook that writes the episode of reset seed `seed` into the run's folder.

    `episode.gif` runs at the environment's own speed; `episode.png` has stills from beginning to
    end; TensorBoard gets the stills. Where pygame is missing one warning is all that is lost.
    """

    def write(moment: Moment) -> None:
        try:
            frames, milliseconds = record(model, seed)
        except datasets.DataError as error:
            print(f"warning: no picture of an episode: {error}", file=sys.stderr)
            return
        stills = frames[np.linspace(0, len(frames) - 1, _STILLS).round().astype(int)]
        replace_file(moment.folder / "episode.gif", gif(frames, milliseconds))
        replace_file(moment.folder / "episode.png", png(strip(stills)))
        moment.summaries.images("episode", stills, moment.step)

    return write


def record(model: keras.Model, seed: int) -> tuple[np.ndarray, int]:
    """Play one episode with the likeliest actions and draw it.

    Returns:
        `[frames, 200, 300, 3]` uint8, the last one of how it ended, and milliseconds per frame.

    Raises:
        DataError: pygame is missing.
    """
    environment = datasets.CartPole(1, drawn=True)
    observations = environment.reset_each(np.array([seed]))
    act = tf.function(lambda values: greedy(model, values))
    frames, ended, steps = [_small(environment.frame())], False, 0
    while not ended:
        actions = np.asarray(act(tf.constant(observations)))
        observations, _, terminated, truncated = environment.step(actions)
        ended, steps = bool(terminated[0] or truncated[0]), steps + 1
        if ended or steps % _EVERY_STEPS == 0:
            frames.append(_small(environment.frame()))
    return np.stack(frames), 1000 * _EVERY_STEPS // environment.frames_per_second


def gif(frames: np.ndarray, milliseconds: int) -> bytes:
    """Return `[frames, rows, columns, 3]` uint8 as an endlessly repeating GIF file."""
    # The pictures have a handful of colours; a palette for all keeps the file small.
    plain = Image.Dither.NONE
    palette = Image.fromarray(frames[0]).quantize(32)
    pictures = [Image.fromarray(frame).quantize(palette=palette, dither=plain) for frame in frames]
    file = io.BytesIO()
    pictures[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=milliseconds,
        loop=0,
    )
    return file.getvalue()


def strip(stills: np.ndarray) -> np.ndarray:
    """Return `[stills, rows, columns, 3]` side by side, in thin frames."""
    framed = np.pad(stills, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=160)
    return np.concatenate(framed, axis=1)


def png(picture: np.ndarray) -> bytes:
    """Return `[rows, columns, 3]` uint8 as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", optimize=True)
    return file.getvalue()


def _small(frame: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(frame).resize(_SIZE, Image.Resampling.BOX))

"""What a trained generator draws, as a file: a grid of images, a table of points, or an array."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import configs
from trainers.output.files import replace_file
from zoo.process.shell import shown

if TYPE_CHECKING:
    import keras

_ENDINGS = {"images": (".png", ".npy"), "points": (".csv", ".npy")}


def require_ending(output: Path, kind: str) -> None:
    """Raise `ConfigError` for a file that cannot hold what is drawn.

    Args:
        output: the file.
        kind: "images" or "points".
    """
    allowed = _ENDINGS[kind]
    if output.suffix.lower() not in allowed:
        raise configs.ConfigError(
            f"--output is {shown(output)}, and {kind} are written as {' or '.join(allowed)}; give "
            f"a file of such a name, e.g. --output {kind}{allowed[0]}"
        )


def kind_of(model: keras.Model) -> str:
    """Return what a model of two networks draws: "images" or "points"."""
    return "points" if "points" in model.output else "images"


def draw(model: keras.Model, count: int, seed: int) -> np.ndarray:
    """Return what a model of two networks draws, `[count, ...]`; the first are a smaller count's.

    Args:
        model: with a model called "generator".
        count: examples.
        seed: of their latents.
    """
    from trainers.problems.adversarial.sampling import ExampleSampler

    sampler = ExampleSampler(model.get_layer("generator"))
    return sampler.examples(sampler.latents(count, seed))


def table(points: np.ndarray) -> str:
    """Return points `[points, 2]` as comma-separated values with a head."""
    return "x,y\n" + "".join(f"{x:.6g},{y:.6g}\n" for x, y in points)


def write(examples: np.ndarray, output: Path) -> None:
    """Write examples `[examples, ...]`, whole or not at all, as the file's name says."""
    if output.suffix.lower() == ".csv":
        replace_file(output, table(examples).encode())
    elif output.suffix.lower() == ".png":
        from trainers.output.grid import grid, write_png

        columns = math.ceil(math.sqrt(len(examples)))
        missing = -len(examples) % columns
        filled = np.concatenate([examples, np.zeros((missing, *examples.shape[1:]), np.float32)])
        write_png(output, grid(filled, columns))
    else:
        content = io.BytesIO()
        np.save(content, examples)
        replace_file(output, content.getvalue())

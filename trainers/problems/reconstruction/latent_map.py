"""A map of codes: the plane in which they vary most, coloured by class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainers.output.theme import drawn

# Classes that a legend can tell apart.
_NAMED = 20


def principal_plane(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return codes in their first two principal components, and each one's share of the variance.

    The components are the eigenvectors of the codes' covariance with the largest eigenvalues
    (Pearson 1901); codes of one or two numbers stay as they are.

    Args:
        codes: `[examples, latent_dim]`.

    Returns:
        `[examples, 2]`, of which the second is 0 for codes of one number, and shares `[2]`.
    """
    centred = codes - codes.mean(axis=0)
    total = max(float(np.square(centred).sum()), 1e-30)
    if codes.shape[1] <= 2:
        places = np.pad(codes, ((0, 0), (0, 2 - codes.shape[1])))
        return places, np.square(places - places.mean(axis=0)).sum(axis=0) / total
    _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
    return centred @ axes[:2].T, np.square(lengths[:2]) / total


@drawn()
def draw(codes: np.ndarray, classes: np.ndarray, class_names: Sequence[str]) -> np.ndarray:
    """Return a picture, uint8 `[height, width, 3]`, of codes `[examples, latent_dim]`.

    Args:
        classes: `[examples]`, the place of each one's name in `class_names`.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure  # without pyplot, which takes long to import

    places, shares = principal_plane(codes)
    figure = Figure(figsize=(6.4, 5.6), layout="constrained")
    axis = figure.subplots()
    present = np.unique(classes)
    colours = matplotlib.colormaps["tab10" if len(class_names) <= 10 else "tab20"]
    for number in present:
        chosen = places[classes == number]
        colour = [colours(int(number) % colours.N)]
        axis.scatter(chosen[:, 0], chosen[:, 1], s=12, c=colour, label=class_names[number])
    kind = "component" if codes.shape[1] > 2 else "number"
    axis.set_xlabel(f"first {kind}, {shares[0]:.0%} of the variance")
    axis.set_ylabel(f"second {kind}, {shares[1]:.0%} of the variance")
    axis.set_title(f"codes of {len(codes):,} test examples, learned without their classes")
    if len(present) <= _NAMED:
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), markerscale=1.5)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]

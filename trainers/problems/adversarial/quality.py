"""How good a set of generated examples is, from features of it and of real examples.

Three questions, three figures: are the two distributions alike (Frechet distance), does what is
drawn look real (precision), is everything real drawn (recall). All are pure functions of arrays
`[examples, features]`.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from trainers.problems.distances import squared_distances

# Kynkäänniemi et al. 2019, section 3: robust over sample sizes.
NEIGHBOURS = 3
# Of real examples: two halves have a covariance each, and every example its neighbours.
FEWEST = max(4, NEIGHBOURS + 1)


def frechet_distance(real: np.ndarray, generated: np.ndarray) -> float:
    """Return the squared Frechet distance between Gaussians fitted to two sets of features.

        |m_r - m_g|^2 + tr(C_r + C_g - 2 (C_r C_g)^(1/2))

    with means m and covariances C (Heusel et al. 2017, equation 6; Dowson & Landau 1982). It is 0
    for equal moments, and biased upwards by about 1 / examples: compare equal sample sizes.

    Args:
        real, generated: `[examples, features]`, each at least 2 examples.

    Returns:
        In the features' own units, squared; at least 0.
    """
    means = [features.mean(axis=0, dtype=np.float64) for features in (real, generated)]
    covariances = [
        np.atleast_2d(np.cov(features.astype(np.float64), rowvar=False))
        for features in (real, generated)
    ]
    # tr (C_r C_g)^(1/2) = tr (R C_g R)^(1/2) with R = C_r^(1/2): symmetric matrices keep real,
    # non-negative eigenvalues where units that are always 0 make the covariances singular.
    root = _symmetric_root(covariances[0])
    inner = scipy.linalg.eigvalsh(root @ covariances[1] @ root)
    trace_of_root = np.sqrt(np.maximum(inner, 0)).sum()
    difference = means[0] - means[1]
    distance = difference @ difference + np.trace(covariances[0] + covariances[1])
    return max(float(distance - 2 * trace_of_root), 0.0)


def _symmetric_root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = scipy.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def precision_and_recall(
    real: np.ndarray, generated: np.ndarray, neighbours: int = NEIGHBOURS
) -> tuple[float, float]:
    """Return the share of generated examples that look real, and of real ones that are covered.

    A set's manifold is the union of balls around its examples, each out to its k-th nearest other
    example. Precision is the share of generated examples in the manifold of the real ones, recall
    the share of real ones in that of the generated (Kynkäänniemi et al. 2019, equations 1 and 2).

    Args:
        real, generated: `[examples, features]`, each more than `neighbours` examples.
        neighbours: k, at least 1.

    Raises:
        ValueError: too few examples.
    """
    fewest = min(len(real), len(generated))
    if not 1 <= neighbours < fewest:
        raise ValueError(
            f"{neighbours} neighbours of each of {fewest} examples; allowed: 1 to {fewest - 1}"
        )
    return (
        _share_inside(generated, real, neighbours),
        _share_inside(real, generated, neighbours),
    )


def _share_inside(points: np.ndarray, centres: np.ndarray, neighbours: int) -> float:
    """Return the share of `points` within at least one ball around `centres`."""
    # Each centre is nearer to itself than all others are.
    radii = [
        np.partition(block, neighbours, axis=1)[:, neighbours]
        for block in squared_distances(centres, centres)
    ]
    # Equal examples have balls of radius 0, and distances are right to the last bits of the norms.
    slack = 1e-12 * np.square(centres.astype(np.float64)).sum(axis=1).max()
    limits = np.concatenate(radii) + slack
    inside = [(block <= limits).any(axis=1) for block in squared_distances(points, centres)]
    return float(np.concatenate(inside).mean())


def class_shares(classes: np.ndarray, num_classes: int) -> np.ndarray:
    """Return the share of every class, `[num_classes]`, among class ids `[examples]`."""
    return np.bincount(classes, minlength=num_classes) / len(classes)

"""Which modes of a mixture a generator reaches: pure functions of points.

Source of the figures: Lin, Khetan, Fanti & Oh, "PacGAN", NeurIPS 2018, section 4.1, and before
them Srivastava et al., "VEEGAN", NeurIPS 2017, section 4.1.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

import datasets

# Points whose distances to all modes are in memory together.
_ROWS = 4096
GOOD_DEVIATIONS = 3
"""A point is good, and its mode covered, within as many deviations of a centre."""


@dataclass(frozen=True)
class Modes:
    """The modes of a labelled set of points: its classes.

    Args:
        classes: `[modes]`, the class of each.
        centres: `[modes, features]`, means of the classes' points.
        deviations: `[modes, features]`, of each coordinate, above 0.
        shares: `[modes]` of the points, above 0.
        good_share: of the points, in (0, 1).
    """

    classes: np.ndarray
    centres: np.ndarray
    deviations: np.ndarray
    shares: np.ndarray
    good_share: float

    @classmethod
    def of(cls, dataset: datasets.Dataset) -> Modes:
        """Return the modes of a dataset's training points.

        Raises:
            datasets.DataError: the points of a class are all equal in a coordinate.
        """
        train = dataset.splits["train"]
        points, targets = np.asarray(train.inputs, np.float64), np.asarray(train.targets)
        classes, counts = np.unique(targets, return_counts=True)
        centres = np.stack([points[targets == each].mean(axis=0) for each in classes])
        deviations = np.stack([points[targets == each].std(axis=0) for each in classes])
        flat = ~(deviations > 0).all(axis=1)
        if flat.any():
            name = dataset.class_names[classes[flat][0]]
            raise datasets.DataError(
                f"the points of class {name!r} of {dataset.name!r} are all equal in a coordinate, "
                "so that none are near or far from their centre; give points that differ"
            )
        modes = cls(classes, centres, deviations, counts / len(targets), 0.5)
        good = modes.nearest(points)[1] < GOOD_DEVIATIONS
        # With one point more of either kind, so that neither is impossible.
        share = (int(good.sum()) + 1) / (len(points) + 2)
        return dataclasses.replace(modes, good_share=share)

    def nearest(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return every point's nearest mode and its distance to it, in that mode's deviations.

            distance to mode k = sqrt(sum_f ((x_f - centre_kf) / deviation_kf)^2)

        Args:
            points: `[points, features]`, finite.

        Returns:
            Places in `classes`, `[points]`, and distances `[points]`.
        """
        nearest, distances = np.empty(len(points), np.int64), np.empty(len(points))
        for start in range(0, len(points), _ROWS):
            rows = slice(start, start + _ROWS)
            differences = (points[rows, None].astype(np.float64) - self.centres) / self.deviations
            to_all = np.sqrt(np.square(differences).sum(axis=2))
            nearest[rows], distances[rows] = to_all.argmin(axis=1), to_all.min(axis=1)
        return nearest, distances

    def figures(self, points: np.ndarray) -> dict[str, float]:
        """Return how points `[points, features]`, finite, spread over the modes.

        modes_covered: number of modes with at least one good point, i.e. one within 3 deviations.
        good_share: of the points.
        reverse_kl: in nats, of the good points' shares q_k of the modes, as the code of PacGAN
            (Lin et al. 2018) counts them, from the shares p_k of the training points; of all
            points, each counted to its nearest mode, where none is good:

            sum_k q_k ln(q_k / p_k)

            0 for equal shares, and ln(1 / p_k) where all points are at one mode k.
        divergence: in nats, the same of more outcomes: being good at a mode k, which p_k g of the
            real points are, g being their share of good ones, or not being good:

            sum_k q'_k ln(q'_k / (p_k g)) + q' ln(q' / (1 - g))

            with the shares q'_k of the points that are good at k, and q' of all others. It grows
            where a mode is left out and where points lie between the modes.
        share_0, share_1, ...: of all points, each counted to its nearest mode.
        """
        nearest, distances = self.nearest(points)
        good = distances < GOOD_DEVIATIONS
        shares = np.bincount(nearest, minlength=len(self.classes)) / len(points)
        at_modes = np.bincount(nearest[good], minlength=len(self.classes)) / len(points)
        outcomes = np.append(at_modes, 1 - good.mean())
        expected = np.append(self.shares * self.good_share, 1 - self.good_share)
        return {
            "modes_covered": float(len(np.unique(nearest[good]))),
            "good_share": float(good.mean()),
            "reverse_kl": _divergence(
                at_modes / at_modes.sum() if good.any() else shares, self.shares
            ),
            "divergence": _divergence(outcomes, expected),
            **{
                f"share_{each}": float(share)
                for each, share in zip(self.classes, shares, strict=True)
            },
        }


def _divergence(found: np.ndarray, expected: np.ndarray) -> float:
    """Return sum_k q_k ln(q_k / p_k) of found shares q, some of them 0, and expected ones p."""
    some = found > 0
    return max(float((found[some] * np.log(found[some] / expected[some])).sum()), 0.0)

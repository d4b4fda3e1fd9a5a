"""A figure of validation and test together, where a source held out both as one.

nanoGPT keeps the last tenth of a text to validate on; TFDS cuts the same tenth in two.
"""

from __future__ import annotations

from collections.abc import Mapping

from trainers.published.statistics.measured_run import MeasuredRun


def final_of_both(run: MeasuredRun, *, figure: str, predictions: Mapping[str, int]) -> float:
    """Return the mean of a figure after the last update over several splits.

    mean = sum_s n_s figure_s / sum_s n_s

    Args:
        run: whose weights.
        figure: a mean over predictions, as in `loss`.
        predictions: split -> n, how many it is the mean of.
    """
    total = sum(
        count * run.ended_with("final", split, figure) for split, count in predictions.items()
    )
    return total / sum(predictions.values())

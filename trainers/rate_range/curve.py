"""The learning rate range test: the mathematics (Smith 2017, arXiv:1506.01186, section 3.3).

Update k = 0 ... N - 1 has the rate eta_k = low (high / low)^(k / (N - 1)), so that it rises by the
same factor each time. Its loss l_k, of its own batch, is smoothed by an average that forgets, and
that is divided by the weight it has gathered (Gugger 2018, "How do you find a good learning rate"):

    a_k = b a_(k-1) + (1 - b) l_k,  a_(-1) = 0,   s_k = a_k / (1 - b^(k+1)),   b = 0.9

His b is 0.98, whose memory of fifty updates would be nearly two powers of ten of the rate here, and
ours is of ten updates. The test ends at the first update whose s_k is above 4 min s, or no number.
Suggested is a tenth of the rate at which s is least, the rule that fastai calls `minimum`: at that
rate itself the loss is about to rise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LOWEST, HIGHEST = 1e-6, 10.0
UPDATES = 200
_FORGETS = 0.9
_TOO_HIGH = 4.0
_SHARE = 0.1
# As a share of the first loss; what falls less has not been learned.
_LEAST_FALL = 0.01


def rates(count: int = UPDATES, low: float = LOWEST, high: float = HIGHEST) -> np.ndarray:
    """Return the rates of `count` updates, `[count]`."""
    return low * (high / low) ** (np.arange(count) / max(1, count - 1))


def smoothed(losses: np.ndarray) -> np.ndarray:
    """Return the smoothed losses, `[updates]`."""
    result, average = np.empty(len(losses)), 0.0
    for k, loss in enumerate(np.asarray(losses, np.float64)):
        average = _FORGETS * average + (1 - _FORGETS) * loss
        result[k] = average / (1 - _FORGETS ** (k + 1))
    return result


def end_of(losses: np.ndarray) -> int:
    """Return after how many updates the test is over, at most all of them."""
    least = np.inf
    for k, loss in enumerate(smoothed(losses)):
        least = min(least, loss)
        if not np.isfinite(loss) or loss > _TOO_HIGH * least > 0:
            return k
    return len(losses)


@dataclass(frozen=True)
class Curve:
    """What a range test has found, up to its end.

    Args:
        rates: of the updates, `[updates]`.
        losses: of their batches, `[updates]`.
    """

    rates: np.ndarray
    losses: np.ndarray

    @property
    def smoothed(self) -> np.ndarray:
        """The smoothed losses."""
        return smoothed(self.losses)

    @property
    def least(self) -> int:
        """The update at which the smoothed loss is least."""
        return int(np.argmin(self.smoothed))

    @property
    def suggestion(self) -> float | None:
        """A tenth of the rate of the least loss; None where the loss has not fallen."""
        values = self.smoothed
        if not values[self.least] < values[0] - _LEAST_FALL * abs(values[0]):
            return None
        # Three digits are more than the rule knows.
        return float(f"{_SHARE * self.rates[self.least]:.2g}")

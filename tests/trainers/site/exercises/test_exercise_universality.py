"""Exercise: bumps of steep sigmoids follow a sine, and their error falls with their number."""

import numpy as np
from scipy.special import expit


def test_bumps_side_by_side_follow_a_sine():
    x = np.linspace(0, 1, 2001)

    def error_of(bumps):
        edges = np.linspace(0, 1, bumps + 1)
        middles = (edges[:-1] + edges[1:]) / 2
        # Steep: a bump's side is a hundredth of its width.
        rise = expit(100 * bumps * (x[:, None] - edges))
        total = (rise[:, :-1] - rise[:, 1:]) @ np.sin(2 * np.pi * middles)
        return np.abs(total - np.sin(2 * np.pi * x)).mean()

    errors = [error_of(bumps) for bumps in (10, 20, 40)]
    # Steps of width h miss a slope s by s h / 4 on average; the sine's mean slope is 4.
    np.testing.assert_allclose(errors, [1 / 10, 1 / 20, 1 / 40], rtol=0.1)

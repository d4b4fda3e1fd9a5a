"""Exercise: Newton's error is squared in every step."""

import itertools
import math


def test_the_number_of_right_digits_doubles():
    w, errors = 1.0, []
    for _ in range(4):
        errors.append(w - math.log(2))
        gradient, curvature = math.exp(w) - 2, math.exp(w)
        w -= gradient / curvature
    assert [round(error, 5) for error in errors[:3]] == [0.30685, 0.04261, 0.0009]
    # By f''' / (2 f'') = 1/2 at the minimum, and near it almost there.
    ratios = [after / before**2 for before, after in itertools.pairwise(errors)]
    assert all(0.44 < ratio < 0.5 for ratio in ratios)
    assert abs(w - math.log(2)) < 1e-12

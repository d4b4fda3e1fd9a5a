"""The vote of several networks."""

import numpy as np

from trainers.published.statistics.ensembles import plurality


def test_most_networks_decide_and_the_likelier_class_among_equally_many():
    # Two say class 0 faintly, one class 1 loudly; then one each, of which class 2 is surer.
    scores = np.log(
        [
            [[0.4, 0.3, 0.3], [0.5, 0.3, 0.2]],
            [[0.4, 0.3, 0.3], [0.3, 0.5, 0.2]],
            [[0.01, 0.98, 0.01], [0.1, 0.1, 0.8]],
        ]
    )
    assert plurality(scores).tolist() == [0, 2]
    assert plurality(scores + 5).tolist() == [0, 2]  # scores are known but for a constant

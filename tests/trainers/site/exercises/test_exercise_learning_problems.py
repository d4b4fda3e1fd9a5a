"""Exercise: the return of an episode that pays 1 a step, by hand and by the project."""

import numpy as np
import tensorflow as tf

from trainers.problems.reinforcement.returns import discounted_returns


def test_the_return_of_one_a_step():
    discount, steps = 0.9, 50
    returns = np.zeros(steps + 1)
    for t in reversed(range(steps)):
        returns[t] = 1 + discount * returns[t + 1]
    # A geometric series; with ever more steps it comes to 1 / (1 - discount), here 10.
    np.testing.assert_allclose(returns[0], (1 - discount**steps) / (1 - discount))

    # The project's own: one environment, which terminates at its last step.
    last = np.arange(steps)[:, None] == steps - 1
    found = discounted_returns(
        tf.ones([steps, 1]),
        tf.constant(last),
        tf.zeros([steps, 1], tf.bool),
        tf.zeros([steps, 1]),
        discount,
    )
    np.testing.assert_allclose(found[:, 0], returns[:-1], rtol=1e-5)

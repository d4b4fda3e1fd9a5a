"""What an action was worth: discounted returns and generalized advantages of played segments.

Both are sums over the future that stop where an episode does. Where an episode *terminates* nothing
follows; where the time limit or the segment's end merely *cuts* it, the value function stands for
what would have followed (Pardo et al., "Time limits in reinforcement learning", ICML 2018,
section 3).
"""

from __future__ import annotations

import tensorflow as tf


def discounted_returns(
    rewards: tf.Tensor,
    terminated: tf.Tensor,
    truncated: tf.Tensor,
    next_values: tf.Tensor,
    discount: float,
) -> tf.Tensor:
    """Return G_t, the discounted sum of rewards from every step on.

    G_t = r_t                          where the episode terminates,
    G_t = r_t + discount V(s_(t+1))    where it is truncated, and at the segment's last step,
    G_t = r_t + discount G_(t+1)       everywhere else.

    Source: Sutton & Barto 2018, equation 3.9; the bootstrap as the module says.

    Args:
        rewards: `[time, environments]`.
        terminated, truncated: `[time, environments]` bool, at most one of them true.
        next_values: V(s_(t+1)), `[time, environments]`, of the observation after each step.
        discount: in [0, 1].

    Returns:
        `[time, environments]`.
    """
    last = tf.range(tf.shape(rewards)[0])[:, None] == tf.shape(rewards)[0] - 1
    cut = (truncated | last) & ~terminated
    terms = rewards + discount * tf.where(cut, next_values, 0.0)
    return _backward(terms, discount * _goes_on(terminated, truncated))


def generalized_advantages(
    rewards: tf.Tensor,
    terminated: tf.Tensor,
    truncated: tf.Tensor,
    values: tf.Tensor,
    next_values: tf.Tensor,
    discount: float,
    trace_decay: float,
) -> tf.Tensor:
    """Return the generalized advantage estimate of every step.

    A_t = sum over l of (discount lambda)^l delta_(t+l), up to the episode's or segment's end, where
    delta_t = r_t + discount V(s_(t+1)) - V(s_t), without V(s_(t+1)) where the episode terminates.

    Source: Schulman et al., "High-dimensional continuous control using generalized advantage
    estimation", ICLR 2016, equations 11 and 16.

    Args:
        rewards: `[time, environments]`.
        terminated, truncated: `[time, environments]` bool, at most one of them true.
        values, next_values: V(s_t) and V(s_(t+1)), `[time, environments]`.
        discount: in [0, 1].
        trace_decay: lambda, in [0, 1]: 0 looks one step ahead, 1 gives G_t - V(s_t).

    Returns:
        `[time, environments]`.
    """
    differences = rewards + discount * tf.where(terminated, 0.0, next_values) - values
    return _backward(differences, discount * trace_decay * _goes_on(terminated, truncated))


def standardized(values: tf.Tensor, counted: tf.Tensor) -> tf.Tensor:
    """Return values less their mean, over their deviation, both over the entries that count.

    Args:
        values: `[time, environments]`.
        counted: `[time, environments]`, 1 where an entry counts, else 0.
    """
    total = tf.reduce_sum(counted)
    mean = tf.reduce_sum(values * counted) / total
    variance = tf.reduce_sum(tf.square(values - mean) * counted) / total
    return (values - mean) / (tf.sqrt(variance) + 1e-8)


def _goes_on(terminated: tf.Tensor, truncated: tf.Tensor) -> tf.Tensor:
    return tf.cast(~(terminated | truncated), tf.float32)


def _backward(terms: tf.Tensor, factors: tf.Tensor) -> tf.Tensor:
    """Return y_t = terms_t + factors_t y_(t+1), from the last step back, after which y is 0."""
    return tf.scan(
        lambda after, now: now[0] + now[1] * after,
        (terms, factors),
        initializer=tf.zeros_like(terms[0]),
        reverse=True,
    )

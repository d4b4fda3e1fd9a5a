"""A corridor whose places all look alike, where only a random policy is good.

Source: Sutton & Barto, "Reinforcement learning", 2nd edition, 2018, example 13.1.
"""

from typing import ClassVar, NamedTuple

import numpy as np

_PLACES = 3
_REVERSED = 1
# Whoever goes right with a probability of 0.05 takes 82 steps on average.
_MOST_STEPS = 1000


class ShortCorridorState(NamedTuple):
    """place, elapsed: `[count]` int32; ended: `[count]` bool."""

    place: np.ndarray
    elapsed: np.ndarray
    ended: np.ndarray


class ShortCorridor:
    """`count` corridors of three places; every step costs 1.

    An episode begins at the left end, where left stays, and terminates right of the last place. In
    the middle the actions are reversed: right goes left, and left right. The one feature is 1
    everywhere, so that a policy is the probability p of going right, worth

        v(p) = -(4 - 2 p) / (p (1 - p)),

    at best -6 - 4 sqrt(2) = -11.66, at p = 2 - sqrt(2) = 0.586. Who always does the same never
    arrives: such an episode is truncated after 1,000 steps, of which v knows nothing.

    Args:
        count: number of environments, 1 or more.
        drawn: ignored, as there is nothing to see.
    """

    ACTIONS: ClassVar[tuple[str, ...]] = ("left", "right")
    OBSERVATION_SHAPE: ClassVar[tuple[int, ...]] = (1,)
    most_steps = _MOST_STEPS
    frames_per_second = 0

    @classmethod
    def identity(cls) -> str:
        """Return what decides the dynamics."""
        return f"short_corridor;{cls.version()}"

    @classmethod
    def version(cls) -> str:
        """Return the version of the dynamics."""
        return "1.0"

    def __init__(self, count: int, *, drawn: bool = False) -> None:
        self.count = count
        self.reset(0)

    def reset(self, seed: int) -> np.ndarray:
        """Begin new episodes, which are all the same; return the observations."""
        zeros = np.zeros(self.count, np.int32)
        self._state = ShortCorridorState(zeros, zeros.copy(), zeros.astype(bool))
        return self.observations

    def reset_each(self, seeds: np.ndarray) -> np.ndarray:
        """Begin the episode of each seed, which are all the same."""
        return self.reset(0)

    @property
    def observations(self) -> np.ndarray:
        """What an agent sees now: `[count, 1]` float32, all 1."""
        return np.ones([self.count, 1], np.float32)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Do one action, 0 (left) or 1 (right), in every corridor.

        Returns:
            Observations, rewards `[count]` float32, and `[count]` bool each: whether the episode
            terminated, and whether it was truncated.
        """
        place, elapsed, ended = self._state
        right = (np.asarray(actions) == 1) != (place == _REVERSED)
        moved = np.maximum(place + np.where(right, 1, -1), 0)
        place = np.where(ended, 0, moved).astype(np.int32)
        elapsed = np.where(ended, 0, elapsed + 1).astype(np.int32)
        terminated = ~ended & (place == _PLACES)
        truncated = ~ended & ~terminated & (elapsed >= self.most_steps)
        self._state = ShortCorridorState(place, elapsed, terminated | truncated)
        return self.observations, np.where(ended, 0, -1).astype(np.float32), terminated, truncated

    def get_state(self) -> ShortCorridorState:
        """Copy the state."""
        return ShortCorridorState(*(part.copy() for part in self._state))

    def set_state(self, state: ShortCorridorState) -> np.ndarray:
        """Go to a state that `get_state` returned; return the observations."""
        place, elapsed, ended = state
        self._state = ShortCorridorState(
            np.array(place, np.int32), np.array(elapsed, np.int32), np.array(ended, bool)
        )
        return self.observations

    def frame(self) -> np.ndarray:
        """Raise `NotImplementedError`: there is nothing to see, as `frames_per_second` says."""
        raise NotImplementedError("a short corridor has no pictures")

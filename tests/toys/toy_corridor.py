"""A toy: a corridor of ten places, at whose right end an episode ends."""

from typing import ClassVar, NamedTuple

import numpy as np


class CorridorState(NamedTuple):
    """place, elapsed: `[count]` int32; ended: `[count]` bool."""

    place: np.ndarray
    elapsed: np.ndarray
    ended: np.ndarray


class Corridor:
    """`count` corridors; every step costs 1."""

    ACTIONS: ClassVar[tuple[str, ...]] = ("left", "right")
    OBSERVATION_SHAPE: ClassVar[tuple[int, ...]] = (2,)
    most_steps = 40
    frames_per_second = 10

    def __init__(self, count: int, *, drawn: bool = False) -> None:
        self.count, self._drawn = count, drawn
        self.reset(0)

    @classmethod
    def identity(cls) -> str:
        """Return what decides the dynamics."""
        return "corridor-1"

    @classmethod
    def version(cls) -> str:
        """Return the version of the dynamics."""
        return "1.0"

    def reset(self, seed: int) -> np.ndarray:
        """Begin new episodes at the left end."""
        zeros = np.zeros(self.count, np.int32)
        self._state = CorridorState(zeros, zeros.copy(), zeros.astype(bool))
        return self.observations

    def reset_each(self, seeds: np.ndarray) -> np.ndarray:
        """Begin the episode of each seed; all are the same."""
        return self.reset(0)

    @property
    def observations(self) -> np.ndarray:
        """`[count, 2]` float32: the place, and a constant."""
        return np.stack([self._state.place / 9, np.ones(self.count)], 1).astype(np.float32)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Go left (0) or right (1)."""
        place, elapsed, ended = self._state
        moved = np.clip(place + np.where(np.asarray(actions) == 1, 1, -1), 0, 9)
        place = np.where(ended, 0, moved).astype(np.int32)
        elapsed = np.where(ended, 0, elapsed + 1).astype(np.int32)
        terminated = ~ended & (place == 9)
        truncated = ~ended & ~terminated & (elapsed >= self.most_steps)
        self._state = CorridorState(place, elapsed, terminated | truncated)
        return self.observations, np.where(ended, 0, -1).astype(np.float32), terminated, truncated

    def get_state(self) -> CorridorState:
        """Return a copy of the state."""
        return CorridorState(*(part.copy() for part in self._state))

    def set_state(self, state: CorridorState) -> np.ndarray:
        """Go to a state."""
        place, elapsed, ended = state
        self._state = CorridorState(
            np.array(place, np.int32), np.array(elapsed, np.int32), np.array(ended, bool)
        )
        return self.observations

    def frame(self) -> np.ndarray:
        """Draw the first corridor: `[8, 80, 3]` uint8."""
        picture = np.full((8, 80, 3), 255, np.uint8)
        picture[:, 8 * self._state.place[0] : 8 * self._state.place[0] + 8] = 0
        return picture

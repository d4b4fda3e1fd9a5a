"""What an environment is: everything that a policy needs to act in it, many at a time."""

from typing import Any, ClassVar, Protocol

import numpy as np


class EnvironmentState(Protocol):
    """A named tuple of arrays: everything that decides what `count` environments do next.

    ended: `[count]` bool: the next step ignores the action and begins a new episode.
    """

    @property
    def ended(self) -> Any:
        """See the class."""

    @property
    def _fields(self) -> tuple[str, ...]: ...


class Environment(Protocol):
    """`count` environments that take their steps together.

    After an episode's last step, whose observation is the one the episode ended in, one more step
    begins the next: its action is ignored, its reward 0 (Gymnasium's "next step" autoreset). After
    `reset_each` the next need not begin.

    It is made by `Class(count, drawn=False)`; `drawn` says whether `frame` will be called. It may
    have two members more: NOTES, lines that the user should know, and the class method
    `reward_threshold`, which returns the mean return that counts as solved, or None.

    Attributes:
        ACTIONS: what the actions 0, 1, ... are called.
        OBSERVATION_SHAPE: of one observation.
        count: number of environments, 1 or more.
        most_steps: after which an episode is truncated.
        frames_per_second: at which pictures of successive steps look natural; 0 if none are drawn.
    """

    ACTIONS: ClassVar[tuple[str, ...]]
    OBSERVATION_SHAPE: ClassVar[tuple[int, ...]]
    count: int
    most_steps: int
    frames_per_second: int

    @classmethod
    def identity(cls) -> str:
        """Return what decides the dynamics, with its version: "CartPole-v1;gymnasium 1.4.0"."""

    @classmethod
    def version(cls) -> str:
        """Return the version of the dynamics, for a run's summary."""

    def reset(self, seed: int) -> np.ndarray:
        """Begin new episodes, all drawn from one seed of 0 or more; return the observations."""

    def reset_each(self, seeds: np.ndarray) -> np.ndarray:
        """Begin the episode of each of `seeds` `[count]`; return the observations."""

    @property
    def observations(self) -> np.ndarray:
        """What an agent sees now: float32 `[count, *OBSERVATION_SHAPE]`."""

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Do one action, an integer, in every environment.

        Returns:
            Observations, rewards `[count]` float32, and `[count]` bool each: whether the episode
            terminated, and whether it was truncated.
        """

    def get_state(self) -> Any:
        """Return a copy of the state, an `EnvironmentState`: who sets it goes on bit for bit."""

    def set_state(self, state: Any) -> np.ndarray:
        """Go to a state that `get_state` returned; return the observations."""

    def frame(self) -> np.ndarray:
        """Draw the first environment: `[rows, columns, 3]` uint8."""

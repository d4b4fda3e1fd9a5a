"""Gymnasium's own CartPole-v1, many at a time, with its state in the open.

A pole stands on a cart that is pushed left or right at every step (Barto, Sutton & Anderson 1983).
Each step earns 1; an episode terminates when the pole leans more than 12 degrees or the cart leaves
the track, and is truncated, which is no failure, after 500 steps.
"""

from typing import Any, ClassVar, NamedTuple

import numpy as np

from datasets.environments.packages import import_gymnasium, import_pygame

ENVIRONMENT_ID = "CartPole-v1"

_WORD_BITS = 64
_WORD = 2**_WORD_BITS - 1


class CartPoleState(NamedTuple):
    """Everything that decides what `count` environments do next.

    physics: `[4, count]` float64: position, velocity, angle and angular velocity.
    elapsed: `[count]` int32, steps of the running episodes.
    ended: `[count]` bool: the next step ignores the action and begins a new episode.
    generator: `[6]` int64, the words of the PCG64 generator that draws new episodes.
    """

    physics: np.ndarray
    elapsed: np.ndarray
    ended: np.ndarray
    generator: np.ndarray


class CartPole:
    """`count` CartPole-v1 environments that take their steps together.

    After an episode's last step, whose observation is the one the episode ended in, one more step
    begins the next: its action is ignored, its reward 0 (Gymnasium's "next step" autoreset).

    Args:
        count: number of environments, 1 or more.
        drawn: whether `frame` will be called; needs pygame, but no display.

    Raises:
        DataError: Gymnasium is missing or too old, or pygame is missing.
    """

    ACTIONS: ClassVar[tuple[str, ...]] = ("left", "right")
    OBSERVATION_SHAPE: ClassVar[tuple[int, ...]] = (4,)

    @classmethod
    def reward_threshold(cls) -> float | None:
        """Return the mean return that Gymnasium's registry calls solved."""
        threshold = import_gymnasium(ENVIRONMENT_ID).spec(ENVIRONMENT_ID).reward_threshold
        return None if threshold is None else float(threshold)

    @classmethod
    def identity(cls) -> str:
        """Return the environment and the version of Gymnasium, which the dynamics belong to."""
        return f"{ENVIRONMENT_ID};gymnasium {import_gymnasium(ENVIRONMENT_ID).__version__}"

    @classmethod
    def version(cls) -> str:
        """Return the version of Gymnasium."""
        return f"gymnasium-{import_gymnasium(ENVIRONMENT_ID).__version__}"

    def __init__(self, count: int, *, drawn: bool = False) -> None:
        gymnasium = import_gymnasium(ENVIRONMENT_ID)
        if drawn:
            import_pygame(ENVIRONMENT_ID)
        self._single = gymnasium.make(ENVIRONMENT_ID).unwrapped
        self._vector: Any = gymnasium.make_vec(
            ENVIRONMENT_ID,
            num_envs=count,
            vectorization_mode="vector_entry_point",
            render_mode="rgb_array" if drawn else None,
        ).unwrapped
        self.count = count
        self.most_steps: int = self._vector.max_episode_steps
        self.frames_per_second: int = self._vector.metadata["render_fps"]
        self.reset(0)

    def reset(self, seed: int) -> np.ndarray:
        """Begin new episodes, all drawn from one seed of 0 or more; return the observations."""
        self._vector.reset(seed=int(seed))
        return self.observations

    def reset_each(self, seeds: np.ndarray) -> np.ndarray:
        """Begin the episode of each seed, as `reset(seed=...)` of a single environment does.

        Args:
            seeds: `[count]` integers of 0 or more.
        """
        self._vector.reset(seed=0)
        for index, seed in enumerate(seeds):
            self._single.reset(seed=int(seed))
            self._vector.state[:, index] = self._single.state
        return self.observations

    @property
    def observations(self) -> np.ndarray:
        """What an agent sees now: `[count, 4]` float32."""
        return self._vector.state.T.astype(np.float32)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Do one action, 0 (left) or 1 (right), in every environment.

        Args:
            actions: `[count]` integers.

        Returns:
            Observations `[count, 4]` float32, rewards `[count]` float32, and `[count]` bool each:
            whether the episode terminated, and whether it was truncated.
        """
        observations, rewards, terminated, truncated, _ = self._vector.step(actions)
        return observations, rewards.astype(np.float32), terminated, truncated & ~terminated

    def get_state(self) -> CartPoleState:
        """Copy the state: whoever sets it later goes on bit for bit."""
        vector = self._vector
        return CartPoleState(
            np.array(vector.state, np.float64),
            np.array(vector.steps, np.int32),
            np.array(vector.prev_done, bool),
            _generator_words(vector.np_random.bit_generator.state),
        )

    def set_state(self, state: CartPoleState) -> np.ndarray:
        """Go to a state that `get_state` returned; return the observations."""
        vector = self._vector
        vector.state = np.array(state.physics, np.float64)
        vector.steps = np.array(state.elapsed, np.int32)
        vector.prev_done = np.array(state.ended, bool)
        vector.np_random.bit_generator.state = _generator_state(state.generator)
        return self.observations

    def frame(self) -> np.ndarray:
        """Draw the first environment: `[400, 600, 3]` uint8."""
        return np.asarray(self._vector.render()[0])


def _generator_words(state: dict[str, Any]) -> np.ndarray:
    inner = state["state"]
    words = [inner["state"] >> _WORD_BITS, inner["state"] & _WORD]
    words += [inner["inc"] >> _WORD_BITS, inner["inc"] & _WORD]
    words += [state["has_uint32"], state["uinteger"]]
    # The same bits as signed numbers: checkpoints and TensorFlow's variables have int64.
    return np.array(words, np.uint64).view(np.int64)


def _generator_state(words: np.ndarray) -> dict[str, Any]:
    high, low, high_step, low_step, has_uint32, uinteger = (
        int(word) for word in np.array(words, np.int64).view(np.uint64)
    )
    inner = {"state": high << _WORD_BITS | low, "inc": high_step << _WORD_BITS | low_step}
    return {
        "bit_generator": "PCG64",
        "state": inner,
        "has_uint32": has_uint32,
        "uinteger": uinteger,
    }

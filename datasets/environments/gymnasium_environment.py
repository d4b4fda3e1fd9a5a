"""Any environment of Gymnasium by its id, resumed exactly by playing its episodes again.

Gymnasium's environments keep their state where nobody can read it. But an episode follows from the
seed of its reset and from the actions since, with whatever is drawn at random on the way: so these
are the state. Who sets it plays the running episodes again up to where they stood.
"""

from typing import Any, ClassVar, NamedTuple

import numpy as np

from datasets.environments.packages import import_gymnasium, import_pygame
from datasets.environments.registered import Registered, made, registered
from datasets.errors import DataError

# Of episodes that are trained in: above those of evaluation, which are int32, and still what
# generators of 32 bits take.
_FIRST_SEED = 2**31
_NOTHING_FOLLOWS = -1


class EpisodesState(NamedTuple):
    """Everything that decides what `count` environments do next.

    seeds: `[count]` int64, of the running episodes' resets.
    actions: `[count, most_steps]` int32, those of the running episodes, then zeros.
    elapsed: `[count]` int32, how many they are.
    ended: `[count]` bool: the next step ignores the action and begins a new episode.
    observations: `[count, features]` float32.
    drawn: `[2]` int64, the seed that all others are drawn from, and how many episodes were.
    """

    seeds: np.ndarray
    actions: np.ndarray
    elapsed: np.ndarray
    ended: np.ndarray
    observations: np.ndarray
    drawn: np.ndarray


class GymnasiumEnvironment:
    """`count` environments of one id of Gymnasium that take their steps together.

    After an episode's last step one more begins the next: its action is ignored, its reward 0.
    After `reset_each` nothing follows: an environment stands where its episode ended.

    Observations are what `gymnasium.spaces.flatten` makes of them: a vector stays what it is, of a
    number of states one is 1 and the others 0.

    Args:
        count: number of environments, 1 or more.
        drawn: whether `frame` will be called.

    Raises:
        DataError: a package is missing, or the environment's own code failed.
    """

    ID: ClassVar[str]
    RULES: ClassVar[Registered]
    ACTIONS: ClassVar[tuple[str, ...]]
    OBSERVATION_SHAPE: ClassVar[tuple[int, ...]]
    NOTES: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def identity(cls) -> str:
        """Return the id, what makes the environment, and the version of Gymnasium."""
        return cls.RULES.identity

    @classmethod
    def version(cls) -> str:
        """Return the version of Gymnasium."""
        return f"gymnasium-{import_gymnasium(cls.ID).__version__}"

    @classmethod
    def reward_threshold(cls) -> float | None:
        """Return the mean return that Gymnasium's registry calls solved, if it does."""
        return cls.RULES.reward_threshold

    def __init__(self, count: int, *, drawn: bool = False) -> None:
        self.count = count
        self.most_steps, self.frames_per_second = (
            self.RULES.most_steps,
            self.RULES.frames_per_second,
        )
        if drawn and self.frames_per_second:
            import_pygame(self.ID)
        mode = "rgb_array" if drawn and self.frames_per_second else None
        self._singles = [made(self.ID, mode if i == 0 else None) for i in range(count)]
        spaces, self._space = import_gymnasium(self.ID).spaces, self._singles[0].observation_space
        self._is_vector = isinstance(self._space, spaces.Box) and len(self._space.shape) == 1
        self._flatten = spaces.flatten
        self._seeds = np.zeros(count, np.int64)
        self._actions = np.zeros([count, self.most_steps], np.int32)
        self._elapsed = np.zeros(count, np.int32)
        self._ended = np.zeros(count, bool)
        self._observations = np.zeros([count, *self.OBSERVATION_SHAPE], np.float32)
        self._drawn = np.zeros(2, np.int64)
        self.reset(0)

    def reset(self, seed: int) -> np.ndarray:
        """Begin new episodes, all drawn from one seed of 0 or more; return the observations."""
        self._drawn[:] = seed, 0
        for index in range(self.count):
            self._begin(index, self._next_seed())
        return self.observations

    def reset_each(self, seeds: np.ndarray) -> np.ndarray:
        """Begin the episode of each seed, as `reset(seed=...)` of a single environment does.

        Args:
            seeds: `[count]` integers of 0 or more.
        """
        self._drawn[:] = _NOTHING_FOLLOWS, 0
        for index, seed in enumerate(seeds):
            self._begin(index, int(seed))
        return self.observations

    @property
    def observations(self) -> np.ndarray:
        """What an agent sees now: `[count, features]` float32."""
        return self._observations.copy()

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Do one action, an integer of 0 or more, in every environment.

        Returns:
            Observations, rewards `[count]` float32, and `[count]` bool each: whether the episode
            terminated, and whether it was truncated.
        """
        rewards = np.zeros(self.count, np.float32)
        terminated, truncated = np.zeros(self.count, bool), np.zeros(self.count, bool)
        for index, action in enumerate(actions):
            if not self._ended[index]:
                rewards[index], terminated[index], truncated[index] = self._move(index, action)
            elif self._drawn[0] != _NOTHING_FOLLOWS:
                self._begin(index, self._next_seed())
        self._ended |= terminated | truncated
        return self.observations, rewards, terminated, truncated

    def get_state(self) -> EpisodesState:
        """Copy the state: whoever sets it later goes on bit for bit."""
        state = self._seeds, self._actions, self._elapsed, self._ended
        return EpisodesState(*(field.copy() for field in (*state, self._observations, self._drawn)))

    def set_state(self, state: EpisodesState) -> np.ndarray:
        """Go to a state that `get_state` returned; return the observations.

        Raises:
            DataError: an episode that was played again went another way.
        """
        given = EpisodesState(*map(np.asarray, state))
        for index in range(self.count):
            if not given.ended[index] and not self._stands_at(index, given):
                self._play_again(index, given)
        self._seeds[:], self._actions[:], self._elapsed[:], self._ended[:] = given[:4]
        self._observations[:], self._drawn[:] = given[4:]
        return self.observations

    def frame(self) -> np.ndarray:
        """Draw the first environment: `[rows, columns, 3]` uint8."""
        return np.asarray(self._singles[0].render(), np.uint8)

    def _stands_at(self, index: int, state: EpisodesState) -> bool:
        elapsed = self._elapsed[index]
        return bool(
            not self._ended[index]
            and (self._seeds[index], elapsed) == (state.seeds[index], state.elapsed[index])
            and np.array_equal(self._actions[index, :elapsed], state.actions[index, :elapsed])
        )

    def _play_again(self, index: int, state: EpisodesState) -> None:
        self._begin(index, int(state.seeds[index]))
        ended = False
        for action in state.actions[index, : state.elapsed[index]]:
            _, terminated, truncated = self._move(index, action)
            ended |= terminated or truncated
        if ended or not np.array_equal(self._observations[index], state.observations[index]):
            raise DataError(
                f"an episode of {self.ID}, played again from the seed of its reset with the same "
                "actions, went another way, so that what was begun cannot go on; let the "
                "environment draw all that is random from self.np_random"
            )

    def _next_seed(self) -> int:
        sequence = np.random.SeedSequence([int(number) for number in self._drawn])
        self._drawn[1] += 1
        return _FIRST_SEED + int(sequence.generate_state(1)[0] >> 1)

    def _begin(self, index: int, seed: int) -> None:
        self._seeds[index], self._elapsed[index], self._ended[index] = seed, 0, False
        self._actions[index] = 0
        try:
            seen, _ = self._singles[index].reset(seed=seed)
            self._observations[index] = self._vector(seen)
        except Exception as error:
            raise self._failed(index, error) from error

    def _move(self, index: int, action: Any) -> tuple[float, bool, bool]:
        """Do one action in one environment; return the reward, and how the episode ended."""
        try:
            taken = self._singles[index].step(int(action) + self.RULES.first_action)
            seen, reward, terminated, truncated, _ = taken
            self._observations[index] = self._vector(seen)
            reward, terminated, truncated = float(reward), bool(terminated), bool(truncated)
        except Exception as error:
            raise self._failed(index, error) from error
        self._actions[index, self._elapsed[index]] = action
        self._elapsed[index] += 1
        truncated = truncated or self._elapsed[index] >= self.most_steps
        return reward, terminated, truncated and not terminated

    def _vector(self, seen: Any) -> np.ndarray:
        values = np.asarray(seen if self._is_vector else self._flatten(self._space, seen))
        if values.shape != self.OBSERVATION_SHAPE:
            raise ValueError(
                f"an observation of shape {list(values.shape)}, where its observation_space has "
                f"{list(self.OBSERVATION_SHAPE)}"
            )
        return values

    def _failed(self, index: int, error: Exception) -> DataError:
        return DataError(
            f"{self.ID} failed after {self._elapsed[index]} steps of the episode of reset seed "
            f"{self._seeds[index]}: {type(error).__name__}: {' '.join(str(error).split())}"
        )


def gymnasium_environment(environment_id: str) -> type[GymnasiumEnvironment]:
    """Return the class of an id's environments.

    Raises:
        UnknownDatasetError: Gymnasium has no such id.
        DataError: a package is missing, the environment cannot be made, or a policy cannot act in
            it.
    """
    rules = registered(environment_id)
    notes = []
    if not rules.limited:
        notes.append(
            f"{environment_id} is registered without max_episode_steps; its episodes are "
            f"truncated after {rules.most_steps} steps"
        )
    if environment_id == "CartPole-v1":
        notes.append("dataset 'cartpole' is CartPole-v1 too, and plays many at a time, faster")
    members = {
        "ID": environment_id,
        "RULES": rules,
        "ACTIONS": tuple(map(str, range(rules.actions))),
        "OBSERVATION_SHAPE": (rules.features,),
        "NOTES": tuple(notes),
    }
    return type(GymnasiumEnvironment.__name__, (GymnasiumEnvironment,), members)

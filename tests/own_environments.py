"""Environments of a user's own, registered under Gymnasium's ids by importing this file."""

import random

import gymnasium
import numpy as np


class Walk(gymnasium.Env):
    """A walk of noisy steps; numbers of actions begin at 1, and nothing limits an episode."""

    def __init__(self, fault="", most=5):
        self._fault, self._most = fault, most
        self.action_space = gymnasium.spaces.Discrete(2, start=1)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float64)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._at, self._steps = self.np_random.normal(size=2), 0
        return self._at, {}

    def step(self, action):
        self._steps += 1
        if self._fault == "raises" and self._steps > self._most:
            raise RuntimeError("the floor\nis gone")
        noise = random.random() if self._fault == "forgets" else self.np_random.random()
        self._at = self._at + (2 * action - 3) * noise
        seen = self._at[:1] if self._fault == "shrinks" else self._at
        return seen, -1, bool(abs(self._at[0]) > 3), False, {}


FAULTS = ("raises", "forgets", "shrinks")

if "toys/Walk-v0" not in gymnasium.registry:
    gymnasium.register("toys/Walk-v0", Walk)
    gymnasium.register("LongWalk-v0", Walk, max_episode_steps=10**6)
    gymnasium.register("Walk", Walk, max_episode_steps=30, reward_threshold=-5)
    acrobot = gymnasium.spec("Acrobot-v1")
    gymnasium.register("ShortAcrobot-v0", acrobot.entry_point, max_episode_steps=60)
    late = {"fault": "raises", "most": 17}  # beyond what is played before the first update
    gymnasium.register("Walk-raises-late-v0", Walk, max_episode_steps=30, kwargs=late)
    for fault in FAULTS:
        gymnasium.register(f"Walk-{fault}-v0", Walk, max_episode_steps=30, kwargs={"fault": fault})

"""Any environment of Gymnasium by its id: its episodes, its state, and what is refused."""

import importlib.util
import subprocess
import sys

import gymnasium
import numpy as np
import own_environments
import pytest
from places import ROOT

import datasets
from datasets.environments.cartpole import CartPole
from datasets.environments.ids import is_gymnasium_id


def make(name, count):
    return datasets.make_environment(name, count)


def play(environments, steps, seed=0):
    """Everything that `steps` random actions return, one array a field."""
    random, most = np.random.default_rng(seed), len(environments.ACTIONS)
    taken = [environments.step(random.integers(0, most, environments.count)) for _ in range(steps)]
    return [np.stack(field) for field in zip(*taken, strict=True)]


# Name -> features, actions, and the number of the first action.
PLAYED = {
    "Acrobot-v1": (6, 3, 0),
    "MountainCar-v0": (2, 3, 0),
    "FrozenLake-v1": (16, 4, 0),
    "Blackjack-v1": (45, 2, 0),
    "Walk": (2, 2, 1),
}


@pytest.mark.parametrize("name", PLAYED)
def test_each_seed_begins_and_moves_as_gymnasiums_environment_does(name):
    features, actions, first = PLAYED[name]
    data = datasets.load(name)
    assert (data.task, data.input_shape, data.num_classes) == ("control", (features,), actions)
    assert data.reward_threshold == gymnasium.spec(name).reward_threshold
    seeds = data.splits["test"].inputs[:3]
    environments, single = make(name, 3), gymnasium.make(name)
    observations = environments.reset_each(seeds)
    assert observations.dtype == np.float32
    chosen = np.random.default_rng(1).integers(0, actions, (60, 3))
    played = [environments.step(row) for row in chosen]
    for index, seed in enumerate(seeds):
        seen, _ = single.reset(seed=int(seed))
        space, over = single.observation_space, False
        np.testing.assert_array_equal(
            observations[index], gymnasium.spaces.flatten(space, seen).astype(np.float32)
        )
        for step in range(60):
            got = [field[index] for field in played[step]]
            if over:
                # Where an episode ended an environment stands still.
                assert got[1:] == [0, False, False]
                continue
            seen, reward, terminated, truncated, _ = single.step(chosen[step, index] + first)
            expected = gymnasium.spaces.flatten(space, seen).astype(np.float32)
            np.testing.assert_array_equal(got[0], expected)
            assert got[1:] == [np.float32(reward), terminated, truncated and not terminated]
            over = terminated or truncated


def test_cartpole_by_its_id_plays_the_episodes_of_the_fast_path():
    seeds = np.arange(2_000_000, 2_000_020)
    slow, fast = make("CartPole-v1", 20), CartPole(20)
    assert datasets.load("CartPole-v1").notes[0].startswith("dataset 'cartpole' is CartPole-v1")
    np.testing.assert_array_equal(slow.reset_each(seeds), fast.reset_each(seeds))
    running, random = np.ones(20, bool), np.random.default_rng(0)
    while running.any():
        actions = random.integers(0, 2, 20)
        ours, theirs = slow.step(actions), fast.step(actions)
        np.testing.assert_allclose(ours[0][running], theirs[0][running], rtol=1e-5, atol=1e-6)
        for left, right in zip(ours[1:], theirs[1:], strict=True):
            np.testing.assert_array_equal(left[running], right[running])
        running &= ~(ours[2] | ours[3])


@pytest.mark.parametrize("name", ["MountainCar-v0", "FrozenLake-v1", "Walk"])
def test_environment_set_to_a_state_goes_on_bit_for_bit(name):
    environments = make(name, 4)
    environments.reset(3)
    play(environments, 207)
    state = environments.get_state()
    assert state.elapsed.any()
    kept = [field.copy() for field in state]
    expected, after = play(environments, 250, seed=1), environments.get_state()
    assert (expected[2] | expected[3]).any()  # new episodes were drawn meanwhile
    for field, copy in zip(state, kept, strict=True):
        np.testing.assert_array_equal(field, copy)
    for one in (environments, make(name, 4)):
        np.testing.assert_array_equal(one.set_state(state), state.observations)
        for left, right in zip(play(one, 250, seed=1), expected, strict=True):
            np.testing.assert_array_equal(left, right)
        for left, right in zip(one.get_state(), after, strict=True):
            np.testing.assert_array_equal(left, right)


def test_state_between_an_end_and_the_next_beginning_goes_on_too():
    environments = make("Walk", 3)
    environments.reset(0)
    while not environments.get_state().ended.any():
        environments.step(np.array([1, 1, 1]))
    state, other = environments.get_state(), make("Walk", 3)
    other.set_state(state)
    for left, right in zip(play(environments, 40), play(other, 40), strict=True):
        np.testing.assert_array_equal(left, right)


def test_where_it_stands_already_nothing_is_played_again(monkeypatch):
    environments = make("MountainCar-v0", 2)
    play(environments, 30)
    state = environments.get_state()
    monkeypatch.setattr(environments, "_play_again", None)
    np.testing.assert_array_equal(environments.set_state(state), state.observations)


def test_episodes_of_training_follow_from_the_seed_and_are_none_of_evaluations():
    environments = make("MountainCar-v0", 4)
    found = []
    for seed in (0, 1, 0):
        environments.reset(seed)
        play(environments, 420)
        found.append(environments.get_state().seeds)
    assert found[0].tolist() == found[2].tolist()
    assert len({*found[0], *found[1]}) == 8
    assert min(found[0]) >= 2**31
    assert max(found[0]) < 2**32


def test_episode_without_a_limit_gets_one_and_a_note():
    data = datasets.load("toys/Walk-v0")
    assert data.notes == (
        "toys/Walk-v0 is registered without max_episode_steps; its episodes are truncated after "
        "1000 steps",
    )
    environment = make("toys/Walk-v0", 1)
    environment.most_steps = 7
    ends = [environment.step(np.array([i % 2]))[3][0] for i in range(7)]
    assert ends == [False] * 6 + [True]


def test_frame_is_a_picture_where_the_environment_draws():
    environment = datasets.make_environment("Acrobot-v1", 1, drawn=True)
    frame = environment.frame()
    assert frame.dtype == np.uint8
    assert frame.shape[2] == 3
    assert len(np.unique(frame)) > 2
    assert environment.frames_per_second == 15
    assert datasets.make_environment("Walk", 1, drawn=True).frames_per_second == 0


REFUSED = {
    "Acrobt-v1": "unknown environment 'Acrobt-v1': did you mean 'Acrobot-v1'",
    "mountaincar-v0": "did you mean 'MountainCar-v0'",
    "own:Walk-v0": "bring it with --import own, and call the environment 'Walk-v0'",
    "Pendulum-v1": "the actions of Pendulum-v1 are Box(-2.0, 2.0, (1,), float32); allowed are",
    "LunarLander-v3": "LunarLander-v3 needs a package that is not installed: Box2D",
    "LongWalk-v0": "may take 1000000 steps; allowed are up to 100000",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_policy_cannot_act_in_is_refused_on_one_line(name):
    if name == "LunarLander-v3" and importlib.util.find_spec("Box2D"):
        pytest.skip("Box2D is installed")
    with pytest.raises(datasets.DataError) as caught:
        datasets.check_request(name)
    assert REFUSED[name] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_observations_that_are_pictures_are_refused(monkeypatch):
    class Seeing(own_environments.Walk):
        def __init__(self):
            super().__init__()
            self.observation_space = gymnasium.spaces.Box(0, 255, (8, 8, 3), np.uint8)

    spec = gymnasium.envs.registration.EnvSpec("Seeing-v0", entry_point=Seeing)
    monkeypatch.setitem(gymnasium.registry, "Seeing-v0", spec)
    with pytest.raises(datasets.DataError, match="the observations of Seeing-v0 are Box"):
        datasets.load("Seeing-v0")


def test_environment_that_fails_is_named_with_its_step_and_its_seed():
    environments = make("Walk-raises-v0", 2)
    with pytest.raises(datasets.DataError) as caught:
        play(environments, 10)
    seed = environments.get_state().seeds[0]
    assert str(caught.value) == (
        f"Walk-raises-v0 failed after 5 steps of the episode of reset seed {seed}: RuntimeError: "
        "the floor is gone"
    )
    with pytest.raises(datasets.DataError, match=r"an observation of shape \[1\], where its"):
        play(make("Walk-shrinks-v0", 1), 1)


def test_environment_that_draws_beside_its_generator_cannot_go_on():
    environments = make("Walk-forgets-v0", 1)
    play(environments, 2)
    state = environments.get_state()
    with pytest.raises(datasets.DataError, match=r"went another way.* self\.np_random"):
        make("Walk-forgets-v0", 1).set_state(state)


def test_ids_are_told_from_names_of_datasets_without_gymnasium():
    code = (
        "import sys, datasets\n"
        "names = ['mnist', 'glue/cola', 'fashion_mnist:3.0.1', 'cartpole', './Acrobot-v1', 'v1']\n"
        "assert not any(map(datasets.is_environment, names[:3] + names[4:])), names\n"
        "assert datasets.is_environment('Acrobot-v1') and datasets.is_environment('cartpole')\n"
        "datasets.list_datasets()\n"
        "assert not {'gymnasium', 'tensorflow'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_ids_without_a_version_are_known_once_they_are_registered():
    assert is_gymnasium_id("Walk")
    assert not is_gymnasium_id("Wok")
    assert is_gymnasium_id("toys/Walk-v0")
    assert not is_gymnasium_id("glue/cola-v0")


def test_word_without_its_version_leads_to_the_id():
    with pytest.raises(datasets.UnknownDatasetError, match="did you mean 'Acrobot-v1'"):
        datasets.check_request("Acrobot")
    assert datasets.dataset_description("Acrobot-v1").startswith("reset seeds of Gymnasium's Acro")

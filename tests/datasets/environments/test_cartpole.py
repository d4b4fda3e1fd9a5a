"""CartPole-v1 as a dataset and as an environment whose state is in the open."""

import sys
import types

import gymnasium
import numpy as np
import pytest

import datasets
from datasets.environments.cartpole import CartPole, CartPoleState


@pytest.fixture
def environments():
    return CartPole(5)


def play(environments, steps, seed=0):
    """Everything that `steps` random actions return, one array a field."""
    random = np.random.default_rng(seed)
    taken = [environments.step(random.integers(0, 2, environments.count)) for _ in range(steps)]
    return [np.stack(field) for field in zip(*taken, strict=True)]


def test_dataset_holds_disjoint_seeds_and_the_segments_of_an_epoch():
    data = datasets.load("cartpole")
    assert (data.task, data.input_shape, data.num_classes) == ("control", (4,), 2)
    assert data.class_names == ("left", "right")
    assert data.contiguous
    validation, test = (data.splits[name].inputs for name in ("validation", "test"))
    assert validation.shape == test.shape == (100,)
    assert validation.dtype == test.dtype == np.int32
    assert len({*validation.tolist(), *test.tolist(), *range(1024)}) == 1224
    np.testing.assert_array_equal(data.splits["train"].inputs, np.arange(1024))


def test_fingerprint_changes_with_gymnasiums_version(monkeypatch):
    before = datasets.load("cartpole")
    assert before.fingerprint == datasets.load("cartpole").fingerprint
    monkeypatch.setattr(gymnasium, "__version__", "1.99.0")
    after = datasets.load("cartpole")
    assert before.fingerprint != after.fingerprint
    assert after.version == "gymnasium-1.99.0"


def test_environment_set_to_a_state_goes_on_bit_for_bit(environments):
    environments.reset(3)
    play(environments, 37)
    state = environments.get_state()
    assert state.generator.dtype == np.int64
    assert state.ended.any() or state.elapsed.any()
    expected, after = play(environments, 200, seed=1), environments.get_state()
    assert expected[2].any()  # new episodes were drawn meanwhile
    for one in (environments, CartPole(5)):
        observations = one.set_state(CartPoleState(*(np.array(field) for field in state)))
        np.testing.assert_array_equal(observations, state.physics.T.astype(np.float32))
        for left, right in zip(play(one, 200, seed=1), expected, strict=True):
            np.testing.assert_array_equal(left, right)
        for left, right in zip(one.get_state(), after, strict=True):
            np.testing.assert_array_equal(left, right)


def test_state_is_a_copy(environments):
    state = environments.get_state()
    before = [np.array(field) for field in state]
    play(environments, 30)
    for left, right in zip(state, before, strict=True):
        np.testing.assert_array_equal(left, right)


def test_generator_words_hold_numbers_of_128_bits(environments):
    for seed in range(5):
        environments.reset(seed)
        expected = environments._vector.np_random.bit_generator.state
        environments.set_state(environments.get_state())
        assert environments._vector.np_random.bit_generator.state == expected


def test_each_seed_begins_and_moves_as_gymnasiums_single_environment_does():
    seeds, random = np.array([7, 0, 2_000_099]), np.random.default_rng(0)
    environments, single = CartPole(3), gymnasium.make("CartPole-v1")
    observations = environments.reset_each(seeds)
    actions = random.integers(0, 2, (300, 3))
    played = [environments.step(row) for row in actions]
    for index, seed in enumerate(seeds):
        first, _ = single.reset(seed=int(seed))
        np.testing.assert_array_equal(observations[index], first)
        for step in range(300):
            observation, reward, terminated, truncated, _ = single.step(actions[step, index])
            got = [field[index] for field in played[step]]
            np.testing.assert_allclose(got[0], observation, rtol=1e-5, atol=1e-6)
            assert got[1:] == [reward, terminated, truncated]
            if terminated:
                break
        assert terminated


def test_the_step_after_an_end_begins_a_new_episode_and_earns_nothing(environments):
    environments.reset(0)
    observations, rewards, terminated, _ = play(environments, 200)
    ends = np.argwhere(terminated[:-1])
    assert len(ends) > 20
    for step, index in ends:
        position, _, angle, _ = observations[step, index]
        assert abs(angle) > 0.2 or abs(position) > 2
        assert rewards[step, index] == 1
        assert rewards[step + 1, index] == 0
        assert np.abs(observations[step + 1, index]).max() <= 0.05


def test_the_time_limit_truncates_and_does_not_terminate():
    environments = CartPole(1)
    environments.reset_each(np.array([0]))
    ends = []
    for _ in range(environments.most_steps):
        position, speed, angle, turn = environments.observations[0]
        push = np.array([int(angle + 0.5 * turn + 0.05 * position + 0.1 * speed > 0)])
        _, _, terminated, truncated = environments.step(push)
        ends.append((bool(terminated[0]), bool(truncated[0])))
    assert ends == [(False, False)] * 499 + [(False, True)]


def test_both_at_once_is_an_end_and_no_truncation():
    environments = CartPole(1)
    state = environments.get_state()
    fallen = state._replace(physics=np.full((4, 1), 3.0), elapsed=np.array([499], np.int32))
    environments.set_state(fallen)
    _, _, terminated, truncated = environments.step(np.array([0]))
    assert terminated[0]
    assert not truncated[0]


def test_frame_is_a_picture_of_the_cart():
    frame = CartPole(1, drawn=True).frame()
    assert frame.shape == (400, 600, 3)
    assert frame.dtype == np.uint8
    assert frame[300, 300].tolist() == [0, 0, 0]  # the cart stands in the middle
    assert frame[10, 10].tolist() == [255, 255, 255]


MISSING = {
    ("gymnasium", None): "CartPole-v1 needs the package gymnasium, which is not installed",
    ("gymnasium", "0.29.1"): "needs gymnasium 1.1 or newer, installed is 0.29.1",
    ("pygame.gfxdraw", None): "drawing CartPole-v1 needs the package pygame, which is not",
}


@pytest.mark.parametrize("case", MISSING, ids=str)
def test_package_missing_or_old_is_told_on_one_line(monkeypatch, case):
    name, version = case
    module = None if version is None else types.SimpleNamespace(__version__=version)
    monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(datasets.DataError) as caught:
        CartPole(1, drawn=True)
    assert MISSING[case] in str(caught.value)
    assert str(caught.value).endswith("install the version in requirements.txt")
    assert "\n" not in str(caught.value)

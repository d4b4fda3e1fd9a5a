"""The evaluation of a policy against Gymnasium's single environment, and its pictures."""

import contextlib

import gymnasium
import keras
import numpy as np
import pytest

import datasets
import zoo
from datasets.environments.cartpole import CartPole
from datasets.environments.short_corridor import ShortCorridor
from trainers.problems.reinforcement import pictures
from trainers.problems.reinforcement.evaluation import Episodes


class Holder:
    """What an evaluation uses of a step."""

    def __init__(self, model):
        self.model = model

        self.weights = self

    def averaged(self):
        return contextlib.nullcontext()


@pytest.fixture
def make_holder():
    """A factory of holders of a policy whose weights are far from their start."""

    def make(hidden=()):
        keras.utils.set_random_seed(0)
        model = zoo.create_model("policy", num_classes=2, input_shape=(4,), hidden_units=hidden)
        random = np.random.default_rng(0)
        model.set_weights([random.normal(size=w.shape) for w in model.get_weights()])
        return Holder(model)

    return make


def test_random_return_is_that_of_episodes_of_random_actions(make_holder):
    split = datasets.load("cartpole").splits["validation"]
    evaluation = Episodes(make_holder(), CartPole, "eager")
    found = evaluation.measure(split)["random_return"]
    assert evaluation.measure(split)["random_return"] == found
    # Each episode earns 1 a step until it ends.
    random, ends = np.random.default_rng(int(split.inputs[0])), np.zeros(split.size)
    environment = CartPole(split.size)
    environment.reset_each(split.inputs)
    for step in range(1, 501):
        _, _, terminated, truncated = environment.step(random.integers(0, 2, split.size))
        ends = np.where((ends == 0) & (terminated | truncated), step, ends)
    assert found == pytest.approx(ends.mean(), rel=1e-12)
    assert found == pytest.approx(22, abs=4)  # as is known of CartPole


def test_evaluation_is_deterministic_and_plays_whole_episodes(make_holder):
    step = make_holder(hidden=(4,))
    split = datasets.load("cartpole").splits["test"]
    compiled, eager = Episodes(step, CartPole, "graph"), Episodes(step, CartPole, "eager")
    returns = compiled.returns(split.inputs)
    np.testing.assert_array_equal(returns, compiled.returns(split.inputs))
    np.testing.assert_array_equal(returns[:5], eager.returns(split.inputs[:5]))
    figures = compiled.measure(split)
    assert figures["mean_return"] == pytest.approx(returns.mean())
    assert figures["return_deviation"] == pytest.approx(returns.std())
    assert figures["smallest_return"] == returns.min()
    # The first seed, in Gymnasium's single environment.
    single, total, done = gymnasium.make("CartPole-v1"), 0.0, False
    observation, _ = single.reset(seed=int(split.inputs[0]))
    while not done:
        logits = step.model(observation[None])["logits"]
        observation, reward, terminated, truncated, _ = single.step(int(np.argmax(logits)))
        total, done = total + reward, terminated or truncated
    assert total == returns[0]


def test_evaluation_of_a_perfect_controller_reaches_the_time_limit(make_holder):
    step = make_holder()
    kernel = np.array([[0, 0.05], [0, 0.1], [0, 1.0], [0, 0.5]], np.float32)
    step.model.get_layer("logits").set_weights([kernel, np.zeros(2)])
    figures = Episodes(step, CartPole, "graph").measure(
        datasets.load("cartpole").splits["validation"]
    )
    assert 10 < figures.pop("random_return") < 50  # beside them, whatever the policy is
    assert figures == {"mean_return": 500.0, "return_deviation": 0.0, "smallest_return": 500.0}


def test_drawn_actions_are_those_of_the_policy_and_the_same_luck_every_time(make_holder):
    step, split = make_holder(), datasets.load("short_corridor").splits["test"]
    # Right with 0.586, whatever is seen: the corridor's best policy, worth -11.66.
    kernel, bias = np.zeros((1, 2)), np.array([0.0, np.log(0.586 / 0.414)])
    keras.utils.set_random_seed(0)
    step.model = zoo.create_model("policy", num_classes=2, input_shape=(1,), hidden_units=())
    step.model.get_layer("logits").set_weights([kernel, bias])
    drawn = Episodes(step, ShortCorridor, "graph", luck=0)
    seeds = np.concatenate([split.inputs + 100 * i for i in range(10)])
    returns = drawn.returns(seeds)
    np.testing.assert_array_equal(returns, drawn.returns(seeds))
    assert not np.array_equal(returns, drawn.returns(seeds + 1))
    other = Episodes(step, ShortCorridor, "graph", luck=1)
    assert not np.array_equal(returns, other.returns(seeds))
    assert returns.mean() == pytest.approx(-11.66, abs=4 * returns.std() / np.sqrt(1000))
    # The likeliest action is always the same, and never arrives.
    assert set(Episodes(step, ShortCorridor, "graph").returns(seeds[:3])) == {-1000}


def test_recorded_episode_is_the_one_evaluated_and_ends_where_it_ends(make_holder):
    holder = make_holder(hidden=(4,))
    seed = int(datasets.load("cartpole").splits["test"].inputs[0])
    frames, milliseconds = pictures.record(holder.model, CartPole(1, drawn=True), seed)
    steps = int(Episodes(holder, CartPole, "graph").returns(np.array([seed]))[0])
    # The first frame, one every five steps, and the last.
    assert len(frames) == 1 + -(-steps // 5)
    assert frames.shape[1:] == (200, 300, 3)
    assert milliseconds == 100
    assert np.any(frames[0] != frames[-1])


def test_strip_keeps_every_still_inside_its_frame():
    stills = np.random.default_rng(0).integers(0, 255, (3, 4, 5, 3), np.uint8)
    picture = pictures.strip(stills)
    assert picture.shape == (6, 21, 3)
    for index, still in enumerate(stills):
        np.testing.assert_array_equal(picture[1:5, 7 * index + 1 : 7 * index + 6], still)

"""The page's cart is Gymnasium's."""

import gymnasium
import numpy as np
import pytest


def test_a_hundred_steps_are_gymnasiums(evaluated):
    environment = gymnasium.make("CartPole-v1").unwrapped
    environment.reset(seed=3)
    start = [0.01, -0.02, 0.03, 0.04]
    actions = np.random.default_rng(4).integers(0, 2, 100).tolist()
    environment.state = np.array(start)
    expected = []
    for action in actions:
        environment.steps_beyond_terminated = None
        environment.step(action)
        expected.append(np.array(environment.state))
    result = evaluated(
        """
        input[1].reduce((states, action) => {
          const force = action ? zoo.cartPole.FORCE : -zoo.cartPole.FORCE;
          return [...states, zoo.cartPole.step(states.at(-1), force)];
        }, [input[0]]).slice(1)
        """,
        given=[start, actions],
    )
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("state", "fallen"),
    [
        ([2.41, 0, 0, 0], True),
        ([-2.41, 0, 0, 0], True),
        ([2.39, 9, 0.2094, 9], False),
        ([0, 0, 0.2095, 0], True),
        ([0, 0, -0.2095, 0], True),
    ],
)
def test_an_episode_ends_where_gymnasiums_does(state, fallen, evaluated):
    environment = gymnasium.make("CartPole-v1").unwrapped
    limits = (environment.x_threshold, environment.theta_threshold_radians)
    assert evaluated("[zoo.cartPole.MOST_POSITION, zoo.cartPole.MOST_ANGLE]") == list(limits)
    assert evaluated("zoo.cartPole.fallen(input)", given=state) is fallen


def test_the_policy_balances_whole_episodes(evaluated):
    lengths = evaluated(
        """
        input.map((seed) => {
          const arrays = zoo.arrays("policy:cartpole");
          let state = zoo.cartPole.start(zoo.random(seed));
          let steps = 0;
          while (steps < zoo.cartPole.MOST_STEPS && !zoo.cartPole.fallen(state)) {
            const right = zoo.likeliest(zoo.networks.policy(arrays, state).scores);
            state = zoo.cartPole.step(state, right ? 10 : -10);
            steps += 1;
          }
          return steps;
        })
        """,
        "policy-cartpole",
        given=list(range(20)),
    )
    # The card's test figure is a mean of 495.9 over 100 episodes.
    assert np.mean(lengths) > 480
    assert lengths.count(500) >= 16

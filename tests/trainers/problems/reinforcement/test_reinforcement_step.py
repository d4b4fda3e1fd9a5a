"""The policy's step: its gradient in NumPy, its exact resume, and that it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from datasets.environments.cartpole import CartPole
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse
from trainers.engine.loop import Loop
from trainers.engine.totals import Totals
from trainers.engine.update import update
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.reinforcement.rollout import Played, gumbel, play
from trainers.problems.reinforcement.step import PolicyStep, Settings
from trainers.runs.state import capture, restore


@pytest.fixture
def make_policy():
    """A factory of small steps with weights far from their start."""

    def make(count=3, hidden=(), seed=0, **settings):
        keras.utils.set_random_seed(seed)
        model = zoo.create_model("policy", num_classes=2, input_shape=(4,), hidden_units=hidden)
        random = np.random.default_rng(seed)
        model.set_weights([random.normal(size=w.shape) for w in model.get_weights()])
        weights = OptimizedWeights(keras.optimizers.SGD(0.01), model.trainable_variables)
        environments = CartPole(count), CartPole(count)
        return PolicyStep(model, weights, Settings(**settings), environments, seed=seed)

    return make


def played_by(step, length=80, count=3):
    """A segment in which episodes terminate, begin anew and are truncated."""
    environment = CartPole(count)
    environment.reset(1)
    state = environment.get_state()
    state.elapsed[0] = 490
    uniform = np.random.default_rng(2).random((length, count, 2)).astype(np.float32)
    start = Played(state, tf.constant([490.0, *[0.0] * (count - 1)]))
    return play(step.model, environment, start, gumbel(tf.constant(uniform)))


def test_segment_is_what_the_environment_answers(make_policy):
    step = make_policy()
    played, end = played_by(step)
    replayed, counted, total = CartPole(3), np.ones(3, bool), np.array([490.0, 0, 0])
    replayed.reset(1)
    state = replayed.get_state()
    state.elapsed[0] = 490
    observations = replayed.set_state(state)
    noise = gumbel(np.random.default_rng(2).random((80, 3, 2)).astype(np.float32))
    for t in range(80):
        outputs = step.model(observations)
        np.testing.assert_array_equal(played.observations[t], observations)
        np.testing.assert_allclose(played.values[t], outputs["value"], rtol=1e-5, atol=1e-6)
        actions = np.argmax(outputs["logits"] + noise[t], axis=-1)
        np.testing.assert_array_equal(played.actions[t], actions)
        np.testing.assert_array_equal(played.counted[t], counted)
        observations, rewards, terminated, truncated = replayed.step(actions)
        following = step.model(observations)["value"]
        np.testing.assert_allclose(played.next_values[t], following, rtol=1e-5, atol=1e-6)
        total = np.where(counted, total + rewards, 0)
        np.testing.assert_array_equal(played.returns[t], total)
        np.testing.assert_array_equal(played.terminated[t], terminated)
        np.testing.assert_array_equal(played.truncated[t], truncated)
        counted = ~(terminated | truncated)
    assert np.asarray(played.terminated).sum() > 3
    assert 0 < (np.asarray(played.counted) == 0).sum() < 30
    for actual, expected in zip(end.state, replayed.get_state(), strict=True):
        np.testing.assert_array_equal(actual, expected)


def test_noise_draws_actions_with_the_policys_probabilities():
    uniform = np.random.default_rng(0).random((20_000, 3)).astype(np.float32)
    logits = np.log([0.2, 0.5, 0.3])
    drawn = np.argmax(logits + np.asarray(gumbel(tf.constant(uniform))), axis=-1)
    shares = np.bincount(drawn, minlength=3) / 20_000
    np.testing.assert_allclose(shares, [0.2, 0.5, 0.3], atol=0.012)


@pytest.mark.parametrize("algorithm", ["reinforce", "actor_critic"])
def test_gradient_of_a_linear_policy_is_the_numpy_gradient(make_policy, algorithm):
    step = make_policy(
        algorithm=algorithm,
        entropy_bonus=0.1,
        value_coefficient=0.3,
        normalize_advantages=False,
    )
    # Small logits, so that both actions are taken.
    step.model.set_weights([0.2 * weight for weight in step.model.get_weights()])
    played, _ = played_by(step)
    gradients, sums, weight = step.gradients_of(played)
    named = {
        variable.path: np.asarray(gradient)
        for variable, gradient in zip(step.model.trainable_variables, gradients, strict=True)
    }
    advantages, targets = (np.asarray(each, np.float64) for each in step.targets(played))
    observations, actions, counted = played.observations, played.actions, played.counted
    (kernel, bias), (value_kernel, value_bias) = (
        step.model.get_layer(name).get_weights() for name in ("logits", "values")
    )
    expected = {name: np.zeros_like(value) for name, value in named.items()}
    sums_by_hand, total = np.zeros(4), np.asarray(counted).sum()
    for t, e in np.argwhere(np.asarray(counted) == 1):
        x = np.asarray(observations[t, e], np.float64)
        logits = x @ kernel + bias
        p = np.exp(logits) / np.exp(logits).sum()
        value = (x @ value_kernel + value_bias)[0]
        chosen = np.eye(2)[int(actions[t, e])]
        entropy = -(p * np.log(p)).sum()
        # d(-log p_a)/dlogits = p - onehot(a); dH/dlogits = -p (log p + H).
        by_logits = (p - chosen) * advantages[t, e] + 0.1 * p * (np.log(p) + entropy)
        by_value = 0.3 * (value - targets[t, e])
        expected["logits/kernel"] += np.outer(x, by_logits) / total
        expected["logits/bias"] += by_logits / total
        expected["values/kernel"] += (x * by_value)[:, None] / total
        expected["values/bias"] += by_value / total
        policy_loss = -np.log(p @ chosen) * advantages[t, e]
        value_loss = 0.5 * (targets[t, e] - value) ** 2
        loss = policy_loss + 0.3 * value_loss - 0.1 * entropy
        sums_by_hand += [loss, policy_loss, value_loss, entropy]
    for name, gradient in named.items():
        np.testing.assert_allclose(gradient, expected[name], rtol=2e-4, atol=1e-5, err_msg=name)
    np.testing.assert_allclose(sums[:4], sums_by_hand, rtol=1e-4)
    assert float(weight) == total
    ended = np.asarray(played.terminated) | np.asarray(played.truncated)
    assert float(sums[4]) == np.asarray(played.returns)[ended].sum()
    assert float(sums[5]) == ended.sum()


def test_reinforce_takes_the_return_and_the_actor_critic_the_lambda_return(make_policy):
    for algorithm in ("reinforce", "actor_critic"):
        step = make_policy(algorithm=algorithm, gae_lambda=1.0, normalize_advantages=False)
        played, _ = played_by(step)
        advantages, targets = step.targets(played)
        counted = np.asarray(played.counted) == 1
        if algorithm == "reinforce":
            expected = np.asarray(targets)[counted], np.asarray(advantages)[counted]
    # With lambda 1 the two are the same (Schulman et al. 2016, equation 18).
    for values, wanted in zip((targets, advantages), expected, strict=True):
        np.testing.assert_allclose(np.asarray(values)[counted], wanted, rtol=1e-3, atol=1e-4)


def test_figures_name_the_mean_return_only_where_episodes_ended(make_policy):
    step = make_policy()
    means = dict.fromkeys(step.names, 1.0) | {"finished_returns": 3.0, "finished_episodes": 0.02}
    assert step.figures(means)["mean_return"] == pytest.approx(150)
    assert "mean_return" not in step.figures(means | {"finished_episodes": 0.0})
    assert "finished_returns" not in step.figures(means)


def updates(step, count, environments):
    order = tf.range(count * environments)
    data = tf.zeros([count * environments])
    totals = Totals(step.names)
    totals.add(*Loop(step, "graph").run(data, order, environments, 0, count)[:2])
    return totals


def test_probe_changes_nothing_and_repeats_itself(make_policy):
    step = make_policy(hidden=(4,), horizon_steps=20)
    before = capture(step, Totals(step.names), 0)
    first, second = step.probe(None), step.probe(None)
    step.evaluate(None)
    for left, right in zip(first, second, strict=True):
        np.testing.assert_array_equal(left, right)
    after = capture(step, Totals(step.names), 0)
    assert before.keys() == after.keys()
    for key, value in before.items():
        np.testing.assert_array_equal(value, after[key])
    assert step.probe_inputs(None).shape == (48, 4)


def test_restored_state_goes_on_to_the_same_bits(make_policy):
    settings = {"count": 4, "hidden": (), "horizon_steps": 15}
    straight = make_policy(**settings)
    updates(straight, 3, 4)
    middle = capture(straight, Totals(straight.names), 3)
    assert middle["environment/0003"].dtype == np.int64
    expected = updates(straight, 3, 4)
    other = make_policy(**settings, seed=5)
    restore(other, Totals(other.names), middle)
    actual = updates(other, 3, 4)
    np.testing.assert_array_equal(actual.sums, expected.sums)
    ends = [capture(each, Totals(each.names), 6) for each in (straight, other)]
    for key, value in ends[0].items():
        np.testing.assert_array_equal(value, ends[1][key], err_msg=key)
    assert any(np.any(middle[key] != value) for key, value in ends[0].items())


def test_another_number_of_segments_is_refused(make_policy):
    with pytest.raises(ValueError, match="5 segments asked for, 3 environments are played"):
        update(make_policy(), None, tf.range(5))


def test_a_few_updates_of_reinforce_more_than_double_the_return():
    """From about 20 of random actions, and 9.5 of a policy that always does the same."""
    arguments = ["--model", "policy", "--model.hidden-units", "32", "--learning-rate", "1e-2"]
    arguments += ["--batch-size", "16", "--problem.algorithm", "reinforce", "--steps", "40"]
    plan = resolve(parse([*arguments, "--optimizer.schedule", "constant"]).config)
    data = load_data(plan).dataset
    parts = assemble(plan, data)
    assert parts.mode == "graph"
    updates(parts.step, 40, 16)
    assert parts.evaluation.measure(data.splits["test"])["mean_return"] > 60


@pytest.mark.parametrize("length", [500, 12])
def test_whole_episodes_are_summed_from_their_beginning_to_their_end(make_policy, length):
    step = make_policy(
        algorithm="reinforce",
        discount=1.0,
        value_coefficient=0.0,
        normalize_advantages=False,
        whole_episodes=True,
    )
    uniform = np.random.default_rng(2).random((length, 3, 2)).astype(np.float32)
    state = CartPole(3).get_state()
    state.elapsed[:] = 7  # under way, and not gone on with
    start = Played(state, tf.constant([7.0, 7.0, 7.0]))
    played, _ = play(step.model, CartPole(3), start, gumbel(tf.constant(uniform)), whole=True)
    counted, ends = np.asarray(played.counted), np.asarray(played.terminated | played.truncated)
    first = [np.argmax(ends[:, e]) if ends[:, e].any() else length - 1 for e in range(3)]
    # Step 0 begins the episodes, and the longest of them decides where the segment ends.
    expected = [[0 < t <= first[e] for e in range(3)] for t in range(len(counted))]
    np.testing.assert_array_equal(counted, np.float32(expected))
    assert len(counted) == max(first) + 1
    assert (len(counted) < length) == (length == 500)
    gradients, sums, _ = step.gradients_of(played)
    kernel = np.zeros((4, 2))
    for t, e in np.argwhere(counted == 1):
        seen = np.asarray(played.observations[t, e], np.float64)
        odds = np.exp(np.asarray(step.model(seen[None])["logits"][0], np.float64))
        worth = first[e] - t + 1.0  # 1 for each step from this one on
        if not ends[first[e], e]:
            worth += float(played.next_values[-1, e])  # what follows the cut
        advantage = worth - float(played.values[t, e])
        chosen = np.eye(2)[int(played.actions[t, e])]
        kernel += np.outer(seen, odds / odds.sum() - chosen) * advantage / 3
    paths = [variable.path for variable in step.model.trainable_variables]
    found = gradients[paths.index(step.model.get_layer("logits").kernel.path)]
    np.testing.assert_allclose(found, kernel, rtol=1e-3, atol=1e-3)
    assert float(sums[5]) == ends[np.float32(expected) == 1].sum()

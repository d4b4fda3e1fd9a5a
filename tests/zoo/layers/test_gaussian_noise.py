"""Normal noise: its distribution, its independence, and the same for every way to compile."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo.layers.gaussian_noise import GaussianNoise, normal_like
from zoo.layers.threefry import stream

COUNT = 60_001


def noise(seed, number, count=COUNT):
    layer = GaussianNoise(0.5, seed=seed)
    layer.seed_generator.state.assign([seed, number])
    return layer(tf.zeros([count]), training=True).numpy() * 2


def test_noise_is_normal_and_independent_of_other_units_passes_and_seeds():
    first, next_pass, other_seed = noise(1, 0), noise(1, 1), noise(2, 0)
    assert scipy.stats.kstest(first, "norm").pvalue > 0.01
    assert abs(first.mean()) < 5 / COUNT**0.5
    assert abs(first.var() - 1) < 5 * (2 / COUNT) ** 0.5
    half = -(-COUNT // 2)  # the two of a pair of words stand so far apart
    for a, b in (
        (first, next_pass),
        (first, other_seed),
        (first[1:], first[:-1]),
        (first[half:], first[: COUNT - half]),
        (first[half:] ** 2 - 1, first[: COUNT - half] ** 2 - 1),
    ):
        assert abs((a * b).mean()) < 5 * a.std() * b.std() / len(a) ** 0.5


def test_noise_is_the_transform_of_box_and_muller():
    words = np.stack([part.numpy() for part in stream(tf.constant([9, 4], tf.int64), 5)])
    u, v = ((words >> 9) + 0.5) * 2.0**-23
    radius = np.sqrt(-2 * np.log(u))
    expected = np.concatenate([radius * np.cos(2 * np.pi * v), radius * np.sin(2 * np.pi * v)])
    np.testing.assert_allclose(noise(9, 4, count=9), expected[:9], atol=2e-6)


@pytest.mark.parametrize("shape", [[3, 5], [None, 5]])
@pytest.mark.parametrize("xla", [False, True])
def test_graph_and_xla_add_what_eager_adds(shape, xla):
    layer, inputs = GaussianNoise(0.5, seed=3), tf.ones([3, 5])

    def outputs(x):
        layer.seed_generator.state.assign([3, 7])
        return layer(x, training=True)

    signature = [tf.TensorSpec(shape, tf.float32)]
    compiled = tf.function(outputs, input_signature=signature, jit_compile=xla)
    np.testing.assert_allclose(compiled(inputs), outputs(inputs), atol=1e-6)


def test_noise_has_the_type_of_the_values_and_is_left_out_of_inference():
    layer = GaussianNoise(0.5, seed=3)
    assert normal_like(tf.ones([4], tf.bfloat16), layer.seed_generator).dtype == tf.bfloat16
    np.testing.assert_array_equal(layer(tf.ones([4])), np.ones(4))

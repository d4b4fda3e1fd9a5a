"""Weight decay: one update of every optimizer in NumPy, on kernels and on nothing else."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
import datasets
import zoo
from trainers.assembly.assemble import assemble
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse
from trainers.engine.batch import Batch
from trainers.optimizers.catalogue import OPTIMIZERS, build_optimizer
from trainers.optimizers.weights import OptimizedWeights

RATE, DECAY = 0.25, 0.4
NOTHING = Batch(tf.zeros([1, 1]), tf.zeros([1]), tf.ones([1]))
# What is subtracted for a gradient at the first update.
RULES = {
    "batch_gd": lambda g: RATE * g,
    "sgd": lambda g: RATE * g,
    "momentum": lambda g: RATE * g,
    "adagrad": lambda g: RATE * g / np.sqrt(0.1 + g**2 + 1e-7),
    "rmsprop": lambda g: RATE * g / np.sqrt(0.1 * g**2 + 1e-7),
    "adam": lambda g: RATE * g / (np.abs(g) + 1e-7 / np.sqrt(1e-3)),
}
MODELS = {
    "none": ("lstm", {"embedding_dim": 3}),
    "layer": ("lstm", {"embedding_dim": 3, "normalization": "layer"}),
    "weight": ("lstm", {"embedding_dim": 3, "normalization": "weight"}),
    "batch": ("mlp", {"normalization": "batch"}),
}


def made(name, case="none", precision="float32", **settings):
    model_name, options = MODELS[case]
    model = zoo.create_model(model_name, num_classes=4, input_shape=(5,), **options)
    random = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign(random.normal(size=variable.shape))
    config = configs.OptimizerConfig(name, RATE, weight_decay=DECAY, **settings)
    rule = build_optimizer(config, precision, 10)
    return model, OptimizedWeights(rule, model.trainable_variables)


def expected_after(variables, before, subtracted):
    """Each variable after an update: kernels lose their share first, as in AdamW."""
    return [
        old * (1 - RATE * DECAY * (zoo.role_of(variable) == "kernel")) - change
        for variable, old, change in zip(variables, before, subtracted, strict=True)
    ]


def values(variables):
    return [np.array(variable.value, np.float64) for variable in variables]


def test_every_first_order_optimizer_has_its_rule_here():
    assert set(RULES) == {name for name, row in OPTIMIZERS.items() if not row.second_order}


@pytest.mark.parametrize("case", sorted(MODELS))
@pytest.mark.parametrize("name", sorted(RULES))
def test_update_with_decay_equals_numpy(name, case):
    model, weights = made(name, case)
    variables = model.trainable_variables
    random = np.random.default_rng(1)
    gradients = [random.normal(size=v.shape).astype(np.float32) for v in variables]
    before = values(variables)
    weights.apply([tf.constant(g) for g in gradients], NOTHING, tf.range(1))
    wanted = expected_after(variables, before, [RULES[name](g.astype(float)) for g in gradients])
    kinds = {zoo.role_of(variable) for variable in variables}
    assert kinds == {"kernel", "other"} | ({"kernel_length"} if case == "weight" else set())
    for variable, found, value in zip(variables, values(variables), wanted, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-5, atol=3e-6, err_msg=variable.path)


def test_loss_scaling_decays_the_same_variables():
    model, weights = made("sgd", precision="mixed_float16")
    variables = model.trainable_variables
    zeros = [tf.zeros(variable.shape) for variable in variables]
    before = values(variables)
    tf.function(lambda: weights.apply(zeros, NOTHING, tf.range(1)), autograph=False)()
    wanted = expected_after(variables, before, [0.0] * len(before))
    for found, value in zip(values(variables), wanted, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-6)


def test_averaged_weights_average_what_was_decayed():
    model, weights = made("sgd", ema_momentum=0.75)
    variables = model.trainable_variables
    zeros = [tf.zeros(variable.shape) for variable in variables]
    before = values(variables)
    for _ in range(2):
        weights.apply(zeros, NOTHING, tf.range(1))
    once = expected_after(variables, before, [0.0] * len(before))
    twice = expected_after(variables, once, [0.0] * len(before))
    with weights.averaged():
        found = values(variables)
    # The first average is the weights after the first update.
    for value, one, two in zip(found, once, twice, strict=True):
        np.testing.assert_allclose(value, 0.75 * one + 0.25 * two, rtol=1e-5)


def test_replicas_decay_the_same_variables(two_replicas):
    with two_replicas.scope():
        model, weights = made("sgd")
        variables = model.trainable_variables
        before = values(variables)
        zeros = [tf.zeros(variable.shape) for variable in variables]
        apply = tf.function(lambda: weights.apply(zeros, NOTHING, tf.range(1)), autograph=False)
        two_replicas.run(apply)
    wanted = expected_after(variables, before, [0.0] * len(before))
    for found, value in zip(values(variables), wanted, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-6)


def test_both_of_a_gans_optimizers_decay_kernels():
    arguments = ["--model", "gan", "--optimizer", "sgd", "--learning-rate", str(RATE)]
    plan = resolve(parse([*arguments, "--weight-decay", str(DECAY)]).config)
    step = assemble(plan, datasets.load("digits")).step
    model = step.model
    before = values(model.trainable_variables)
    assert any(zoo.role_of(variable) == "other" for variable in model.trainable_variables)
    for weights in (step.weights, step._discriminator_weights):
        zeros = [tf.zeros(variable.shape) for variable in weights.variables]
        weights.apply(zeros, NOTHING, tf.range(1))
    wanted = expected_after(model.trainable_variables, before, [0.0] * len(before))
    for found, value in zip(values(model.trainable_variables), wanted, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-6, atol=1e-9)


def test_decay_of_a_model_that_nobody_marked_is_refused():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    config = configs.OptimizerConfig("sgd", RATE, weight_decay=DECAY)
    with pytest.raises(zoo.ModelError, match=r"call zoo\.mark_variables"):
        OptimizedWeights(build_optimizer(config, "float32", 10), model.trainable_variables)
    free = build_optimizer(configs.OptimizerConfig("sgd", RATE), "float32", 10)
    OptimizedWeights(free, model.trainable_variables)

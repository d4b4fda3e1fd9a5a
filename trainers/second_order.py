"""The second-order methods of a configuration: which they are, and what they cannot run with."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

import configs
from trainers import damped_solve, fisher
from trainers.curvature import (
    Curvature,
    gauss_newton_product,
    hessian_product,
    output_hessian,
)
from trainers.natural_gradient import NaturalGradient
from trainers.newton import Newton
from trainers.objective import Objective
from trainers.penalty import L2Penalty

# The other losses are made of straight lines, whose second derivative is zero.
_CURVED = ("cross_entropy", "mse", "huber")


def check(config: configs.Config) -> None:
    """Raise `ConfigError` for a resolved configuration that a second-order method cannot run."""
    name = config.optimizer.name
    if config.precision != "float32":
        raise configs.ConfigError(
            f"optimizer {name!r} with precision {config.precision!r} is not supported: curvature "
            "of 16-bit arithmetic is mostly rounding; use --precision float32"
        )
    if config.optimizer.clip_norm is not None:
        raise configs.ConfigError(
            f"optimizer {name!r} does not clip its gradient, which would change the direction it "
            "solves for; leave --clip-norm out and raise --optimizer.damping instead"
        )
    if config.loss.name not in _CURVED:
        raise configs.ConfigError(
            f"optimizer {name!r} needs a loss with curvature, {config.loss.name!r} has none; "
            f"use --loss {', '.join(_CURVED)}"
        )
    if config.model.options.get("output_activation") == "step":
        raise configs.ConfigError(
            f"optimizer {name!r} needs outputs with a derivative, the model's are steps; "
            "use a first-order one, e.g. --optimizer sgd"
        )


def changed_by_forward_pass(model: keras.Model) -> list[str]:
    """Return the paths of the variables, such as dropout's seeds, that a training pass changes."""
    others = model.non_trainable_variables
    before = [variable.value for variable in others]
    inputs = tf.zeros([1, *(size or 1 for size in model.input_shape[1:])], model.inputs[0].dtype)
    weights = [variable.value for variable in model.trainable_variables]
    _, after = model.stateless_call(weights, before, inputs, training=True)
    return [
        variable.path
        for variable, old, new in zip(others, before, after, strict=True)
        if not np.array_equal(old, new)
    ]


def make(
    config: configs.Config,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    loss: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
) -> Newton | NaturalGradient:
    """Build the method that a resolved configuration names.

    Args:
        optimizer: plain gradient descent, which holds the learning rate.

    Raises:
        ConfigError: the configuration or the model does not fit the method.
    """
    check(config)
    options, name = config.optimizer.options, config.optimizer.name
    changed = changed_by_forward_pass(model)
    if changed:
        raise configs.ConfigError(
            f"optimizer {name!r} compares one objective at several points, but every forward pass "
            f"changes {changed[0]!r}; use --model.dropout 0, and no batch normalization"
        )
    penalty = L2Penalty(model.trainable_variables, config.loss.l2)
    objective = Objective(model, loss, penalty, config.micro_batch_size)
    if name == "newton" and options["curvature"] == "hessian":
        product = hessian_product(model, loss)
    elif name == "newton":
        product = gauss_newton_product(model, output_hessian(loss))
    else:
        activation = config.model.options.get("output_activation", "linear")
        output_fisher = fisher.output_fisher(config.loss.name, activation)
        product = gauss_newton_product(model, output_fisher)
    method = damped_solve.method_for(options["method"], objective.view.size)
    curvature = Curvature(objective.view, product, penalty, config.micro_batch_size)
    solver = damped_solve.DampedSolver(curvature, method, options["cg_iterations"])
    if name == "newton":
        return Newton(objective, solver, optimizer, options["damping"])
    return NaturalGradient(
        objective.view,
        solver,
        optimizer,
        damping=options["damping"],
        trust_region=options["trust_region"],
    )

"""The second-order method that a configuration names, made for one model."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

import configs
from trainers.objectives.risk import EmpiricalRisk
from trainers.optimizers.second_order import damped_solve, fisher
from trainers.optimizers.second_order.curvature import (
    Curvature,
    gauss_newton_product,
    hessian_product,
    output_hessian,
)
from trainers.optimizers.second_order.natural_gradient import NaturalGradient
from trainers.optimizers.second_order.newton import Newton
from trainers.optimizers.second_order.objective import Objective


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


def preconditioner(
    config: configs.Config,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    risk: EmpiricalRisk,
) -> Newton | NaturalGradient:
    """Build the method that a resolved configuration names.

    Args:
        config: its optimizer's options and its loss count.
        model: without dropout or batch statistics.
        optimizer: plain gradient descent, which holds the learning rate.
        risk: what is minimized.

    Raises:
        ConfigError: the model does not fit the method.
    """
    options, name = config.optimizer.options, config.optimizer.name
    changed = changed_by_forward_pass(model)
    if changed:
        raise configs.ConfigError(
            f"optimizer {name!r} compares one objective at several points, but every forward pass "
            f"changes {changed[0]!r}; use --model.dropout 0, and no batch normalization"
        )
    loss, penalty = risk.loss, risk.penalty
    objective = Objective(model, loss, penalty, config.micro_batch_size)
    if name == "newton" and options["curvature"] == "hessian":
        product = hessian_product(model, loss)
    elif name == "newton":
        product = gauss_newton_product(model, output_hessian(loss))
    else:
        output_fisher = fisher.output_fisher(config.loss.name, config.model.output_activation)
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

"""The update rules: one row each; all are Keras optimizers but the two second-order methods.

The table names only strings and numbers, so that the command line can offer and check every
option without importing TensorFlow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import configs

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Optimizer:
    """One row: a Keras class, its default step size, its options, and what a step sees.

    A second-order method's options are not the Keras class's: that one only applies what
    `second_order.make` computes, and holds the learning rate. `choices` lists the values of
    options that are words, `minimums` the least values of options that are bounded.
    """

    keras_class: str
    learning_rate: float
    options: dict[str, bool | int | float | str] = field(default_factory=dict)
    whole_dataset: bool = False
    second_order: bool = False
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    minimums: dict[str, float] = field(default_factory=dict)


_SOLVER: dict[str, tuple[str, ...]] = {"method": ("auto", "dense", "cg")}


OPTIMIZERS = {
    # Cauchy 1847: the exact gradient of the whole training set, one update per epoch.
    "batch_gd": Optimizer("SGD", 0.5, whole_dataset=True),
    # Robbins & Monro 1951; with --batch-size 1 the textbook's stochastic descent.
    "sgd": Optimizer("SGD", 0.1),
    # Polyak 1964; nesterov=true: Nesterov 1983 as in Sutskever et al. 2013.
    "momentum": Optimizer("SGD", 0.05, {"momentum": 0.9, "nesterov": False}),
    # Duchi, Hazan & Singer 2011.
    "adagrad": Optimizer("Adagrad", 0.05, {"initial_accumulator_value": 0.1, "epsilon": 1e-7}),
    # Kingma & Ba 2015, algorithm 1.
    "adam": Optimizer("Adam", 1e-3, {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
    # Martens 2010; its learning rate is the first step length that the line search tries.
    "newton": Optimizer(
        "SGD",
        1.0,
        {"method": "auto", "curvature": "hessian", "damping": 1e-3, "cg_iterations": 50},
        second_order=True,
        choices={**_SOLVER, "curvature": ("hessian", "gauss_newton")},
        minimums={"damping": 0.0, "cg_iterations": 1},
    ),
    # Amari 1998, equation 18; trust_region: largest KL divergence of a step, 0 for none.
    "natural_gradient": Optimizer(
        "SGD",
        1.0,
        {"method": "auto", "damping": 1e-2, "cg_iterations": 50, "trust_region": 0.01},
        second_order=True,
        choices=_SOLVER,
        minimums={"damping": 0.0, "cg_iterations": 1, "trust_region": 0.0},
    ),
}


def find(name: str) -> Optimizer:
    """Return the row called `name`; raise `ConfigError` with the nearest match if there is none."""
    if name not in OPTIMIZERS:
        raise configs.ConfigError(
            f"unknown optimizer {name!r}{configs.nearest(name, OPTIMIZERS)} "
            f"allowed: {', '.join(OPTIMIZERS)}"
        )
    return OPTIMIZERS[name]


def check(config: configs.OptimizerConfig) -> None:
    """Raise `ConfigError` for the first option of an optimizer that is outside its bounds."""
    minimums = find(config.name).minimums
    for name, value in config.options.items():
        minimum = minimums.get(name)
        if minimum is not None and not (minimum <= value < float("inf")):
            raise configs.ConfigError(
                f"optimizer.{name} is {value}; give --optimizer.{name.replace('_', '-')} "
                f"a finite number of at least {minimum:g}"
            )


def make(
    config: configs.OptimizerConfig, precision: str, total_steps: int
) -> keras.optimizers.Optimizer:
    """Build the Keras optimizer of a resolved configuration.

    Args:
        config: its `learning_rate` None means the optimizer's own.
        precision: "float32", "mixed_bfloat16" or "mixed_float16".
        total_steps: updates of the whole run, over which a schedule runs.

    Under mixed_float16 it is wrapped in Keras's `LossScaleOptimizer` (Micikevicius et al. 2018),
    whose `scale_loss` the step must apply.
    """
    import keras

    from trainers import replicas, schedules

    row = find(config.name)
    options: dict[str, Any] = {} if row.second_order else {**row.options, **config.options}
    if config.ema_momentum is not None:
        options |= {"use_ema": True, "ema_momentum": config.ema_momentum}
    rate = schedules.make(config, config.learning_rate or row.learning_rate, total_steps)
    keras_class = getattr(keras.optimizers, row.keras_class)
    if replicas.count() > 1:
        keras_class = _applying_summed_gradients(keras_class)
    try:
        optimizer = keras_class(learning_rate=rate, weight_decay=config.weight_decay, **options)
    except ValueError as error:
        raise configs.ConfigError(f"optimizer {config.name!r}: {error}") from error
    if config.weight_decay:
        # Decay pulls towards the zero function; shifts and normalizing scales do not make it.
        optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    if precision == "mixed_float16":
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def _applying_summed_gradients(keras_class: type) -> type:
    """Return a class whose `apply` takes gradients that are summed over the replicas already.

    Keras sums inside `apply`, after its own clipping of what is not the whole gradient yet; the
    step sums first and clips what the whole batch says (tensorflow#33929).
    """
    return type(
        keras_class.__name__,
        (keras_class,),
        {"_all_reduce_sum_gradients": lambda self, gradients: list(gradients)},
    )

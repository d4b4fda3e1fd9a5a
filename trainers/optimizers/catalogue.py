"""The update rules: one row each; all are Keras optimizers but the two second-order methods.

The table names only strings and numbers, so that the command line can offer and check every
option without importing TensorFlow.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import configs
from zoo import Option

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Optimizer:
    """One row: a Keras class, its default step size, its options, and what a step sees.

    A second-order method's options are not the Keras class's: that one only applies what
    `second_order.methods.preconditioner` computes, and holds the learning rate. An option that
    means the same in two rows is one object in both.

    Args:
        keras_class: a name in `keras.optimizers`, or the dotted path of another class.
        learning_rate: the step size where none is given.
        options: arguments of the class, or of the second-order method.
        whole_dataset: whether an update takes all of the training set.
        second_order: whether it looks at curvature.
    """

    keras_class: str
    learning_rate: float
    options: tuple[Option, ...] = ()
    whole_dataset: bool = False
    second_order: bool = False

    def option(self, name: str) -> Option | None:
        """Return the option called `name`, or None."""
        return next((option for option in self.options if option.name == name), None)


_METHOD = Option(
    "method",
    "Literal['auto', 'dense', 'cg']",
    "auto",
    ("auto", "dense", "cg"),
    help="how to solve for the direction; dense factorizes a matrix, cg needs products alone",
)
_CG_ITERATIONS = Option(
    "cg_iterations", "int", 50, interval="[1, inf)", help="most products of a direction by cg"
)

OPTIMIZERS = {
    # Cauchy 1847: the exact gradient of the whole training set, one update per epoch.
    "batch_gd": Optimizer("SGD", 0.5, whole_dataset=True),
    # Robbins & Monro 1951; with --batch-size 1 the textbook's stochastic descent.
    "sgd": Optimizer("SGD", 0.1),
    # Polyak 1964; nesterov=true: Nesterov 1983 as in Sutskever et al. 2013.
    "momentum": Optimizer(
        "SGD",
        0.05,
        (
            Option(
                "momentum",
                "float",
                0.9,
                interval="[0, 1]",
                help="share of the last step that is kept",
            ),
            Option("nesterov", "bool", False, help="look ahead by the last step"),
        ),
    ),
    # Duchi, Hazan & Singer 2011.
    "adagrad": Optimizer(
        "Adagrad",
        0.05,
        (
            Option(
                "initial_accumulator_value",
                "float",
                0.1,
                interval="[0, inf)",
                help="sum of squares that every weight starts with",
            ),
            Option(
                "epsilon", "float", 1e-7, interval="[0, inf)", help="added to what it divides by"
            ),
        ),
    ),
    # Tieleman & Hinton 2012, lecture 6e; with centered=true Graves 2013, section 2.
    "rmsprop": Optimizer(
        "RMSprop",
        1e-3,
        (
            Option("rho", "float", 0.9, interval="[0, 1)", help="decay of the squares' mean"),
            Option(
                "momentum",
                "float",
                0.0,
                interval="[0, 1]",
                help="share of the last step that is kept",
            ),
            Option(
                "epsilon", "float", 1e-7, interval="[0, inf)", help="added to what it divides by"
            ),
            Option("centered", "bool", False, help="divide by the gradient's own deviation"),
        ),
    ),
    # Kingma & Ba 2015, algorithm 1.
    "adam": Optimizer(
        "Adam",
        1e-3,
        (
            Option("beta_1", "float", 0.9, interval="[0, 1)", help="decay of the gradient's mean"),
            Option("beta_2", "float", 0.999, interval="[0, 1)", help="decay of the squares' mean"),
            Option(
                "epsilon", "float", 1e-7, interval="[0, inf)", help="added to what it divides by"
            ),
        ),
    ),
    # Martens 2010; its learning rate is the first step length that the line search tries.
    "newton": Optimizer(
        "SGD",
        1.0,
        (
            _METHOD,
            Option(
                "curvature",
                "Literal['hessian', 'gauss_newton']",
                "hessian",
                ("hessian", "gauss_newton"),
                help="of the loss, exact or without the model's own",
            ),
            Option(
                "damping",
                "float",
                1e-3,
                interval="[0, inf)",
                help="first lambda; it adapts; 0 stays 0",
            ),
            _CG_ITERATIONS,
        ),
        second_order=True,
    ),
    # Amari 1998, equation 18; trust_region: largest KL divergence of a step, 0 for none.
    "natural_gradient": Optimizer(
        "SGD",
        1.0,
        (
            _METHOD,
            Option("damping", "float", 1e-2, interval="[0, inf)", help="lambda, constant"),
            _CG_ITERATIONS,
            Option(
                "trust_region",
                "float",
                0.01,
                interval="[0, inf)",
                help="largest divergence of a step, in nats; 0 bounds nothing",
            ),
        ),
        second_order=True,
    ),
}


def register_optimizer(name: str, row: Optimizer) -> None:
    """Add an update rule of the user's own.

    Raises:
        ConfigError: the name is taken.
    """
    if name in OPTIMIZERS:
        raise configs.ConfigError(f"the optimizer name {name!r} is taken; choose another")
    OPTIMIZERS[name] = row


def find(name: str) -> Optimizer:
    """Return the row called `name`; raise `ConfigError` with the nearest match if there is none."""
    if name not in OPTIMIZERS:
        raise configs.ConfigError(f"unknown optimizer {name!r}{configs.instead(name, OPTIMIZERS)}")
    return OPTIMIZERS[name]


def build_optimizer(
    config: configs.OptimizerConfig, precision: str, total_steps: int, steps_per_epoch: int = 1
) -> keras.optimizers.Optimizer:
    """Build the Keras optimizer of a resolved configuration.

    Args:
        config: its `learning_rate` None means the optimizer's own.
        precision: "float32", "mixed_bfloat16" or "mixed_float16".
        total_steps: updates of the whole run, over which a schedule runs.
        steps_per_epoch: updates of an epoch, by which rates may be listed.

    Under mixed_float16 it is wrapped in Keras's `LossScaleOptimizer` (Micikevicius et al. 2018),
    whose `scale_loss` the step must apply.
    """
    import keras

    from trainers.distribution import replicas
    from trainers.optimizers import learning_rates

    row = find(config.name)
    defaults = {option.name: option.default for option in row.options}
    options: dict[str, Any] = {} if row.second_order else {**defaults, **config.options}
    if config.ema_momentum is not None:
        options |= {"use_ema": True, "ema_momentum": config.ema_momentum}
    rate = learning_rates.learning_rate(
        config, config.learning_rate or row.learning_rate, total_steps, steps_per_epoch
    )
    keras_class = _class(row.keras_class)
    if replicas.count() > 1:
        keras_class = _applying_summed_gradients(keras_class)
    try:
        optimizer = keras_class(learning_rate=rate, weight_decay=config.weight_decay, **options)
    except ValueError as error:
        raise configs.ConfigError(f"optimizer {config.name!r}: {error}") from error
    if precision == "mixed_float16":
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def _class(path: str) -> type:
    import keras

    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module) if module else keras.optimizers, name)


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

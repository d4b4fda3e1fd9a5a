"""Training: one compiled GradientTape loop and the commands around it.

What is registered here is known to every command that imports the module which registers it:

>>> import trainers
>>> trainers.register_loss("log_cosh", trainers.Loss(my_function, predicts=("numbers",)))

>>> run = trainers.fit("cnn", "digits", epochs=5)
>>> run.history["val_accuracy"], run.predict(images), trainers.open(run.path)

Names are resolved on first use, so that importing this package costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

from trainers.version import __version__

if TYPE_CHECKING:
    from trainers.api.fit import fit, open
    from trainers.api.pretrained import Pretrained
    from trainers.api.run import Run
    from trainers.engine.callbacks import Callback, CallbackMoment
    from trainers.experiments.experiment import register_experiment
    from trainers.objectives.losses import Loss, register_loss
    from trainers.optimizers.catalogue import Optimizer, register_optimizer
    from trainers.problems.catalogue import register_problem
    from trainers.problems.row import Problem
    from trainers.published.reading import register_published
    from trainers.tracking.mlflow_callback import MLflowCallback
    from trainers.tracking.wandb_callback import WandbCallback

__all__ = [
    "Callback",
    "CallbackMoment",
    "Loss",
    "MLflowCallback",
    "Optimizer",
    "Pretrained",
    "Problem",
    "Run",
    "WandbCallback",
    "__version__",
    "fit",
    "open",
    "register_experiment",
    "register_loss",
    "register_optimizer",
    "register_problem",
    "register_published",
]

_HOMES = {
    "fit": "api.fit",
    "open": "api.fit",
    "Run": "api.run",
    "Pretrained": "api.pretrained",
    "Callback": "engine.callbacks",
    "CallbackMoment": "engine.callbacks",
    "MLflowCallback": "tracking.mlflow_callback",
    "WandbCallback": "tracking.wandb_callback",
    "Loss": "objectives.losses",
    "register_loss": "objectives.losses",
    "Optimizer": "optimizers.catalogue",
    "register_optimizer": "optimizers.catalogue",
    "Problem": "problems.row",
    "register_problem": "problems.catalogue",
    "register_experiment": "experiments.experiment",
    "register_published": "published.reading",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'trainers' has no attribute {name!r}")
    if _HOMES[name].startswith("api."):
        _require_own_datasets()
    return getattr(importlib.import_module(f"trainers.{_HOMES[name]}"), name)


def _require_own_datasets() -> None:
    """Raise `ConfigError` where a package of another project has the name of ours."""
    import configs
    from trainers.cli.exit import foreign_datasets_package

    if foreign := foreign_datasets_package():
        raise configs.ConfigError(
            f"another package called 'datasets' was imported from {foreign}; install this project "
            "with `pip install .`, which serves beside it, or work without it"
        )


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

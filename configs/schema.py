"""The typed configuration of a run: frozen dataclasses whose fields carry help and bounds.

What a field's metadata hold, `configs.fields` says; `configs.checks` enforces them, and the field's
type, wherever a value came from.
Models and optimizers have options of their own, so `ModelConfig` and `OptimizerConfig` carry an
open mapping that the command line checks against the chosen model's and optimizer's signature.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from configs.checks import ConfigError, instead
from configs.data import AugmentationConfig, DatasetConfig
from configs.fields import option
from configs.optimization import LossConfig, OptimizerConfig
from configs.values import shown


@dataclass(frozen=True)
class ModelConfig:
    """Which registered model, and the options it is built with."""

    name: str = option("mlp", "what to train", "Model")
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def output_activation(self) -> str:
        """What the model applies to its last scores; "linear", nothing, where it has no choice."""
        return str(self.options.get("output_activation", "linear"))


@dataclass(frozen=True)
class ProblemConfig:
    """Settings of the model's learning problem, beyond those of every run."""

    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Config:
    """One run, complete: with the code's version it determines the weights."""

    model: ModelConfig = field(default_factory=ModelConfig)
    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    problem: ProblemConfig = field(default_factory=ProblemConfig)
    batch_size: int | Literal["full"] = option(
        32, "examples per update over all devices; full: the training set", "Length", minimum=1
    )
    micro_batch_size: int = option(
        4096, "examples per forward pass; larger batches accumulate gradients", "Length", minimum=1
    )
    bucket_by_length: Literal["auto"] | bool = option(
        False,
        "put sequences of like length into a batch, so that fewer steps are computed; auto: where "
        "the mean is under 0.8 of the longest",
        "Length",
    )
    epochs: int | None = option(
        None, "passes over the training set", "Length", none="as steps say", minimum=1
    )
    steps: int | None = option(
        None, "updates; give epochs or steps, not both", "Length", none="as epochs say", minimum=1
    )
    early_stopping_patience: int | None = option(
        None,
        "stop after this many validations in a row without a better figure",
        "Length",
        none="never",
        minimum=1,
    )
    stop_when_right: int | None = option(
        None,
        "stop at the update at which the last so many training examples were all right",
        "Length",
        none="never",
        minimum=1,
    )
    right_within: float | None = option(
        None,
        "right is an example whose every output is that near to its target: of classes the "
        "probabilities to 0 and 1, of numbers in the data's own units",
        "Length",
        metavar="X",
        none="of classes the most probable one is right",
        above=0,
    )
    right_loss_below: float | None = option(
        None,
        "and stop only where the mean loss of these examples is below that",
        "Length",
        metavar="X",
        none="whatever it is",
        above=0,
    )
    init_from: str | None = option(
        None,
        "begin with the weights of a run's folder, a .keras or a .safetensors file, or trained "
        "ones such as cnn:mnist",
        "Model",
        metavar="PATH",
        none="drawn by seed",
    )
    freeze: str | None = option(
        None,
        'variables that are not trained, by shell patterns of their paths, as in "convolution_*"',
        "Model",
        metavar="PATTERN",
        none="none",
    )
    seed: int = option(
        0, "fixes weights, order and dropout", "Length", minimum=0, maximum=2**31 - 1
    )
    log_every_steps: int | None = option(
        None, "updates between logged training points", "Logging", none="an epoch", minimum=1
    )
    evaluate_every_steps: int | None = option(
        None, "updates between validations", "Logging", none="an epoch", minimum=1
    )
    checkpoint_every_steps: int | None = option(
        None, "updates between checkpoints", "Logging", none="an epoch", minimum=1
    )
    keep_checkpoints: int = option(
        3, "newest checkpoints kept, beside the best", "Logging", minimum=1
    )
    best_by: Literal["loss", "metric"] = option(
        "loss", "validation figure that decides which checkpoint is the best", "Logging"
    )
    log_test: bool = option(
        False,
        "measure the test split at every validation too; only told, nothing is chosen by it",
        "Logging",
    )
    histograms: bool = option(True, "write weight, gradient and activation histograms", "Logging")
    report: bool = option(
        True,
        "look at single examples: end with report.html, and show in TensorBoard what a classifier "
        "or a regression takes for what",
        "Logging",
    )
    track: str | None = option(
        None,
        "tell trackers of the run: mlflow, wandb, or both as in mlflow,wandb",
        "Logging",
        metavar="NAMES",
        none="none",
    )
    diagnostics: bool = option(
        False,
        "log spread, dead and saturated units by layer, and the Hessian's spectrum (slow)",
        "Logging",
    )
    profile: str | None = option(
        None,
        "profile these updates into plugins/profile; its trace.json.gz opens in ui.perfetto.dev, "
        "TensorBoard's page of it needs tensorboard-plugin-profile",
        "Logging",
        metavar="FIRST,LAST",
        none="none",
    )
    compile: Literal["auto", "xla", "graph", "eager"] = option(
        "auto", "how the loop is compiled; auto: by model, batch and device", "Where it runs"
    )
    precision: Literal["float32", "float64", "mixed_bfloat16", "mixed_float16"] = option(
        "float32",
        "arithmetic of the layers; weights are float32, with float64 they and the data float64",
        "Where it runs",
    )
    strategy: Literal["auto", "one_device", "mirrored", "multi_worker"] = option(
        "auto",
        "auto: the workers of a cluster, else every visible GPU, else one device",
        "Where it runs",
    )
    replicas: int | None = option(
        None,
        "devices to share each batch; without GPUs parts of the CPU, to try it",
        "Where it runs",
        none="as strategy says",
        minimum=1,
        maximum=1024,
    )
    devices: str | None = option(
        None, 'by name, as in "GPU:0,GPU:2"', "Where it runs", metavar="NAMES", none="all GPUs"
    )
    start_timeout_seconds: int = option(
        300, "how long workers wait for one another at the start", "Where it runs", minimum=5
    )
    peer_timeout_seconds: int = option(
        60,
        "silence after which a worker is lost; without progress it ends after ten times that",
        "Where it runs",
        minimum=5,
    )
    imports: tuple[str, ...] = ()


OF_EARLIER_RELEASES: Mapping[str, Any] = {"bucket_by_length": False}
"""What runs did whose saved configuration lacks a key, as their release did not know it yet; other
keys that are lacking stand at their defaults."""


def to_dict(config: Any) -> dict[str, Any]:
    """Return `config` as plain nested dictionaries, the options beside their section's fields."""
    result: dict[str, Any] = {}
    for entry in dataclasses.fields(config):
        value = getattr(config, entry.name)
        if dataclasses.is_dataclass(value):
            result[entry.name] = to_dict(value)
        elif isinstance(value, Mapping):
            result.update({key: plain(item) for key, item in value.items()})
        else:
            result[entry.name] = plain(value)
    return result


def from_dict(values: Mapping[str, Any]) -> Config:
    """Rebuild what `to_dict` was given; options are what a section has beside its fields.

    Raises:
        ConfigError: a key that is no field, where there are no options, or no section for one.
    """
    return _build(Config, values)


def _build(cls: type, values: Mapping[str, Any], prefix: str = "") -> Any:
    fields = {entry.name: entry for entry in dataclasses.fields(cls)}
    known: dict[str, Any] = {}
    for key, value in values.items():
        section = fields[key].default_factory if key in fields else None
        if dataclasses.is_dataclass(section):
            if not isinstance(value, Mapping):
                raise ConfigError(f"{key} is {shown(value)}; give its settings, {{name: value}}")
            known[key] = _build(typing.cast(type, section), value, f"{key}.")
        elif key in fields and key != "options":
            # `options` are not checked here, their owner knows them.
            is_list = key == "imports" and isinstance(value, list)
            known[key] = tuple(value) if is_list else value
        elif "options" in fields:
            known.setdefault("options", {})[key] = plain(value)
        else:
            raise ConfigError(f"{prefix}{key} is not known{instead(key, list(fields))}")
    return cls(**known)


def plain(value: Any) -> Any:
    """Return a value as a configuration holds it: sequences are lists."""
    return list(value) if isinstance(value, tuple) else value

"""The typed configuration of a run: frozen dataclasses whose fields carry help and bounds.

A field's metadata holds `help` (one line for `--help`) and, for numbers, `minimum` (inclusive) or
`above` (exclusive) and `maximum`; `configs.checks` enforces them wherever the value came from.
Models and optimizers have options of their own, so `ModelConfig` and `OptimizerConfig` carry an
open mapping that the command line checks against the chosen model's and optimizer's signature.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ruamel.yaml import YAML


def _option(default: Any, help: str, **bounds: float) -> Any:
    return field(default=default, metadata={"help": help, **bounds})


@dataclass(frozen=True)
class ModelConfig:
    """Which registered model, and the options it is built with."""

    name: str = _option("mlp", "registered model; `python -m zoo` lists them")
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DatasetConfig:
    """Which dataset, where it lies, and how much of it may stay in memory."""

    name: str = _option("digits", "embedded dataset or any TFDS name")
    data_dir: str | None = _option(None, "folder of prepared TFDS data (default: TFDS's own)")
    validation_fraction: float = _option(
        0.1,
        "share of `train` held out when a dataset has no validation split",
        above=0,
        maximum=0.9,
    )
    max_resident_gib: float = _option(
        2.0, "larger datasets stream from disk instead of staying in memory", minimum=0
    )
    data_path: str | None = _option(None, "file or folder of text, for --dataset text")
    window_steps: int = _option(
        64, "characters between two updates of a model that reads text", minimum=1
    )


@dataclass(frozen=True)
class LossConfig:
    """The empirical risk that is minimized."""

    name: Literal["auto", "mse", "mae", "huber", "cross_entropy", "hinge", "perceptron"] = _option(
        "auto", "loss; auto: cross_entropy for classes and symbols, mse for regression"
    )
    huber_delta: float = _option(1.0, "where Huber's loss turns from square to line", above=0)
    l2: float = _option(
        0.0, "penalty 1/2 l2 |w|^2 on kernels in training; not in logged losses", minimum=0
    )


@dataclass(frozen=True)
class OptimizerConfig:
    """The update rule, its step size, and its own options."""

    name: str = _option("adam", "an update rule, e.g. adam or newton; --help lists its options")
    learning_rate: float | None = _option(None, "step size (default: the optimizer's own)", above=0)
    schedule: Literal["constant", "cosine", "linear", "exponential"] = _option(
        "constant", "learning rate over the run; cosine and linear end at 0, exponential at 1 %"
    )
    warmup_steps: int = _option(
        0, "updates in which the learning rate rises from 0 to its full value", minimum=0
    )
    weight_decay: float | None = _option(
        None, "share of the kernels, times the learning rate, taken off per update", minimum=0
    )
    ema_momentum: float | None = _option(
        None, "validate and export a running average of the weights", minimum=0, maximum=0.99999
    )
    clip_norm: float | None = _option(
        None, "scale the gradient down to this global norm, after accumulation", above=0
    )
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ProblemConfig:
    """Settings of the model's learning problem, beyond those of every run."""

    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Config:
    """One run, complete: with the code's version it determines the weights."""

    model: ModelConfig = field(default_factory=ModelConfig)
    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    problem: ProblemConfig = field(default_factory=ProblemConfig)
    batch_size: int | Literal["full"] = _option(
        32, "examples per update over all devices; full: the whole training set", minimum=1
    )
    micro_batch_size: int = _option(
        4096, "examples per forward pass; larger batches accumulate their gradient", minimum=1
    )
    epochs: int | None = _option(None, "passes over the training set", minimum=1)
    steps: int | None = _option(None, "updates; give epochs or steps, not both", minimum=1)
    seed: int = _option(0, "fixes weights, order and dropout", minimum=0, maximum=2**31 - 1)
    compile: Literal["auto", "xla", "graph", "eager"] = _option(
        "auto", "how the loop is compiled; auto: by model, batch and device"
    )
    strategy: Literal["auto", "one_device", "mirrored", "multi_worker"] = _option(
        "auto", "auto: the workers of a cluster, else every visible GPU, else one device"
    )
    replicas: int | None = _option(
        None, "devices to share each batch; without GPUs parts of the CPU, to try it", minimum=1
    )
    devices: str | None = _option(None, 'devices by name, as in "GPU:0,GPU:2" (default: all GPUs)')
    start_timeout_seconds: int = _option(
        300, "how long workers wait for one another at the start", minimum=5
    )
    peer_timeout_seconds: int = _option(
        60,
        "silence after which a worker is lost; without progress it ends after ten times that",
        minimum=5,
    )
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = _option(
        "float32", "arithmetic of the layers; weights stay float32"
    )
    log_every_steps: int | None = _option(
        None, "updates between logged training points (default: one epoch)", minimum=1
    )
    evaluate_every_steps: int | None = _option(
        None, "updates between validations (default: one epoch)", minimum=1
    )
    checkpoint_every_steps: int | None = _option(
        None, "updates between checkpoints (default: one epoch)", minimum=1
    )
    keep_checkpoints: int = _option(3, "newest checkpoints kept, beside the best", minimum=1)
    best_by: Literal["loss", "metric"] = _option(
        "loss", "validation figure that decides which checkpoint is the best"
    )
    early_stopping_patience: int | None = _option(
        None, "stop after this many validations in a row without a better figure", minimum=1
    )
    histograms: bool = _option(True, "write weight, gradient and activation histograms")
    diagnostics: bool = _option(
        False, "log spread, dead and saturated units by layer, and the Hessian's spectrum (slow)"
    )


def to_dict(config: Any) -> dict[str, Any]:
    """Return `config` as plain nested dictionaries, the options beside their section's fields."""
    result: dict[str, Any] = {}
    for entry in dataclasses.fields(config):
        value = getattr(config, entry.name)
        if dataclasses.is_dataclass(value):
            result[entry.name] = to_dict(value)
        elif isinstance(value, Mapping):
            result.update({key: _plain(item) for key, item in value.items()})
        else:
            result[entry.name] = _plain(value)
    return result


def from_dict(values: Mapping[str, Any]) -> Config:
    """Rebuild what `to_dict` was given; a section's unknown keys are its options."""
    return _build(Config, values)


def _build(cls: type, values: Mapping[str, Any]) -> Any:
    sections = {"model": ModelConfig, "dataset": DatasetConfig, "loss": LossConfig}
    sections |= {"optimizer": OptimizerConfig, "problem": ProblemConfig}
    names = {entry.name for entry in dataclasses.fields(cls)}
    known = {key: value for key, value in values.items() if key in names and key != "options"}
    if cls is Config:
        known = {
            key: _build(sections[key], value) if key in sections else value
            for key, value in known.items()
        }
    elif "options" in names:
        known["options"] = {key: _plain(v) for key, v in values.items() if key not in known}
    return cls(**known)


def to_yaml(config: Config) -> str:
    """Return the resolved configuration as the YAML that is printed and written to the run."""
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(to_dict(config), stream)
    return stream.getvalue()


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value

"""Whether a checkpoint belongs to the run that wants to continue it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import configs
import zoo
from trainers.errors import CheckpointError
from trainers.optimizers import catalogue as optimizers
from trainers.problems import catalogue as problems
from zoo.catalogue.extensions import import_flags
from zoo.process.shell import command_line

# May change on resume: they decide how long, how observed and from where, not which weights.
MAY_CHANGE = frozenset(
    {
        "epochs",
        "steps",
        "log_every_steps",
        "evaluate_every_steps",
        "checkpoint_every_steps",
        "early_stopping_patience",
        "keep_checkpoints",
        "histograms",
        "report",
        "track",
        "log_test",
        "profile",
        "strategy",
        "replicas",
        "devices",
        "start_timeout_seconds",
        "peer_timeout_seconds",
        "diagnostics",
        "dataset.data_dir",
        "dataset.data_path",
        "dataset.max_resident_gib",
        "imports",
    }
)
_IDENTITY = ("model.name", "optimizer.name", "dataset.name")


def require_same_run(
    saved: dict[str, Any], config: configs.Config, fingerprint: str, run_dir: Path | None = None
) -> None:
    """Compare a checkpoint's metadata with the run to be.

    Args:
        saved: `metadata` of the checkpoint.
        config: the resolved configuration of the run to be.
        fingerprint: of the dataset as it was just loaded.
        run_dir: the run's folder, for the message.

    Raises:
        CheckpointError: another model, optimizer or dataset, or the data or the rule by which
            their splits are carved changed.
        ConfigError: a setting that shapes the weights was changed.
    """
    options = _usual_options(config)
    after = options | _flat(configs.to_dict(config))
    # A setting that the saving release did not have yet stands at its default, or as it was.
    usual = _flat(configs.to_dict(configs.Config())) | dict(configs.OF_EARLIER_RELEASES)
    before = usual | options | _flat(saved["config"])
    # Such a schedule is stretched over the run's length, which then shapes the weights too.
    fixed = {"epochs", "steps"} if config.optimizer.stretched else set()
    may_change = MAY_CHANGE - fixed
    changed = [
        key
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key) and key not in may_change
    ]
    for key in _IDENTITY:
        if key in changed:
            raise CheckpointError(
                f"the checkpoint was made with {key} {before.get(key)!r}, this run asks for "
                f"{after.get(key)!r}; resume with the former, or start another --run-dir"
            )
    if changed:
        shown = ", ".join(f"{key} {before.get(key)!r} -> {after.get(key)!r}" for key in changed[:3])
        if fixed.issuperset(changed):
            raise configs.ConfigError(_longer(shown, config, run_dir))
        raise configs.ConfigError(
            f"settings changed since the checkpoint: {shown}; on --resume only "
            f"{', '.join(sorted(may_change))} may change"
        )
    rule, _, content = fingerprint.rpartition("-")
    rule_then, _, content_then = saved["dataset_fingerprint"].rpartition("-")
    if rule and rule_then != rule:
        raise CheckpointError(
            f"the splits that dataset {config.dataset.name!r} lacks were carved from train by "
            f"another rule when the checkpoint was made ({rule_then or 'the last records'}, now "
            f"{rule}: a seeded draw of each class); continue with the release that wrote it, or "
            "start another --run-dir"
        )
    if content_then != content:
        raise CheckpointError(
            f"dataset {config.dataset.name!r} is not the one the checkpoint was made with "
            f"(fingerprint {content[:12]}, then {content_then[:12]}); "
            "restore the data, or start another --run-dir"
        )


def _usual_options(config: configs.Config) -> dict[str, Any]:
    """Return the defaults of a model's, an optimizer's and a problem's own options, flat."""
    sections = {
        "model": zoo.model_card(config.model.name).options.values(),
        "optimizer": optimizers.find(config.optimizer.name).options,
        "problem": problems.of_model(config.model.name).options,
    }
    return {
        f"{section}.{option.name}": configs.plain(option.default)
        for section, options in sections.items()
        for option in options
    }


def _longer(shown: str, config: configs.Config, run_dir: Path | None) -> str:
    """Return why a run with a schedule keeps its length, and how another goes on from its end."""
    length = ["--epochs", str(config.epochs)] if config.epochs else ["--steps", str(config.steps)]
    return (
        f"settings changed since the checkpoint: {shown}; the {config.optimizer.schedule} schedule "
        "spans the whole run, which cannot be longer or shorter; another run begins with its "
        f"weights: {going_on(run_dir or Path('RUN'), config, *length)}"
    )


def going_on(run_dir: Path, config: configs.Config, *words: str) -> str:
    """Return the command of another run like this one, that begins with its best weights.

    It is Python's where a command would not find the data, the model or the loss.
    """
    in_memory = config.dataset.name in ("arrays", "table") and config.dataset.data_path is None
    if in_memory or "custom" in (config.model.name, config.loss.name):
        settings = [
            f"{name.removeprefix('--')}={value}"
            for name, value in zip(words[::2], words[1::2], strict=True)
        ]
        given = ", ".join([f"init_from={str(run_dir)!r}", *settings])
        return f"trainers.fit(model, data, {given}), with the rest as before"
    file, imports = run_dir / "config.yaml", import_flags(config.imports)
    options: list[str | Path] = ["--config", file, "--init-from", run_dir, *words, *imports]
    return command_line("python -m trainers.run", *options)


def allowed_changes(saved: dict[str, Any], config: configs.Config) -> list[str]:
    """Return what differs from the checkpoint's configuration and may, as "epochs 2 -> 3"."""
    before, after = _flat(saved["config"]), _flat(configs.to_dict(config))
    keys = sorted(before.keys() & MAY_CHANGE)
    return [
        f"{key} {before[key]!r} -> {after[key]!r}"
        for key in keys
        if configs.plain(before[key]) != configs.plain(after.get(key))
    ]


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            result |= _flat(value, f"{prefix}{key}.")
        else:
            result[f"{prefix}{key}"] = value
    return result

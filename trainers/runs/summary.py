"""How a run ended: figures of the final and the best weights, the exported model, the summary."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

import configs
from trainers.assembly.assemble import Assembly
from trainers.assembly.deployed import deployed
from trainers.distribution import replicas
from trainers.distribution.placement import Placement
from trainers.engine.length import steps_per_epoch, total_steps
from trainers.engine.totals import Totals
from trainers.errors import CheckpointError
from trainers.objectives import metrics as metric_names
from trainers.optimizers import catalogue as optimizers
from trainers.output.files import replaced
from trainers.problems import catalogue as problems
from trainers.runs import checkpoints, compatibility, provenance, state
from trainers.runs.folder import RunFolder
from trainers.runs.logs import metrics
from trainers.runs.progress import format_figures
from trainers.runs.recorder import Recorder
from trainers.runs.resume import Standing
from trainers.timing.spent import speed_line, table, time_line
from zoo.catalogue.extensions import import_flags
from zoo.process.shell import command_line, shown

# As a share of a figure.
_NEGLIGIBLE = 1e-3


def weights_sha256(model: keras.Model) -> str:
    """Return one hash of every variable of a model, in order: equal hashes, equal bits."""
    digest = hashlib.sha256()
    for variable in model.variables:
        array = np.asarray(variable.numpy())
        digest.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def finish(
    ended: Standing,
    config: configs.Config,
    parts: Assembly,
    folder: RunFolder,
    recorder: Recorder,
    placement: Placement,
    look: Callable[[int], None],
) -> dict[str, Any]:
    """Evaluate, save the best weights as `model.keras`, write summary.json, and return it.

    Args:
        ended: where the run stands.
        config, parts, folder, recorder, placement: of the run.
        look: called with the best weights in the model, and the updates they were saved after.
    """
    memory, best_step, model = ended.memory, ended.memory.best_step, parts.step.model
    clock = memory.clock
    final_hash, over = weights_sha256(model), parts.is_over  # before another state is restored
    with clock.part("evaluation"):
        final = figures(parts)
    best = final
    placement.barrier()  # the chief has written the best checkpoint before others read it
    if best_step is not None and best_step != ended.step:
        try:
            arrays = checkpoints.load(folder.checkpoints, best_step).arrays
            state.restore(parts.step, Totals(parts.step.names), arrays)
            with clock.part("evaluation"):
                best = figures(parts)
        except CheckpointError as error:
            print(f"warning: {error}; model.keras has the final weights", file=sys.stderr)
    with clock.part("logging"):
        recorder.call(parts.hooks.at_end, best_step or ended.step)
        look(best_step if best_step is not None else ended.step)
    path = folder.path / "model.keras"
    if folder.writes:
        _say_what_was_damaged(folder.path)
        with parts.step.weights.averaged():
            export(deployed(config, parts.dataset, parts.problem, model), path)
    surroundings = {
        "versions": provenance.versions(),
        "hardware": provenance.hardware(),
        "git_revision": provenance.git_revision(),
    }
    improving = _improving(ended, config, parts, folder, best)
    with clock.part("logging"):
        recorder.close("seconds", table(memory.seconds), ended.step, best, best_step or ended.step)
    summary = {
        "model": config.model.name,
        "dataset": f"{parts.dataset.name}:{parts.dataset.version}",
        "training_examples": parts.dataset.splits["train"].size,
        "parameters": model.count_params(),
        "steps": ended.step,
        "best_step": best_step,
        **_stopped(config, over),
        "improving": improving,
        "best": best,
        "final": final,
        "final_weights_sha256": final_hash,
        "model_file_sha256": _sha256(path) if folder.writes else None,
        "seconds": memory.seconds,
        "first_update_seconds": memory.first_update_seconds,
        "examples_per_second": memory.speed.examples_per_second,
        "compile": parts.mode,
        "replicas": replicas.count(),
        "workers": placement.workers,
        **surroundings,
        **_solved(parts, best),
        **({"initial_weights": memory.initial_weights} if memory.initial_weights else {}),
        **memory.over_validations.saved("test_over_validations"),
    }
    folder.write_summary(summary)
    return summary


def figures(parts: Assembly) -> dict[str, dict[str, float]]:
    """Return the figures of validation and test with the weights the model holds now.

    Where the dataset knows the best possible loss, `oracle_loss`, `excess_loss` (nats per
    prediction above it) and `excess_ratio` (the same as a share of it) stand beside the loss.
    """
    result: dict[str, dict[str, float]] = {}
    for name in ("validation", "test"):
        values = parts.evaluation.measure(parts.dataset.splits[name])
        oracle = parts.dataset.oracle_loss.get(name)
        if oracle is not None:
            excess = values["loss"] - oracle
            values |= {
                "oracle_loss": oracle,
                "excess_loss": excess,
                "excess_ratio": excess / oracle,
            }
        result[name] = values
    return result


def _extremes(found: dict[str, Any], names: Iterable[str]) -> list[str]:
    """Return a line for the highest test figures of all validations, or none."""
    highest = {name: found["highest"][name] for name in names if name in found.get("highest", {})}
    shown_figures = [
        f"{name} {at['value']:.4f} (step {at['step']})"
        for name, at in highest.items()
        if name != "loss" and not metric_names.is_detail(name)
    ]
    if not shown_figures:
        return []
    told = f"of {found['count']} validations on test; chosen on it, so better than new data show"
    return [f"highest   {'  '.join(shown_figures)}, {told}"]


def _solved(parts: Assembly, best: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Return the mean return that counts as solved, if there is one, and whether it is reached."""
    threshold = parts.dataset.reward_threshold
    if threshold is None:
        return {}
    return {"reward_threshold": threshold, "solved": best["test"]["mean_return"] >= threshold}


def _stopped(config: configs.Config, over: bool) -> dict[str, Any]:
    """Return whether the run ended as its last examples were right, where that was asked for."""
    if config.stop_when_right is None:
        return {}
    return {"stopped_when_right": {"last": config.stop_when_right, "reached": over}}


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _say_what_was_damaged(folder: Path) -> None:
    """Compare what an earlier end of the run left, before it is written anew."""
    summary, model = folder / "summary.json", folder / "model.keras"
    damaged = []
    if summary.is_file():
        try:
            known = json.loads(summary.read_bytes()).get("model_file_sha256")
            damaged = [model] if known and _sha256(model) != known else []
        except (ValueError, AttributeError):
            damaged = [summary]
    for path in damaged:
        print(f"warning: {path} was damaged or missing; written anew", file=sys.stderr)


def _improving(
    ended: Standing,
    config: configs.Config,
    parts: Assembly,
    folder: RunFolder,
    best: dict[str, dict[str, float]],
) -> bool:
    """Return whether more updates of the same kind promise a better model.

    They do not where early stopping ended the run, or where the best loss is within a thousandth
    of the best possible one; nor do they where the validations say so, see `still_improves`. One
    validation says nothing, but a second-order step may have been exact.
    """
    train, name = parts.dataset.splits["train"], parts.step.monitors[config.best_by == "metric"]
    length = total_steps(
        config, steps_per_epoch(train.size, parts.batch_size, parts.dataset.contiguous)
    )
    if ended.step < length or best["validation"].get("excess_ratio", 1.0) < _NEGLIGIBLE:
        return False
    found = metrics.read(folder.path / "metrics.csv")
    rows = found.rows if found else []
    values = [float(row.value) for row in rows if (row.split, row.name) == ("validation", name)]
    if len(values) < 2:
        return not optimizers.find(config.optimizer.name).second_order
    return still_improves(values, name in parts.problem.higher_is_better)


def still_improves(values: Sequence[float], higher_is_better: bool) -> bool:
    """Return whether the last tenth of the validations bettered the figure by over a thousandth.

    It did not where the best one came well before the end, after which the model only learned its
    training examples by heart, and where nothing moves any more, as after an exact step.

    Args:
        values: the figure that weights are chosen by, of two validations or more, in order.
        higher_is_better: whether it is.
    """
    better = max if higher_is_better else min
    last = -(-len(values) // 10)
    before, after = better(values[:-last]), better(values[-last:])
    gain = after - before if higher_is_better else before - after
    return gain > _NEGLIGIBLE * abs(before)


def export(model: keras.Model, path: Path) -> None:
    """Save a model whole or not at all."""
    with replaced(path) as temporary:
        model.save(temporary)


def summary_text(summary: dict[str, Any], config: configs.Config, run_dir: Path) -> str:
    """Return the short text that ends a run: what it reached, how long it took, what is next."""
    test = summary["best"]["test"]
    figures_shown = {
        key: value for key, value in test.items() if "oracle" not in key and "excess" not in key
    }
    lines = [f"test      {format_figures(figures_shown)}  (weights of step {summary['best_step']})"]
    lines += _extremes(summary.get("test_over_validations", {}), figures_shown)
    if "oracle_loss" in test:
        lines.append(
            f"oracle    {test['oracle_loss']:.4f} nats per symbol is the best possible loss here; "
            f"the model is {test['excess_loss']:.5f} above it ({test['excess_ratio']:.2%})"
        )
    for name, other, what in problems.of_model(summary["model"]).beside:
        if name in test:
            lines.append(f"beside    {name} {test[name]:.4f}, {what} {test[other]:.4f}")
    if "reward_threshold" in summary:
        reached = "reached" if summary["solved"] else "not reached"
        lines.append(
            f"solved    at a mean_return of {summary['reward_threshold']:g}, which is {reached}"
        )
    imports = import_flags(config.imports)
    evaluate = command_line("python -m trainers.evaluate", run_dir, "--split", "test", *imports)
    lines += [
        f"time      {time_line(summary['seconds'])}",
        f"speed     {speed_line(summary)}",
        f"run       {shown(run_dir)}",
        f"look      {command_line('tensorboard', '--logdir', run_dir)}",
        f"evaluate  {evaluate}",
    ]
    if config.profile is not None:
        lines.append(f"profile   {shown(run_dir / 'plugins' / 'profile')}")
    if config.report:
        lines.append(f"report    {shown(run_dir / 'report.html')}")
    if summary["improving"]:
        unit, length = ("epochs", config.epochs) if config.epochs else ("steps", config.steps or 1)
        words = ["--resume", f"--{unit}", str(2 * length), *imports]
        longer = command_line("python -m trainers.run", "--run-dir", run_dir, *words)
        if config.optimizer.stretched:
            # It would be another run; only a rate that does not know the length can simply go on.
            longer = compatibility.going_on(run_dir, config)
        lines.append(f"longer    {longer}")
    return "\n".join(lines)

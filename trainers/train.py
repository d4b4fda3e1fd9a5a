"""Train a model: one configuration in, one run folder out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import configs
from trainers import checkpoints, compatibility, replicas
from trainers.assembly import assemble, load_dataset
from trainers.errors import DivergedError, PreemptedError
from trainers.feed import Feed
from trainers.journal import Journal
from trainers.loop import Loop, Totals
from trainers.outcome import finish
from trainers.placement import Placement
from trainers.progress import TrainingProgress
from trainers.run_folder import RunFolder
from trainers.schedule import CallLength, Schedule
from trainers.signals import StopSignals
from trainers.state import restore

# A network's file system may show the others late what the chief has written.
_SHARED_FOLDER_SECONDS = 10.0


def train(
    config: configs.Config,
    run_dir: Path,
    stop: StopSignals,
    placement: Placement | None = None,
    *,
    resume: bool = False,
) -> dict[str, Any]:
    """Train until the configured length is reached, and return the run's summary.

    Args:
        config: resolved by `assembly.resolve`.
        run_dir: written as `run_folder` describes.
        stop: asks to save and leave at the next step boundary.
        placement: whose scope this is called in; None means one device.
        resume: continue the run that `run_dir` holds, bit for bit.

    Raises:
        DivergedError: the loss is not finite; the last good checkpoint is kept.
        PreemptedError: `stop` was requested; the state is saved.
        CheckpointError, ConfigError, DataError, StorageError: as their classes say.
    """
    placement = placement or Placement()
    # 1. Data, model, optimizer: everything that can be wrong is wrong before a file is written.
    dataset = load_dataset(config)
    parts = assemble(config, dataset)
    feed = Feed.of(dataset, parts.batch_size, config.seed)
    schedule = Schedule.of(config, feed.steps_per_epoch)
    folder = RunFolder(run_dir, resume=resume, writes=placement.is_chief)
    try:
        # 2. Where the run stands: at its newest intact checkpoint, or at step 0.
        totals, journal = Totals(parts.step.names), Journal(config, parts, folder)
        if resume:
            checkpoint = checkpoints.load_newest(folder.checkpoints)
            compatibility.check(checkpoint.metadata, config, dataset.fingerprint)
            restore(parts.step, totals, checkpoint.arrays)
            journal.restore(checkpoint)
        else:
            # Saved before config.yaml exists, so that whatever can be resumed has a checkpoint.
            journal.save(0, totals)
        folder.write_config(config)
        step = journal.saved_step
        replicas.separate_seeds(parts.step.model)
        require_one_start(placement, folder.checkpoints, step)
        journal.open(step, feed.steps_per_epoch)
        if folder.writes:
            for begin in parts.hooks.begin:
                begin(folder.path)

        # 3. The loop: many updates a call, and in between only what is due.
        loop, length = Loop(parts.step, parts.mode), CallLength()
        with TrainingProgress(schedule.total, step, shown=folder.writes) as progress:
            while step < schedule.total and not schedule.stalled(step, journal.best_step):
                # All workers stop at one step and call equally many updates: those of the chief.
                most = length.most if placement.is_chief else 0
                stopping, most = map(int, placement.agree([stop.requested, most]))
                if stopping:
                    journal.save(step, totals)
                    placement.agree([0.0])  # nobody leaves before the chief has saved
                    raise PreemptedError(
                        f"stopped and saved at step {step}; continue with --resume"
                    )
                stretch = feed.stretch(step, min(most, schedule.until_next(step)))
                started = time.perf_counter()
                sums, weight, bad = loop.run(*stretch)
                seconds = time.perf_counter() - started
                if bad >= 0:
                    raise DivergedError(
                        f"the loss is not finite at step {step + bad - stretch.first + 1}; the "
                        "last good checkpoint is kept: lower --learning-rate or set --clip-norm"
                    )
                totals.add(sums, weight)
                step += stretch.length
                length.learn(stretch.length, seconds)
                journal.count(stretch.length * stretch.batch_size, seconds)
                speed = stretch.length * stretch.batch_size / seconds
                progress.update(step, parts.step.figures(totals.means), speed)

                # 4. What is due: log, evaluate, save, in this order: saving needs the best.
                if schedule.due(step, schedule.log):
                    journal.log_training(step, totals)
                    totals = Totals(parts.step.names)
                if schedule.due(step, schedule.evaluate):
                    figures = parts.evaluation.measure(dataset.splits["validation"])
                    progress.line(journal.log_validation(step, figures))
                    journal.call(parts.hooks.on_validation, step)
                if schedule.due(step, schedule.checkpoint) or journal.is_best(step):
                    journal.save(step, totals)

        # 5. The end: what the final and the best weights are worth, and the model to take away.
        journal.save(step, totals)
        if placement.agree([stop.requested])[0]:
            raise PreemptedError(f"stopped after the last step, {step}; continue with --resume")
        return finish(config, parts, folder, journal, placement)
    finally:
        folder.close()


def require_one_start(placement: Placement, folder: Path, step: int) -> None:
    """Raise `ConfigError` unless all workers see one checkpoint of `step` in their `folder`."""
    if placement.workers == 1:
        return
    placement.agree([0.0])  # the chief has written it
    end = time.monotonic() + _SHARED_FOLDER_SECONDS
    while (mark := checkpoints.mark(folder, step)) is None and time.monotonic() < end:
        time.sleep(0.1)
    mark = -1 if mark is None else mark
    total, squares, chiefs = placement.agree([mark, mark**2, step * placement.is_chief])
    # Equal numbers, and only they, have a mean square equal to the square of their mean.
    if placement.workers * squares != total**2:
        raise configs.ConfigError(
            f"the workers do not all see the chief's checkpoint of step {int(chiefs)}; --run-dir "
            f"must be one folder that they share, here it is {folder.parent}"
        )

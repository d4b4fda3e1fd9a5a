"""Train a model: one plan in, one run folder out."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import configs
from trainers.assembly.assemble import assemble
from trainers.assembly.class_weights import weighted
from trainers.assembly.data import load_data
from trainers.assembly.rows import rows_text
from trainers.cli.extensions import import_flags
from trainers.distribution import replicas
from trainers.distribution.placement import Placement
from trainers.distribution.signals import StopSignals
from trainers.engine import finite, pauses
from trainers.engine.callbacks import Callbacks
from trainers.engine.feed import Feed
from trainers.engine.length import CallLength
from trainers.engine.loop import Loop
from trainers.engine.pauses import Leaving, StopRequested
from trainers.engine.totals import Totals
from trainers.errors import PreemptedError
from trainers.problems.plan import Plan
from trainers.runs.cadence import Cadence
from trainers.runs.folder import NewFolder, RunFolder
from trainers.runs.progress import progress as shown_progress
from trainers.runs.progress import validation_line
from trainers.runs.recorder import Recorder
from trainers.runs.resume import begun, resumed
from trainers.runs.saver import Saver
from trainers.runs.shared_start import claimed, require_one_start
from trainers.runs.summary import Ended, finish
from trainers.warm_start.start import notes as weight_notes
from trainers.warm_start.start import warm_start
from zoo.process.shell import command_line


def train(
    plan: Plan,
    run_dir: Path | NewFolder,
    stop: StopSignals,
    placement: Placement | None = None,
    *,
    resume: bool = False,
) -> dict[str, Any]:
    """Train until the configured length is reached, and return the run's summary.

    Args:
        plan: what is to be done, see `trainers.assembly.resolve`.
        run_dir: written as `trainers.runs.folder` describes.
        stop: asks to save and leave, see `trainers.engine.pauses`.
        placement: whose scope this is called in; None means one device.
        resume: continue the run that `run_dir` holds, bit for bit.

    Raises:
        DivergedError: the loss is not finite; the last good checkpoint is kept.
        PreemptedError: `stop` was requested; the state is saved.
        CheckpointError, ConfigError, DataError, StorageError: as their classes say.
    """
    placement = placement or Placement()
    # 1. Data, model, optimizer: everything that can be wrong is wrong before a file is written.
    dataset, plan, notes = load_data(plan)
    config, parts = plan.config, assemble(plan, dataset)
    own, best_by = parts.step, parts.step.monitors[config.best_by == "metric"]
    seen = weighted(config, plan.problem, dataset)
    varied = bool(config.augmentation.varied)
    feed = Feed.of(seen, parts.batch_size, config.seed, varied=varied)
    taken = None if resume else warm_start(own, config)
    notes = [*notes, *weight_notes(taken, config, own.inspected)]
    cadence = Cadence.of(config, feed.steps_per_epoch)
    leaving = Leaving(stop, placement)
    leaving.at_calls()
    path = claimed(placement, run_dir) if isinstance(run_dir, NewFolder) else run_dir
    with RunFolder(path, resume=resume, writes=placement.is_chief) as folder, leaving.asked():
        # 2. Where the run stands: at its newest intact checkpoint, or at step 0.
        step, totals, memory = resumed(folder, config, parts) if resume else begun(parts, taken)
        saver = Saver(folder, config, parts, (step, memory.owes_validation) if resume else None)
        # Saved before config.yaml exists, so that whatever can be resumed has a checkpoint.
        saver.save(step, totals, memory)
        folder.write_splits(rows_text(config, dataset))
        folder.write_config(config)
        leaving.anywhere(_saved(step, path, config))
        replicas.separate_seeds(own.model)
        require_one_start(placement, folder.checkpoints, step)
        if folder.writes:
            title = f"{config.model.name} on {config.dataset.name} -> {folder.path}"
            if plan.told:
                print(*(f"note: {note}" for note in notes), title, sep="\n", file=sys.stderr)
            for begin in parts.hooks.begin:
                begin(folder.path)
        recorder = Recorder(
            folder, config, parts, memory, step=step, steps_per_epoch=feed.steps_per_epoch
        )
        watching = Callbacks(
            plan.callbacks if folder.writes else (),
            model=own.model,
            folder=folder.path,
            config=config,
            length=(cadence.total, feed.steps_per_epoch),
        )

        # 3. The loop: many updates a call, and in between only what is due.
        loop, length = Loop(own, parts.mode), CallLength()
        try:
            shown = folder.writes and plan.told
            with shown_progress(cadence.total, step, shown=shown) as progress:
                while True:
                    # What is due: evaluate, save, in this order: saving needs the best.
                    if memory.owes_validation:
                        figures = parts.evaluation.measure(dataset.splits["validation"])
                        recorder.log_validation(step, figures, best_by)
                        higher_is_better = best_by in plan.problem.higher_is_better
                        memory.note(step, figures[best_by], higher_is_better)
                        progress.line(validation_line(step, feed.steps_per_epoch, figures))
                        recorder.call(parts.hooks.on_validation, step)
                        watching.note("on_validated", figures)
                    if cadence.due(step, cadence.checkpoint) or memory.best_step == step:
                        saver.save(step, totals, memory)
                    saving = partial(saver.save, step, totals, memory)
                    watching.tell(step, own.weights, saving)
                    stopped = bool(plan.callbacks) and placement.any(watching.stopped)
                    if stopped or cadence.ended(step, memory.best_step):
                        break
                    # All workers stop at one step and call equally many updates: the chief's.
                    most = min(pauses.next_call(length.most), cadence.until_next(step))
                    started = time.perf_counter()
                    call = loop.advance(feed, step, most)
                    seconds = time.perf_counter() - started
                    leaving.at_calls()
                    finite.require_loss(call)
                    step, examples = step + call.updates, call.updates * call.batch_size
                    totals.add(call.sums, call.weight)
                    length.learn(call.updates, seconds)
                    memory.count(examples, seconds)
                    recorder.count(call, seconds)
                    progress.update(step, own.figures(totals.means), examples / seconds)
                    if cadence.due(step, cadence.log):
                        watching.note("on_logged", recorder.log_training(step, totals))
                        totals = Totals(own.names)
                    memory.owes_validation = cadence.due(step, cadence.evaluate)

            # 4. The end: what the final and best weights are worth, and the model to take away.
            saver.save(step, totals, memory)
            leaving.anywhere(_saved(step, path, config))
            pauses.next_call()
            summary = finish(Ended(step, memory), config, parts, folder, recorder, placement)
        except StopRequested as asked:
            saver.save(step, totals, memory)
            placement.barrier()  # nobody leaves before the chief has saved
            raise PreemptedError(_saved(step, path, config)) from asked
        leaving.at_calls()
        watching.note("on_end", summary["best"]["test"])
        watching.tell(step, own.weights, lambda: None)
        return summary


def _saved(step: int, path: Path, config: configs.Config) -> str:
    options = command_line("--run-dir", path, *import_flags(config.imports))
    return f"stopped and saved at step {step}; continue with --resume {options}"

"""Train a model: one plan in, one run folder out."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.distribution import replicas
from trainers.distribution.placement import Placement
from trainers.distribution.signals import StopSignals
from trainers.engine import finite
from trainers.engine.feed import Feed
from trainers.engine.length import CallLength
from trainers.engine.loop import Loop
from trainers.engine.totals import Totals
from trainers.errors import PreemptedError
from trainers.problems.plan import Plan
from trainers.runs.cadence import Cadence
from trainers.runs.folder import RunFolder
from trainers.runs.progress import TrainingProgress, validation_line
from trainers.runs.recorder import Recorder
from trainers.runs.resume import begun, resumed
from trainers.runs.saver import Saver
from trainers.runs.shared_start import require_one_start
from trainers.runs.summary import Ended, finish


def train(
    plan: Plan,
    run_dir: Path,
    stop: StopSignals,
    placement: Placement | None = None,
    *,
    resume: bool = False,
) -> dict[str, Any]:
    """Train until the configured length is reached, and return the run's summary.

    Args:
        plan: what is to be done, see `trainers.assembly.resolve`.
        run_dir: written as `trainers.runs.folder` describes.
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
    dataset, plan, notes = load_data(plan)
    config, parts = plan.config, assemble(plan, dataset)
    own, best_by = parts.step, parts.step.monitors[config.best_by == "metric"]
    feed = Feed.of(dataset, parts.batch_size, config.seed)
    cadence = Cadence.of(config, feed.steps_per_epoch)
    with RunFolder(run_dir, resume=resume, writes=placement.is_chief) as folder:
        # 2. Where the run stands: at its newest intact checkpoint, or at step 0.
        step, totals, memory = resumed(folder, config, parts) if resume else begun(parts)
        saver = Saver(folder, config, parts, saved_step=step if resume else -1)
        # Saved before config.yaml exists, so that whatever can be resumed has a checkpoint.
        saver.save(step, totals, memory)
        folder.write_config(config)
        replicas.separate_seeds(own.model)
        require_one_start(placement, folder.checkpoints, step)
        if folder.writes:
            title = f"{config.model.name} on {config.dataset.name} -> {folder.path}"
            print(*(f"note: {note}" for note in notes), title, sep="\n", file=sys.stderr)
            for begin in parts.hooks.begin:
                begin(folder.path)
        recorder = Recorder(
            folder, config, parts, memory, step=step, steps_per_epoch=feed.steps_per_epoch
        )

        # 3. The loop: many updates a call, and in between only what is due.
        loop, length = Loop(own, parts.mode), CallLength()
        with TrainingProgress(cadence.total, step, shown=folder.writes) as progress:
            while not cadence.ended(step, memory.best_step):
                # All workers stop at one step and call equally many updates: those of the chief.
                stopping, most = placement.next_call(stop.requested, length.most)
                if stopping:
                    saver.save(step, totals, memory)
                    placement.barrier()  # nobody leaves before the chief has saved
                    raise PreemptedError(
                        f"stopped and saved at step {step}; continue with --resume"
                    )
                started = time.perf_counter()
                call = loop.advance(feed, step, min(most, cadence.until_next(step)))
                seconds = time.perf_counter() - started
                finite.require_loss(call)
                step, examples = step + call.updates, call.updates * call.batch_size
                totals.add(call.sums, call.weight)
                length.learn(call.updates, seconds)
                memory.count(examples, seconds)
                recorder.count(call, seconds)
                progress.update(step, own.figures(totals.means), examples / seconds)

                # 4. What is due: log, evaluate, save, in this order: saving needs the best.
                if cadence.due(step, cadence.log):
                    recorder.log_training(step, totals)
                    totals = Totals(own.names)
                if cadence.due(step, cadence.evaluate):
                    figures = parts.evaluation.measure(dataset.splits["validation"])
                    recorder.log_validation(step, figures, best_by)
                    memory.note(step, figures[best_by], best_by in plan.problem.higher_is_better)
                    progress.line(validation_line(step, feed.steps_per_epoch, figures))
                    recorder.call(parts.hooks.on_validation, step)
                if cadence.due(step, cadence.checkpoint) or memory.best_step == step:
                    saver.save(step, totals, memory)

        # 5. The end: what the final and the best weights are worth, and the model to take away.
        saver.save(step, totals, memory)
        if placement.any(stop.requested):
            raise PreemptedError(f"stopped after the last step, {step}; continue with --resume")
        return finish(Ended(step, memory), config, parts, folder, recorder, placement)

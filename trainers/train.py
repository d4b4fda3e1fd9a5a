"""Train a model: one plan in, one run folder out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from trainers.assembly.assemble import Assembly, assemble
from trainers.assembly.class_weights import weighted
from trainers.assembly.data import load_data
from trainers.assembly.kept import Kept
from trainers.assembly.rows import rows_text
from trainers.cli.extensions import import_flags
from trainers.distribution import replicas
from trainers.distribution.placement import Placement
from trainers.distribution.signals import StopSignals
from trainers.engine import pauses
from trainers.engine.callbacks import Callbacks
from trainers.engine.feed import Feed
from trainers.engine.length import CallLength
from trainers.engine.loop import Call
from trainers.engine.pauses import Leaving, StopRequested
from trainers.engine.totals import Totals
from trainers.errors import PreemptedError
from trainers.problems.plan import Plan
from trainers.reports.pages.at_end import record_examples
from trainers.reports.pages.run_page import write_report
from trainers.runs.cadence import Cadence
from trainers.runs.folder import NewFolder, RunFolder
from trainers.runs.guard import Guard
from trainers.runs.progress import measured_line
from trainers.runs.progress import progress as shown_progress
from trainers.runs.recorder import Recorder
from trainers.runs.resume import Standing, begun, resumed
from trainers.runs.saver import Saver
from trainers.runs.shared_start import claimed, require_one_start
from trainers.runs.summary import finish
from trainers.timing.clock import Clock
from trainers.tracking.chosen import tracked
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
    clock: Clock | None = None,
    kept: Kept | None = None,
) -> dict[str, Any]:
    """Train until the configured length is reached, and return the run's summary.

    Args:
        plan: what is to be done, see `trainers.assembly.resolve`.
        run_dir: written as `trainers.runs.folder` describes.
        stop: asks to save and leave, see `trainers.engine.pauses`.
        placement: whose scope this is called in; None means one device.
        resume: continue the run that `run_dir` holds, bit for bit.
        clock: that counts the process's seconds already; None begins one here.
        kept: what runs of other seeds have compiled.

    Raises:
        DivergedError: the loss is not finite; the last good checkpoint is kept.
        PreemptedError: `stop` was requested; the state is saved.
        CheckpointError, ConfigError, DataError, StorageError: as their classes say.
    """
    placement, clock, kept = placement or Placement(), clock or Clock(), kept or Kept()
    # 1. Data, model, optimizer: everything that can be wrong is wrong before a file is written.
    plan, parts, feed, taken, notes = prepared(plan, clock, resume=resume, kept=kept)
    config, own = plan.config, parts.step
    cadence = Cadence.of(config, feed.steps_per_epoch)
    leaving = Leaving(stop, placement)
    path = claimed(placement, run_dir) if isinstance(run_dir, NewFolder) else run_dir
    with RunFolder(path, resume=resume, writes=placement.is_chief) as folder, leaving.asked():
        # 2. Where the run stands: at its newest intact checkpoint, or at step 0.
        clock.turn("saving")
        if resume:
            at = resumed(folder, config, parts, clock, told=plan.told)
        else:
            at = begun(parts, clock, taken)
        saver = Saver(folder, config, parts, at.saved if resume else None)
        # Saved before config.yaml exists, so that whatever can be resumed has a checkpoint.
        saver.save(*at)
        folder.write_splits(rows_text(config, parts.dataset))
        folder.write_config(config)
        leaving.anywhere(_saved(at.step, path, plan))
        replicas.separate_seeds(own.model)
        require_one_start(placement, folder.checkpoints, at.step)
        clock.turn("logging")
        observers = _Observers(plan, parts, folder, feed, at, notes)

        # 3. The loop: many updates a call, and in between only what is due.
        loop, length = kept.loop(parts), CallLength()
        clock.turn("train")
        try:
            with observers.progress, observers.recorder as recorder:
                while True:
                    # What is due: evaluate, save, in this order: saving needs the best.
                    if at.memory.owes_validation:
                        observers.validate(at)
                    if cadence.due(at.step, cadence.checkpoint) or at.memory.best_step == at.step:
                        with clock.part("saving"):
                            saver.save(*at)
                    observers.call_back(at, partial(saver.save, *at))
                    stopped = bool(plan.callbacks) and placement.any(observers.stopped)
                    if stopped or parts.is_over or cadence.ended(at.step, at.memory.best_step):
                        break
                    # All workers stop at one step and call equally many updates: the chief's.
                    most = min(pauses.next_call(length.most), cadence.until_next(at.step))
                    with recorder.profile.call(at.step):
                        call = loop.advance(feed, at.step, most)
                    leaving.at_calls()
                    length.learn(call.updates, call.seconds)
                    at = at.after(call)
                    observers.count(at, call)
                    if cadence.due(at.step, cadence.log) or parts.is_over:
                        at = observers.log_training(at)
                    due = cadence.due(at.step, cadence.evaluate)
                    at.memory.owes_validation = due or parts.is_over

            # 4. The end: what the final and best weights are worth, and the model to take away.
            clock.turn("saving")
            saver.save(*at)
            leaving.anywhere(_saved(at.step, path, plan))
            pauses.next_call()
            look = observers.record_examples
            summary = finish(at, config, parts, folder, recorder, placement, look)
            observers.report(at, summary)
        except StopRequested as asked:
            saver.save(*at)
            placement.barrier()  # nobody leaves before the chief has saved
            raise PreemptedError(_saved(at.step, path, plan)) from asked
        leaving.at_calls()
        observers.end(at, summary)
        return summary


class Prepared(NamedTuple):
    """What is there before a file is written; `taken` is of another run, or None."""

    plan: Plan
    parts: Assembly
    feed: Feed
    taken: dict[str, Any] | None
    notes: list[str]


def prepared(
    plan: Plan,
    clock: Clock,
    *,
    resume: bool = False,
    scratch: bool = False,
    kept: Kept | None = None,
) -> Prepared:
    """Return what a run needs before it writes a file.

    Args:
        plan, clock: what is to be done, and what counts the seconds.
        resume: whether a checkpoint says more of the weights than another run does.
        scratch: leave no prepared data behind.
        kept: what runs of other seeds have put together.

    Raises:
        CheckpointError, ConfigError, DataError, StorageError: as their classes say.
    """
    clock.turn("data")
    dataset, plan, notes = load_data(plan, scratch=scratch)
    clock.turn("build")
    config, parts = plan.config, (kept or Kept()).taken(plan, assemble(plan, dataset))
    seen, varied = weighted(config, plan.problem, dataset), bool(config.augmentation.varied)
    feed = Feed.of(seen, parts.batch_size, config.seed, varied=varied, by_length=parts.buckets)
    taken = None if resume else warm_start(parts.step, config)
    notes = [*notes, *weight_notes(taken, config, parts.step.inspected)]
    return Prepared(plan, parts, feed, taken, notes)


class _Observers:
    """Whoever is told how a run goes: the logs, its problem's hooks, callbacks and the bar.

    Args:
        plan: what is done.
        parts: what it became.
        folder: held by this process; where another one writes, nobody is told.
        feed: whose passes are its epochs.
        at: where the run stands.
        notes: what is said first.
    """

    def __init__(
        self,
        plan: Plan,
        parts: Assembly,
        folder: RunFolder,
        feed: Feed,
        at: Standing,
        notes: list[str],
    ) -> None:
        config, own = plan.config, parts.step
        self._parts, self._steps_per_epoch = parts, feed.steps_per_epoch
        self._folder, self._guarded = folder, Guard()
        clock = self._clock = at.memory.clock
        total = Cadence.of(config, feed.steps_per_epoch).total
        self._best_by = own.monitors[config.best_by == "metric"]
        self._log_test, self._reports = config.log_test, config.report and folder.writes
        self._higher_is_better = self._best_by in plan.problem.higher_is_better
        shown = folder.writes and plan.told
        if shown:
            title = f"{config.model.name} on {config.dataset.name} -> {folder.path}"
            print(*(f"note: {note}" for note in notes), title, sep="\n", file=sys.stderr)
        with clock.part("build"):
            for begin in parts.hooks.begin if folder.writes else ():
                begin(folder.path)
        self.recorder = Recorder(
            folder, config, parts, at.memory, step=at.step, steps_per_epoch=self._steps_per_epoch
        )
        self._callbacks = Callbacks(
            (*plan.callbacks, *tracked(config)) if folder.writes else (),
            model=own.model,
            folder=folder.path,
            config=config,
            length=(total, self._steps_per_epoch),
        )
        self.progress = shown_progress(total, at.step, shown=shown)

    @property
    def stopped(self) -> bool:
        """Whether a callback has asked to end the training."""
        return self._callbacks.stopped

    def validate(self, at: Standing) -> None:
        """Measure the validation split, tell of it, and remember it if it is the best."""
        with self._clock.part("evaluation"):
            splits, measure = self._parts.dataset.splits, self._parts.evaluation.measure
            figures = measure(splits["validation"])
            tested = measure(splits["test"]) if self._log_test else None
        with self._clock.part("logging"):
            self.recorder.log_validation(at.step, figures, self._best_by)
            at.memory.note(at.step, figures[self._best_by], self._higher_is_better)
            self.progress.line(measured_line(at.step, self._steps_per_epoch, figures))
            if tested is not None:
                self.recorder.log_test(at.step, tested)
                at.memory.over_validations.add(at.step, tested)
                self.progress.line(measured_line(at.step, self._steps_per_epoch, tested, "test"))
            self.recorder.call(self._parts.hooks.on_validation, at.step)
        self._callbacks.note("on_validated", figures)

    def count(self, at: Standing, call: Call) -> None:
        """Tell of one compiled call."""
        with self._clock.part("logging"):
            self.recorder.count(call, at.step)
            figures = self._parts.step.figures(at.totals.means)
            speed = None if call.is_first else call.examples / call.seconds
            self.progress.update(at.step, figures, speed)

    def log_training(self, at: Standing) -> Standing:
        """Write one point of the training curves, and return the same step with new totals."""
        with self._clock.part("logging"):
            figures = self.recorder.log_training(at.step, at.totals)
        self._callbacks.note("on_logged", figures)
        return at._replace(totals=Totals(self._parts.step.names))

    def call_back(self, at: Standing, save: Callable[[], None]) -> None:
        """Call the callbacks of all that has happened; `save` is called before one's error."""
        with self._clock.part("logging"):
            self._callbacks.tell(at.step, self._parts.step.weights, save)

    def record_examples(self, step: int) -> None:
        """Keep what the best weights, which the model holds, make of each test example."""
        if self._reports:
            write = partial(record_examples, self._parts, self._folder.path, step)
            self._guarded("the record of the test examples", write)

    def report(self, at: Standing, summary: dict[str, Any]) -> None:
        """Write the run's page, and in the summary how long that took."""
        if not self._reports:
            return
        with self._clock.part("report"):
            self._guarded("the report", partial(write_report, self._folder.path))
        summary["seconds"] = at.memory.seconds
        self._folder.write_summary(summary)

    def end(self, at: Standing, summary: dict[str, Any]) -> None:
        """Tell the callbacks of the best weights' figures."""
        self._callbacks.note("on_end", summary["best"]["test"])
        self.call_back(at, lambda: None)


def _saved(step: int, path: Path, plan: Plan) -> str:
    options = command_line("--run-dir", path, *import_flags(plan.config.imports))
    return (
        f"stopped and saved at step {step}; continue with {plan.goes_on or f'--resume {options}'}"
    )

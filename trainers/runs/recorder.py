"""What a run tells as it goes: metrics.csv, event files, and what its problem shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import configs
from trainers.assembly.assemble import Assembly
from trainers.engine import finite
from trainers.engine.hooks import Moment
from trainers.engine.loop import Call
from trainers.engine.totals import Totals
from trainers.errors import DivergedError
from trainers.inspection.training_probe import Inside, TrainingProbe
from trainers.runs import compatibility
from trainers.runs.cadence import Cadence
from trainers.runs.folder import RunFolder
from trainers.runs.guard import Guard, told_name
from trainers.runs.logs.history import History, Row
from trainers.runs.logs.mending import mended_rows
from trainers.runs.memory import RunMemory
from trainers.runs.tensorboard import hparams
from trainers.runs.tensorboard.event_files import EventFiles
from trainers.runs.tensorboard.profile import Profile
from trainers.timing.speed import Speed

_INSIDE = "the look inside the model"
# What shapes no weights is not in the table of settings, but for what says how long a run is.
_UNTOLD = compatibility.MAY_CHANGE - {"epochs", "steps"}


class Recorder:
    """Writes the logs of one run; in a worker that does not write, it does nothing.

    Args:
        folder: held by this process.
        config: the resolved configuration.
        parts: dataset and step.
        memory: of the run; it gets the history that the logs have.
        step: where the run stands; nothing later stays in the logs.
        steps_per_epoch: updates of one epoch.

    Attributes:
        profile: of some updates, if it was asked for; it decides where calls end.
    """

    def __init__(
        self,
        folder: RunFolder,
        config: configs.Config,
        parts: Assembly,
        memory: RunMemory,
        *,
        step: int,
        steps_per_epoch: int,
    ) -> None:
        self._folder, self._parts, self._steps_per_epoch = folder, parts, steps_per_epoch
        self._memory = memory
        self._every = Cadence.of(config, steps_per_epoch).evaluate
        self._trained: dict[str, float] = {}
        self._step = step
        self._with_histograms = config.histograms
        self._speed = Speed()
        self._guarded = Guard()
        self.profile = Profile(config, folder.path if folder.writes else None, self._guarded)
        if not folder.writes:
            return
        self._events = EventFiles(folder.path, step, with_test=config.log_test)
        rows = mended_rows(
            folder.path / "metrics.csv", memory.recorded, self._events.found, step, steps_per_epoch
        )
        memory.history = History(rows)
        folder.open_metrics(rows)
        self._events.begin(rows)
        row = partial(self._events.started, hparams.settings(configs.to_dict(config), _UNTOLD))
        self._guarded("the row of HParams", row)
        diagnosed = parts.supervised.risk if config.diagnostics else None
        train = parts.dataset.splits["train"]
        probe = partial(TrainingProbe, parts.step, train, diagnosed, histograms=config.histograms)
        self._probe = self._guarded(_INSIDE, probe)
        page = partial(self._events.text, "config", f"```yaml\n{configs.to_yaml(config)}```", 0)
        self._guarded("the configuration's page", page)
        if self._probe is not None:
            graph = partial(self._events.graph, parts.step, self._probe.batch)
            self._guarded("the graph", graph)

    def count(self, call: Call, step: int) -> None:
        """Count one compiled call, after which `step` updates are done."""
        self.profile.reached(step)
        self._speed.count(call.examples, call.seconds, call.input_seconds, is_first=call.is_first)

    def log_training(self, step: int, totals: Totals) -> dict[str, float]:
        """Write one point of the training curves, with the inside of the model; return it."""
        if not self._folder.writes:
            return {}
        own, inside = self._parts.step, self._look()
        speed = self._speed.examples_per_second
        if speed is None:  # the first call after a start alone: the run has a speed of before
            speed = self._memory.speed.examples_per_second
        figures = {
            **own.figures(totals.means),
            "learning_rate": own.weights.learning_rate,
            **own.weights.figures(step),
            **({} if speed is None else {"examples_per_second": speed}),
            **inside.figures,
        }
        self._speed = Speed()
        self._write("train", figures, step)
        self._trained = figures
        if self._with_histograms:
            write = partial(self._events.histograms, inside.histograms, step)
            self._guarded("the histograms", write)
        return figures

    def log_validation(self, step: int, figures: dict[str, float], chosen_by: str) -> None:
        """Write one point of the validation curves.

        Args:
            step: updates done.
            figures: of the validation split.
            chosen_by: the one that decides which weights are the best.

        Raises:
            DivergedError: that one is not finite; in every worker.
        """
        finite.require_figure(figures, chosen_by, step)
        self._write("validation", figures, step)
        if self._folder.writes and self._trained:
            charts = partial(self._events.charts, self._trained, figures, step)
            self._guarded("the layout of the charts", charts)

    def log_test(self, step: int, figures: dict[str, float]) -> None:
        """Write one point of the test curves, from which nothing is chosen."""
        self._write("test", figures, step)

    def call(self, hooks: Sequence[Callable[[Moment], None]], step: int) -> None:
        """Call a problem's hooks, with the weights in the model that are validated.

        One that fails is told of, and the run goes on.
        """
        if not self._folder.writes:
            return
        with self._parts.step.weights.averaged():
            model, validation = self._parts.step.model, -(-step // self._every)
            for hook in hooks:
                moment = Moment(self._folder.path, self._events, step, model, validation)
                self._guarded(told_name(hook), partial(hook, moment))

    def close(
        self, page: str, markdown: str, step: int, best: dict[str, dict[str, float]], best_step: int
    ) -> None:
        """Finish the event files with a page of text.

        Args:
            page: its name.
            markdown: what it says.
            step: updates done.
            best: figures of the best weights by split.
            best_step: the updates after which they were these.
        """
        if not self._folder.writes:
            return
        self._guarded(f"the page {page}", partial(self._events.text, page, markdown, step))
        self._guarded("the best figures", partial(self._events.best, best, best_step))
        self._end(step, well=True)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.profile.end()
        # A run that was stopped goes on some day; one that has diverged does not.
        if self._folder.writes and isinstance(error, DivergedError):
            self._end(self._step, well=False)

    def _end(self, step: int, *, well: bool) -> None:
        self._guarded("the row of HParams", partial(self._events.ended, step, well=well))
        self._guarded("the event files' end", self._events.close)

    def _look(self) -> Inside:
        seen = self._guarded(_INSIDE, self._probe.look) if self._probe is not None else None
        return seen or Inside({}, {})

    def _write(self, split: str, figures: dict[str, float], step: int) -> None:
        self._step = step
        if not self._folder.writes:
            return
        epoch = step / self._steps_per_epoch
        history = self._memory.history = self._memory.history or History()
        rows = [Row.of(step, epoch, split, name, value) for name, value in figures.items()]
        for row in rows:
            history.add(row)
        self._folder.write_metrics(rows)
        curves = partial(self._events.scalars, split, figures, step)
        self._guarded("the curves in TensorBoard", curves)

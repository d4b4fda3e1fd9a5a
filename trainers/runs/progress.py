"""Progress on long work: a bar in a terminal, a line per validation elsewhere."""

from __future__ import annotations

import html
import os
import sys
import time
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from trainers.objectives import metrics

# In a narrower terminal the bar would take the room of the figures.
_NARROW = 60
# In a notebook.
_REDRAWN_SECONDS, _SHOWN_LINES = 0.2, 10


class _WholeWords:
    """As many of some words as have room on one line, and no part of another."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        line = ""
        for word in self._words:
            longer = f"{line}  {word}" if line else word
            if cell_len(longer) > options.max_width:
                break
            line = longer
        yield Text(line, no_wrap=True)

    def __rich_measure__(self, _: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(0, options.max_width)


class _Figures(ProgressColumn):
    def render(self, task: Task) -> RenderableType:
        return _WholeWords(task.fields["words"])


class _OneLine(Progress):
    """A bar that takes one line of a terminal, whatever its width is by now."""

    def __init__(self, console: Console, *, disable: bool) -> None:
        self._terminal = console  # the parent asks for its renderables before it keeps its own
        super().__init__(console=console, disable=disable, expand=True)

    def get_renderables(self) -> Iterable[RenderableType]:
        self.columns = _columns(self._terminal.width)
        yield self.make_tasks_table(self.tasks)


def _columns(width: int) -> tuple[ProgressColumn, ...]:
    count = MofNCompleteColumn(table_column=Column(no_wrap=True))
    figures = _Figures(table_column=Column(no_wrap=True, ratio=1))
    left = TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True))
    if width < _NARROW:
        return count, figures, left
    return BarColumn(bar_width=width // 5), count, figures, left


def redraws() -> bool:
    """Return whether standard error is a terminal in which a line can be drawn again.

    What is written to a file or by a build server is read as a log; FORCE_COLOR asks for colours
    there, not for a line that is overwritten.
    """
    dumb = os.environ.get("TERM", "dumb").lower() in ("", "dumb", "unknown")
    return sys.stderr.isatty() and not dumb and not os.environ.get("CI")


class TrainingProgress:
    """Show how far a run is; use as a context.

    Args:
        total_steps: updates of the whole run.
        first_step: where a resumed run starts.
        shown: False in a worker that leaves the telling to the chief.
    """

    def __init__(self, total_steps: int, first_step: int, *, shown: bool = True) -> None:
        self._shown, self._redraws = shown, shown and redraws()
        console = Console(stderr=True, highlight=False)
        self._bar = _OneLine(console, disable=not self._redraws)
        self._task = self._bar.add_task(
            "step", total=total_steps, completed=first_step, words=["compiling"]
        )

    def __enter__(self) -> TrainingProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(
        self, step: int, figures: dict[str, float], examples_per_second: float | None
    ) -> None:
        """Move the bar to `step`; None is a speed that is not known yet."""
        words = [*_shown_figures(figures), *_shown_speed(examples_per_second)]
        self._bar.update(self._task, completed=step, words=words)

    def line(self, text: str) -> None:
        """Print a line above the bar, or to standard error where nothing is drawn again."""
        if self._redraws:
            self._bar.console.print(text, markup=False)
        elif self._shown:
            print(text, file=sys.stderr, flush=True)


class NotebookProgress(TrainingProgress):
    """The same in a notebook: a bar that is drawn again in its cell, above the last validations."""

    def __init__(self, total_steps: int, first_step: int) -> None:
        super().__init__(total_steps, first_step, shown=False)
        self._total, self._step, self._words = total_steps, first_step, "compiling"
        self._lines: list[str] = []
        self._drawn = 0.0

    def __enter__(self) -> NotebookProgress:
        from IPython.display import display

        self._handle = display(self, display_id=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._draw()

    def update(
        self, step: int, figures: dict[str, float], examples_per_second: float | None
    ) -> None:
        """Move the bar to `step`, a few times a second at most."""
        self._step = step
        self._words = "  ".join([*_shown_figures(figures), *_shown_speed(examples_per_second)])
        if time.monotonic() - self._drawn > _REDRAWN_SECONDS:
            self._draw()

    def line(self, text: str) -> None:
        """Show a line below the bar, with the last ones before it."""
        self._lines = [*self._lines, text][-_SHOWN_LINES:]
        self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        self._handle.update(self)

    def _repr_html_(self) -> str:
        lines = "\n".join(html.escape(line) for line in self._lines)
        return (
            f'<progress value="{self._step}" max="{self._total}"></progress> '
            f"{self._step:,}/{self._total:,}&ensp;{html.escape(self._words)}<pre>{lines}</pre>"
        )

    def __repr__(self) -> str:
        return "\n".join([f"{self._step}/{self._total}  {self._words}", *self._lines])


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    if "ipykernel" not in sys.modules:  # Keras imports IPython itself in every program
        return False
    import IPython

    return hasattr(IPython.get_ipython(), "kernel")


def progress(total_steps: int, first_step: int, *, shown: bool) -> TrainingProgress:
    """Return what shows how far a run is, wherever that is looked at; see `TrainingProgress`."""
    if shown and in_notebook():
        return NotebookProgress(total_steps, first_step)
    return TrainingProgress(total_steps, first_step, shown=shown)


def format_figures(figures: dict[str, float]) -> str:
    """Return e.g. "loss 0.4123  accuracy 0.9100", without details that no line has room for."""
    return "  ".join(_shown_figures(figures))


def _shown_figures(figures: dict[str, float]) -> list[str]:
    return [f"{name} {value:.4f}" for name, value in figures.items() if not metrics.is_detail(name)]


def _shown_speed(examples_per_second: float | None) -> list[str]:
    return [] if examples_per_second is None else [f"{examples_per_second:,.0f}/s"]


def measured_line(
    step: int, steps_per_epoch: int, figures: dict[str, float], split: str = "validation"
) -> str:
    """Return what is told of a split that was measured after `step` updates."""
    return f"epoch {step / steps_per_epoch:.3g}  step {step}  {split}  {format_figures(figures)}"

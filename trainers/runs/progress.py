"""Progress on long work: a bar in a terminal, a line per validation elsewhere."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from trainers.objectives import metrics


class _Figures(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(task.fields.get("figures", ""))


class TrainingProgress:
    """Show how far a run is; use as a context.

    Args:
        total_steps: updates of the whole run.
        first_step: where a resumed run starts.
        shown: False in a worker that leaves the telling to the chief.
    """

    def __init__(self, total_steps: int, first_step: int, *, shown: bool = True) -> None:
        self._shown = shown
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total}"),
            _Figures(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=self._console,
            disable=not (shown and self._console.is_terminal),
        )
        self._task = self._bar.add_task(
            "step", total=total_steps, completed=first_step, figures="compiling"
        )

    def __enter__(self) -> TrainingProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, step: int, figures: dict[str, float], examples_per_second: float) -> None:
        """Move the bar to `step`."""
        text = f"{format_figures(figures)}  {examples_per_second:,.0f} examples/s"
        self._bar.update(self._task, completed=step, figures=text)

    def line(self, text: str) -> None:
        """Print a line above the bar, or to standard error where there is no terminal."""
        if not self._shown:
            return
        if self._console.is_terminal:
            self._bar.console.print(text)
        else:
            print(text, file=sys.stderr, flush=True)


def format_figures(figures: dict[str, float]) -> str:
    """Return e.g. "loss 0.4123  accuracy 0.9100", without details that no line has room for."""
    return "  ".join(
        f"{name} {value:.4f}" for name, value in figures.items() if not metrics.is_detail(name)
    )


def validation_line(step: int, steps_per_epoch: int, figures: dict[str, float]) -> str:
    """Return what is told of a validation after `step` updates."""
    return f"epoch {step / steps_per_epoch:.3g}  step {step}  validation  {format_figures(figures)}"

"""What a run remembers and tells as it goes: best figure, seconds, logs, checkpoints."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import configs
import datasets
from trainers import checkpoints, diagnostics, loss_scale, metrics, state
from trainers.assembly import Assembly
from trainers.checkpoints import Checkpoint
from trainers.errors import DivergedError
from trainers.hessian_spectrum import HessianSpectrum
from trainers.hooks import Moment
from trainers.loop import Totals
from trainers.penalty import L2Penalty
from trainers.progress import format_figures
from trainers.run_folder import RunFolder
from trainers.steps import Batch
from trainers.summaries import Probe, Summaries

_PROBE_EXAMPLES = 256


class Journal:
    """Keeps a run's memory, and writes metrics.csv, event files and checkpoints.

    Args:
        config: the resolved configuration.
        parts: dataset and step.
        folder: held by this process.
    """

    def __init__(self, config: configs.Config, parts: Assembly, folder: RunFolder) -> None:
        self._config, self._parts, self._folder = config, parts, folder
        self.saved_step = -1
        self.best_step: int | None = None
        self.best_value: float | None = None
        self._earlier_seconds = 0.0
        self.step_seconds, self.examples = 0.0, 0
        self._interval_seconds, self._interval_examples = 0.0, 0
        self._steps_per_epoch = 1
        self._started = time.perf_counter()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Remember what the checkpoint's run knew."""
        memory = checkpoint.metadata["memory"]
        self.best_step, self.best_value = memory["best_step"], memory["best_value"]
        self._earlier_seconds = memory["train_seconds"]
        self.step_seconds, self.examples = memory["step_seconds"], memory["examples"]
        self.saved_step = checkpoint.step

    @property
    def train_seconds(self) -> float:
        """Wall time so far over all resumes, with logging, validation and saving."""
        return self._earlier_seconds + time.perf_counter() - self._started

    def open(self, step: int, steps_per_epoch: int) -> None:
        """Open the logs, without anything later than `step`."""
        self._steps_per_epoch = steps_per_epoch
        if not self._folder.writes:
            return
        names = f"{self._config.model.name} on {self._config.dataset.name}"
        print(f"{names} -> {self._folder.path}", file=sys.stderr)
        self._folder.open_metrics(step)
        self._summaries = Summaries(self._folder.path, step)
        train = self._parts.dataset.splits["train"]
        first = np.arange(min(_PROBE_EXAMPLES, train.size), dtype=np.int32)
        batch = Batch(*next(iter(datasets.chunks(train, first, _PROBE_EXAMPLES))))
        self._probe = Probe(self._parts.step, batch)
        if self._config.diagnostics:
            supervised = self._parts.supervised
            model, loss = supervised.model, supervised.loss
            penalty = L2Penalty(model.trainable_variables, self._config.loss.l2)
            self._functions = diagnostics.activation_names(model)
            self._spectrum = HessianSpectrum(model, loss, penalty, batch)
        if step == 0:
            self._summaries.text("config", f"```yaml\n{configs.to_yaml(self._config)}```")
            self._summaries.graph(self._parts.step, self._probe.batch)

    def count(self, examples: int, seconds: float) -> None:
        """Count the examples and seconds of one compiled call."""
        self.examples += examples
        self.step_seconds += seconds
        self._interval_examples += examples
        self._interval_seconds += seconds

    def log_training(self, step: int, totals: Totals) -> None:
        """Write one point of the training curves, with the inside of the model."""
        if not self._folder.writes:
            return
        histograms, gradient_norm = self._probe.histograms()
        figures = {
            **self._parts.step.figures(totals.means),
            "learning_rate": float(self._parts.step.learning_rate),
            "gradient_norm": gradient_norm,
            **loss_scale.figures(getattr(self._parts.step, "optimizer", None), step),
            "examples_per_second": self._interval_examples / max(self._interval_seconds, 1e-9),
        }
        self._interval_seconds, self._interval_examples = 0.0, 0
        if self._config.diagnostics:
            figures |= diagnostics.diagnose(histograms, self._functions)
            figures |= self._spectrum.figures()
        self._write("train", figures, step)
        if self._config.histograms:
            self._summaries.histograms(histograms, step)

    def log_validation(self, step: int, figures: dict[str, float]) -> str:
        """Write one point of the validation curves, update the best, and return a line to show."""
        name = self._parts.step.monitors[self._config.best_by == "metric"]
        if not math.isfinite(figures[name]):
            raise DivergedError(
                f"the validation's {name} is not finite after step {step}; the last good "
                "checkpoint is kept: lower --learning-rate or set --clip-norm"
            )
        self._write("validation", figures, step)
        value = figures[name]
        sign = 1 if metrics.higher_is_better(name) else -1
        if self.best_value is None or sign * value > sign * self.best_value:
            self.best_step, self.best_value = step, value
        epoch = step / self._steps_per_epoch
        return f"epoch {epoch:.3g}  step {step}  validation  {format_figures(figures)}"

    def is_best(self, step: int) -> bool:
        """Return whether the best figure so far was measured at `step`."""
        return self.best_step == step

    def save(self, step: int, totals: Totals) -> None:
        """Write a checkpoint of this step, unless it is already the newest one."""
        if step == self.saved_step:
            return
        # In every worker, so that all of them end alike where a weight is not finite.
        arrays = state.capture(self._parts.step, totals, step)
        if not self._folder.writes:
            self.saved_step = step
            return
        metadata: dict[str, Any] = {
            "config": configs.to_dict(self._config),
            "dataset_fingerprint": self._parts.dataset.fingerprint,
            "best_step": self.best_step,
            "memory": {
                "best_step": self.best_step,
                "best_value": self.best_value,
                "train_seconds": self.train_seconds,
                "step_seconds": self.step_seconds,
                "examples": self.examples,
            },
        }
        checkpoint = Checkpoint(step, arrays, metadata)
        checkpoints.save(self._folder.checkpoints, checkpoint, keep=self._config.keep_checkpoints)
        self.saved_step = step

    def call(self, hooks: Sequence[Callable[[Moment], None]], step: int) -> None:
        """Call a problem's hooks, with the weights in the model that are validated."""
        if not self._folder.writes:
            return
        with self._parts.step.averaged():
            for hook in hooks:
                hook(Moment(self._folder.path, self._summaries, step))

    def close(self) -> None:
        """Finish the event files."""
        if self._folder.writes:
            self._summaries.close()

    def _write(self, split: str, figures: dict[str, float], step: int) -> None:
        if not self._folder.writes:
            return
        self._folder.write_metrics(step, step / self._steps_per_epoch, split, figures)
        self._summaries.scalars(split, figures, step)

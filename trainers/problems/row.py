"""What is known of a learning problem before TensorFlow is there: a row of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import configs
from trainers.objectives.losses import fitting, resolve
from zoo import Option


@dataclass(frozen=True)
class Problem:
    """One row.

    Args:
        module: has `make(plan, dataset, model, make_optimizer)`, see `trainers.problems.parts`.
        dataset_task: the task of the datasets that it learns from.
        headline: the test figure that stands for a run, e.g. in the README's table.
        predicts: "classes" or "numbers" where it minimizes a loss of outputs and targets.
        own_losses: the losses that it computes itself, the usual one first.
        higher_is_better: its figures that are.
        beside: figures that say little alone, each with the figure to compare it with and what
            that is of, as in "of random actions".
        options: settings of the problem, given as `--problem.NAME`.
        distributes: whether its step shares a batch among replicas.
        varies_pictures: whether its step varies training pictures, see `trainers.augmentation`.
        calls_python: whether an update calls Python from inside the graph, which XLA cannot.
        answers: what the exported model makes of its outputs, a kind of `zoo.preparation.answers`,
            or "targets" for what the data say of theirs; None exports the model as it is.
    """

    module: str
    dataset_task: str
    headline: str
    predicts: str | None = None
    own_losses: tuple[str, ...] = ()
    higher_is_better: tuple[str, ...] = ()
    beside: tuple[tuple[str, str, str], ...] = ()
    options: tuple[Option, ...] = ()
    distributes: bool = False
    varies_pictures: bool = False
    calls_python: bool = False
    answers: str | None = None

    @property
    def supervised(self) -> bool:
        """Whether it minimizes a loss between outputs and targets, example by example."""
        return self.predicts is not None

    @property
    def losses(self) -> list[str]:
        """The names that `--loss` takes beside "auto", the usual one first."""
        return list(self.own_losses) if self.predicts is None else fitting(self.predicts)

    def loss(self, name: str, task: str, output_activation: str = "linear") -> str:
        """Return the loss that `name` means, see `trainers.objectives.losses.resolve`.

        Raises:
            ConfigError: it does not fit the task, or the outputs do not.
        """
        # What sigmoid outputs can reach, `trainers.assembly.data` compares with the targets.
        if self.predicts == "numbers" and output_activation not in ("linear", "sigmoid"):
            raise configs.ConfigError(
                f"output_activation is {output_activation!r}, which bounds what a model of {task} "
                "can predict; use --model.output-activation linear"
            )
        return resolve(name, task, self.losses, output_activation, from_table=self.supervised)

"""`python -m trainers.run --model lstm`: train a registered model."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from trainers import command_line
from trainers.cluster import from_environment, slurm_tasks
from trainers.errors import PreemptedError, run_main
from trainers.run_folder import default_path, refuse_existing
from trainers.signals import StopSignals

if TYPE_CHECKING:
    from trainers.assembly import Assembly


def main(argv: list[str]) -> None:
    """Resolve the command line and do what it asks. TensorFlow is imported only to train."""
    if "--help" in argv or "-h" in argv:
        print(command_line.help_text(argv))
        return
    with StopSignals() as stop:
        invocation = command_line.parse(argv)
        if invocation.print_config:
            sys.stdout.write(configs.to_yaml(invocation.config))
            return
        run_dir = invocation.run_dir or default_path(invocation.config.model.name)
        if invocation.dry_run:
            dry_run(invocation.config, stop)
            return
        if not invocation.resume and not may_follow():
            refuse_existing(run_dir)  # before TensorFlow is waited for
        import trainers.quiet  # noqa: F401  (before anything that imports TensorFlow)
        from trainers.assembly import resolve
        from trainers.environment import emulates_bfloat16
        from trainers.outcome import describe
        from trainers.placement import place
        from trainers.train import train

        if stop.requested:
            raise PreemptedError("stopped before the run began; nothing was written")
        config = resolve(invocation.config)
        placement = place(config, stop)
        if placement.is_chief and config.precision == "mixed_bfloat16" and emulates_bfloat16():
            print(
                "warning: this processor has no instructions for bfloat16 (AVX512-BF16 or AMX), "
                "so --precision float32 is likely to be faster",
                file=sys.stderr,
            )
        with placement.scope():
            summary = train(config, run_dir, stop, placement, resume=invocation.resume)
        if placement.is_chief:
            print(describe(summary, config, run_dir))


def dry_run(config: configs.Config, stop: StopSignals) -> None:
    """Build, train two steps, evaluate, and leave nothing behind."""
    import trainers.quiet  # noqa: F401
    from trainers.placement import place

    with place(config, stop).scope():
        _two_steps(config)


def _two_steps(config: configs.Config) -> None:
    from trainers.assembly import assemble, load_dataset, resolve
    from trainers.feed import Feed
    from trainers.loop import Loop, Totals
    from trainers.progress import format_figures

    config = resolve(config)
    parts: Assembly = assemble(config, load_dataset(config, scratch=True))
    feed = Feed.of(parts.dataset, parts.batch_size, config.seed)
    for begin in parts.hooks.begin:
        begin(None)
    totals, loop, step = Totals(parts.step.names), Loop(parts.step, parts.mode), 0
    while step < 2:
        stretch = feed.stretch(step, 2 - step)
        sums, weight, _ = loop.run(*stretch)
        totals.add(sums, weight)
        step += stretch.length
    values = parts.evaluation.measure(parts.dataset.splits["validation"])
    print(f"two steps of {config.model.name}: {format_figures(parts.step.figures(totals.means))}")
    print(f"validation: {format_figures(values)}")
    print(
        f"{parts.step.model.count_params():,} parameters, compiled as {parts.mode}; wrote nothing"
    )


def may_follow() -> bool:
    """Return whether this process may be a worker that leaves all writing to another, the chief."""
    if os.environ.get("TF_CONFIG"):
        cluster = from_environment()
        return cluster is not None and cluster.index > 0
    return slurm_tasks() > 1


def run_dir_argument(text: str) -> Path:
    """Return a run folder named on a command line.

    Raises:
        ConfigError: there is no run in it.
    """
    path = Path(text)
    if not (path / "config.yaml").is_file():
        raise configs.ConfigError(
            f"{text} is not a run folder: it has no config.yaml; runs are under runs/ by default"
        )
    return path


if __name__ == "__main__":
    run_main(main)

"""`python -m trainers.run --model lstm`: train a registered model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from trainers.assembly.resolve import require_known_data, resolve
from trainers.cli import run_arguments
from trainers.cli.exit import run_main
from trainers.cli.run_parser import completion
from trainers.distribution.cluster import may_follow
from trainers.distribution.requested import requested_cluster
from trainers.distribution.signals import StopSignals
from trainers.errors import DivergedError
from trainers.problems.plan import Plan
from trainers.rate_range.command import find, require_meaning
from trainers.runs.folder import NewFolder, refuse_existing
from trainers.seeds.command import is_asked, new_folder, planned
from trainers.seeds.folder import Sweep, saved_values
from trainers.timing.clock import Clock
from trainers.timing.process import age_seconds
from trainers.tracking.chosen import names_of
from trainers.warm_start.source import require_source
from zoo.process import chatter

if TYPE_CHECKING:
    from trainers.distribution.placement import Placement


def main(argv: list[str]) -> None:
    """Resolve the command line and do what it asks. TensorFlow is imported only to train."""
    clock = Clock("import", age_seconds())
    if "--help" in argv or "-h" in argv:
        print(run_arguments.help_text(argv, lambda config: resolve(config).config))
        return
    with StopSignals() as stop:
        stop.may_leave("stopped before the run began; nothing was written")
        invocation = run_arguments.parse(argv, saved_values)
        if invocation.shell:
            names = invocation.config.model.name, invocation.config.optimizer.name
            print(completion(*names, invocation.shell))
            return
        plan = resolve(invocation.config, invocation.typed)
        require_known_data(plan, saved=invocation.resume)
        if plan.config.init_from is not None and not invocation.resume:
            require_source(plan.config.init_from)
        names_of(plan.config)
        requested_cluster(plan.config)
        if not may_follow():
            for note in invocation.notes:
                print(f"note: {note}", file=sys.stderr)
        if invocation.print_config:
            sys.stdout.write(configs.to_yaml(plan.config))
            return
        if invocation.dry_run:
            dry_run(plan, stop)
            return
        if invocation.lr_find:
            require_meaning(invocation, plan)
            find(invocation, plan, stop, argv)
            return
        several = planned(invocation, plan) if is_asked(invocation) else None
        if invocation.run_dir and not invocation.resume and not may_follow():
            refuse_existing(invocation.run_dir)  # before TensorFlow is waited for
        chatter.expect(plan.config.precision)
        import trainers.cli.quiet  # noqa: F401  (before anything that imports TensorFlow)
        from trainers.distribution.place import place
        from trainers.runs.provenance import emulates_bfloat16
        from trainers.runs.summary import summary_text
        from trainers.train import train

        placement = place(plan.config, stop, shares_batches=plan.shares_batches)
        if placement.is_chief and plan.config.precision == "mixed_bfloat16" and emulates_bfloat16():
            print(
                "warning: this processor has no instructions for bfloat16 (AVX512-BF16 or AMX), "
                "so --precision float32 is likely to be faster",
                file=sys.stderr,
            )
        if several is not None:
            _train_seeds(*several, invocation.run_dir, placement, stop, clock)
            return
        folder = invocation.run_dir or NewFolder(plan.config.model.name)
        with placement.scope():
            summary = train(plan, folder, stop, placement, resume=invocation.resume, clock=clock)
        if placement.is_chief:
            path = folder.path if isinstance(folder, NewFolder) else folder
            print(summary_text(summary, plan.config, path))


def _train_seeds(
    plan: Plan,
    sweep: Sweep,
    anew: bool,
    run_dir: Path | None,
    placement: Placement,
    stop: StopSignals,
    clock: Clock,
) -> None:
    """Train with each seed and print what all of them have reached.

    Raises:
        DivergedError: one of them has diverged; the others have ended.
    """
    from trainers.seeds.summary import summary_text
    from trainers.seeds.training import train_seeds

    folder = run_dir or new_folder(plan.config.model.name)
    with placement.scope():
        values = train_seeds(plan, sweep, folder, stop, placement, anew=anew, clock=clock)
    print(summary_text(values, folder))
    if values["diverged"]:
        told = ", ".join(values["diverged"])
        raise DivergedError(f"seed {told} of {len(sweep.seeds)} diverged; the others have ended")


def dry_run(plan: Plan, stop: StopSignals) -> None:
    """Build, train two steps, evaluate, and leave nothing behind.

    Raises:
        DivergedError: what the run would end with by then: a loss, a weight or the figure that
            chooses weights is not finite.
    """
    chatter.expect(plan.config.precision)
    import trainers.cli.quiet  # noqa: F401
    from trainers.distribution.place import place

    with place(plan.config, stop, shares_batches=plan.shares_batches).scope():
        stop.may_leave("stopped; nothing was written")
        _two_steps(plan)


def _two_steps(plan: Plan) -> None:
    from trainers.engine import finite
    from trainers.engine.loop import Loop
    from trainers.engine.totals import Totals
    from trainers.runs.progress import format_figures
    from trainers.train import prepared

    plan, parts, feed, _, notes = prepared(plan, Clock(), scratch=True)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    for begin in parts.hooks.begin:
        begin(None)
    loop, totals, done = Loop(parts.step, parts.mode), Totals(parts.step.names), 0
    while done < 2:
        call = loop.advance(feed, done, 2 - done)
        finite.require_loss(call, saved=False)
        totals.add(call.sums, call.weight)
        done += call.updates
    finite.require_weights(parts.step, done, saved=False)
    values = parts.evaluation.measure(parts.dataset.splits["validation"])
    chosen_by = parts.step.monitors[plan.config.best_by == "metric"]
    finite.require_figure(values, chosen_by, done, saved=False)
    shown = format_figures(parts.step.figures(totals.means))
    print(f"two steps of {plan.config.model.name}: {shown}")
    print(f"validation: {format_figures(values)}")
    print(
        f"{parts.step.model.count_params():,} parameters, compiled as {parts.mode}; wrote nothing"
    )


if __name__ == "__main__":
    run_main(main)

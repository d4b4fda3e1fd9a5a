"""What `trainers.run --lr-find` does: a picture, a table, a suggestion; nothing is trained."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence

import configs
from trainers.cli.run_arguments import Invocation
from trainers.distribution.signals import StopSignals
from trainers.errors import DivergedError
from trainers.problems.plan import Plan
from trainers.runs.folder import claim, new_path, refuse_existing
from zoo.process import chatter
from zoo.process.shell import command_line, shown

_PICTURE, _TABLE = "lr_find.png", "lr_find.csv"


def require_meaning(invocation: Invocation, plan: Plan) -> None:
    """Raise `ConfigError` where no range of rates can be tried."""
    name, rule = plan.config.model.name, plan.config.optimizer.name
    if invocation.resume:
        raise configs.ConfigError(
            "--lr-find trains a fresh model, and --resume goes on with a run; leave one out"
        )
    if invocation.seeds:
        raise configs.ConfigError("--lr-find and --seeds are given; leave one of them out")
    if plan.optimizer.second_order:
        raise configs.ConfigError(
            f"--lr-find is for first-order rules: {rule!r} searches along each step for its length"
        )
    if not plan.problem.losses:
        raise configs.ConfigError(
            f"--lr-find needs a loss that falls as a model learns, which {name!r} has none of; "
            'try rates by `python -m trainers.tune --search "learning_rate=log(1e-5,1e-2)"`'
        )
    by_step = plan.config.model.output_activation == "step"
    if by_step or plan.config.loss.name == "perceptron":
        raise configs.ConfigError(
            f"--lr-find tells nothing of the perceptron's rule, by which {name!r} learns: from "
            "weights of zero the rate only scales them, and changes no answer"
        )
    if invocation.run_dir is not None:
        refuse_existing(invocation.run_dir)


def find(invocation: Invocation, plan: Plan, stop: StopSignals, argv: Sequence[str]) -> None:
    """Measure, write the picture and the table, and print what is suggested.

    Raises:
        DivergedError: the first loss is not finite.
        StorageError: the folder cannot be written.
    """
    chatter.expect(plan.config.precision)
    import trainers.cli.quiet  # noqa: F401
    from trainers.distribution.place import place
    from trainers.rate_range.measurement import measured
    from trainers.rate_range.picture import draw, write_table

    config = dataclasses.replace(plan.config, strategy="one_device", replicas=None)
    placement = place(config, stop, shares_batches=False)
    stop.may_leave("stopped; nothing was written")
    with placement.scope():
        curve = measured(dataclasses.replace(plan, config=config), stop)
    if not len(curve.rates):
        raise DivergedError("the loss is not finite before the first update; look at the data")
    name = f"{config.model.name}-rates"
    folder = invocation.run_dir or new_path(name, *claim(name))
    folder.mkdir(parents=True, exist_ok=True)
    title = f"{config.model.name} on {config.dataset.name}, {config.optimizer.name}"
    draw(curve, title, folder / _PICTURE)
    write_table(curve, folder / _TABLE)
    rate, loss = curve.rates[curve.least], curve.smoothed[curve.least]
    print(
        f"tried     {len(curve.rates)} updates, rates from {curve.rates[0]:.1g} to "
        f"{curve.rates[-1]:.2g}"
    )
    print(f"least     a smoothed loss of {loss:.4g}, at {rate:.2g}")
    if curve.suggestion is None:
        print("suggested none: the loss has not fallen at any rate")
    else:
        print(f"suggested {curve.suggestion:g}, a tenth of that")
    print(f"look      {shown(folder / _PICTURE)}, {_TABLE}")
    if curve.suggestion is not None:
        words = [*_others(argv), "--learning-rate", f"{curve.suggestion:g}"]
        print(f"train     {command_line('python -m trainers.run', *words)}")
    sys.stdout.flush()


def _others(argv: Sequence[str]) -> list[str]:
    """Return the words that were typed, without those that the training does not need."""
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        flag = word.partition("=")[0].replace("_", "-")
        if flag == "--lr-find":
            continue
        if flag in ("--learning-rate", "--optimizer.learning-rate", "--run-dir"):
            if "=" not in word:
                next(words, None)
            continue
        rest.append(word)
    return rest

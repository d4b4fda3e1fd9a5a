"""`python -m trainers.evaluate RUN [RUN ...]`: measure saved weights, of several runs together."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import configs
import datasets
from trainers.assembly.resolve import require_known_data, require_task, resolve
from trainers.cli.exit import run_main
from trainers.cli.parser import add_places, command_parser, parse_command, places
from trainers.pretrained.weights import HELP, require_folder, saved_config_of, typed_run
from trainers.problems.plan import Plan
from zoo.process import chatter
from zoo.process.shell import typed_path

if TYPE_CHECKING:
    from trainers.runs.opened import OpenedRun
    from zoo import WeightsCard

# They tell how other data are read; the run's own are read as they were.
_OF_OTHERS = ("target", "encoding")


def main(argv: list[str]) -> None:
    """Print the figures of one split as `name value` lines, or as JSON with `--json`."""
    parser = command_parser(
        "evaluate",
        "Measure a run's saved weights on one split, or on other data; those of several runs each "
        "alone and together, by a vote and by the mean of what they say.",
    )
    parser.add_argument("run_dir", type=str, nargs="+", metavar="RUN", help=HELP)
    parser.add_argument(
        "--split",
        type=Literal["train", "validation", "test"],
        default="test",
        help="what is measured on",
    )
    parser.add_argument(
        "--checkpoint",
        type=Literal["best", "newest"],
        default="best",
        help="the weights: best on validation, or newest",
    )
    parser.add_argument(
        "--dataset",
        type=str,
        metavar="NAME",
        help="other data, which lie at --data-path or --data-dir: of images, table, arrays and "
        "text all, if they are not divided, of other datasets the split",
    )
    parser.add_argument(
        "--target", type=str, metavar="COLUMN", help="of the other table (default: the run's)"
    )
    parser.add_argument(
        "--encoding", type=str, metavar="NAME", help="of the other table or text, e.g. cp1252"
    )
    add_places(parser)
    parser.add_argument(
        "--all-classes", action="store_true", help="show every class, not only the worst of many"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    members = {each: _resolved(each, arguments) for each in arguments.run_dir}
    if len(members) > 1 or len(arguments.run_dir) > 1:
        _measure_together(members, arguments)
        return
    ((run_dir, plan),) = members.values()

    import trainers.cli.quiet  # noqa: F401
    from trainers.predictions.details import details
    from trainers.predictions.tables import table

    run, split, name = _opened(run_dir, plan, arguments)
    values = run.parts.evaluation.measure(split)
    found = details(run.parts, split)
    if arguments.json:
        more = found.as_json() if found else {}
        print(json.dumps({"split": name, "step": run.step, **values, **more}))
        return
    print(f"{plan.config.model.name} on {run.parts.dataset.name}, {name}, step {run.step}")
    for figure, value in values.items():
        print(f"{figure:28}{value:.6f}")
    if found:
        print(f"\n{table(found, all_classes=arguments.all_classes)}")


def _resolved(given: str, arguments: Any) -> tuple[Path | WeightsCard, Plan]:
    """Return a run as it was given, and what it did; refuse what cannot be before TensorFlow."""
    run_dir = typed_run(given)
    if arguments.checkpoint != "best" and not isinstance(run_dir, Path):
        require_folder(run_dir, "checkpoints")
    changes = places(arguments) if arguments.dataset is None else {}
    plan = resolve(saved_config_of(run_dir, changes, arguments.imports))
    _require_data(plan, arguments)
    chatter.expect(plan.config.precision)
    return run_dir, plan


def _measure_together(members: dict[str, tuple[Path | WeightsCard, Plan]], arguments: Any) -> None:
    """Print the figures of each run and of all together."""
    if len(members) < len(arguments.run_dir):
        twice = next(each for each in arguments.run_dir if arguments.run_dir.count(each) > 1)
        raise configs.ConfigError(f"{twice} is given twice; give each run of an ensemble once")

    import trainers.cli.quiet  # noqa: F401
    from trainers.predictions.ensemble import Ensemble

    ensemble = Ensemble()
    for given, (run_dir, plan) in members.items():
        run, split, name = _opened(run_dir, plan, arguments)
        ensemble.add(given, run.step, run.parts, split)
        dataset = run.parts.dataset.name
        del run, split  # one member's data in memory at a time
    together = ensemble.together()
    if arguments.json:
        print(json.dumps({"split": name, "members": ensemble.shown, **together}))
        return
    print(f"{len(members)} runs on {dataset}, {name}")
    rows = {each["run"]: each for each in ensemble.shown} | together
    width = max(map(len, rows))
    for title, figures in rows.items():
        shown = [
            f"{figure} {value:.6f}" if isinstance(value, float) else f"{figure} {value}"
            for figure, value in figures.items()
            if figure != "run"
        ]
        print(f"{title:{width}}  {'  '.join(shown)}")


def _require_data(plan: Plan, arguments: Any) -> None:
    """Raise an error for data that cannot be, before TensorFlow is waited for."""
    if arguments.dataset is None:
        for flag in _OF_OTHERS:
            if arguments[flag] is not None:
                raise configs.ConfigError(
                    f"--{flag} tells how other data are read; add --dataset, or leave --{flag} out"
                )
        require_known_data(plan, saved=True)
        return
    options = {name: arguments[name] for name in _OF_OTHERS}
    name = arguments.dataset
    datasets.check_request(name, arguments.data_dir, arguments.data_path, **options)
    task = datasets.dataset_task(name)
    if task is not None:
        require_task(plan.config.model.name, plan.problem, name, task)


def _opened(
    run_dir: Path | WeightsCard, plan: Plan, arguments: Any
) -> tuple[OpenedRun, datasets.Split, str]:
    """Return the run, what is measured, a split of its own or other data, and what it is called."""
    if arguments.dataset is None:
        from trainers.pretrained.opened import opened_either

        run = opened_either(run_dir, plan, arguments.checkpoint)
        return run, run.parts.dataset.splits[arguments.split], arguments.split
    from trainers.predictions.other_data import OtherData, opened_on

    found = opened_on(
        run_dir,
        plan,
        OtherData(
            arguments.dataset,
            _typed(arguments.data_path, "--data-path"),
            _typed(arguments.data_dir, "--data-dir"),
            arguments.target,
            arguments.encoding,
        ),
        arguments.split,
        arguments.checkpoint,
    )
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    return found.run, found.split, found.name


def _typed(path: str | None, flag: str) -> Path | None:
    return None if path is None else typed_path(path, flag)


if __name__ == "__main__":
    run_main(main)

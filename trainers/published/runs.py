"""The runs of a row: each an ordinary run in its own folder, trained once, resumed if cut off."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import configs
import datasets
from datasets.catalogue import FILE_DATASETS
from trainers.assembly.resolve import require_known_data, resolve
from trainers.cli.run_arguments import saved_config, with_absolute_paths
from trainers.distribution.signals import StopSignals
from trainers.errors import DivergedError, PreemptedError
from trainers.problems.plan import Plan
from trainers.published.row import Row
from trainers.published.statistics.measured_run import DIVERGED, MeasuredRun
from trainers.runs.folder import read_saved_config
from trainers.timing.clock import Clock
from zoo.process import chatter

# Where data lie, and what of a configuration is only known with them, make no other run.
_PLACES = ("data_dir", "data_path", "task")


class Asked(NamedTuple):
    """One run that a row asks for: where, of which point of which variant, and what to do."""

    run: MeasuredRun
    variant: str
    config: configs.Config


def asked(row: Row, output: Path, places: Mapping[str, str]) -> list[Asked]:
    """Return every run of a row.

    Args:
        row: whose.
        output: the folder of results.
        places: where data lie, by dotted key; what a row's dataset does not take is not for it.

    Raises:
        ConfigError: one of them cannot be.
    """
    found = []
    folder = output / (f"{row.name}-short" if row.is_short else row.name)
    for variant in row.variants.values():
        for point, changes in variant.settings().items():
            for seed in variant.seeds:
                config = with_absolute_paths(_placed(row.config(changes, seed), places), None)
                run = MeasuredRun(folder / f"{point}-seed-{seed}", point, seed)
                found.append(Asked(run, variant.name, config))
    return found


def _placed(config: configs.Config, places: Mapping[str, str]) -> configs.Config:
    """Return a configuration with the places that its dataset takes."""
    name = config.dataset.name
    takes = {
        "dataset.data_dir": name not in datasets.list_datasets(),
        "dataset.data_path": name in FILE_DATASETS,
    }
    taken: dict[str, Any] = {
        key.partition(".")[2]: path for key, path in places.items() if takes[key]
    }
    return dataclasses.replace(config, dataset=dataclasses.replace(config.dataset, **taken))


def plans(runs: list[Asked]) -> list[Plan]:
    """Return what each is resolved to, without TensorFlow.

    Raises:
        ConfigError, zoo.ModelError, DataError: one of them cannot run.
    """
    found = [resolve(each.config) for each in runs]
    for plan in found:
        require_known_data(plan)
    return found


def carried_out(
    runs: list[Asked], plans: list[Plan], *, again: bool = False
) -> Iterator[MeasuredRun]:
    """Train what is not there yet, and yield every run as it ends.

    Args:
        runs: of a row.
        plans: theirs.
        again: whether what is there is trained anew.

    Raises:
        PreemptedError: it was asked to stop, and is saved; the same call goes on there.
    """
    for number, (each, plan) in enumerate(zip(runs, plans, strict=True), start=1):
        path = each.run.path
        if path.exists() and (again or not _is_same(path, plan)):
            if not again and (path / "config.yaml").exists():
                print(f"note: {path} is of other settings, and made anew", file=sys.stderr)
            shutil.rmtree(path)
        if not (path / "summary.json").is_file() and not each.run.diverged:
            told = f"  run {number} of {len(runs)}: {each.run.variant}, seed {each.run.seed}"
            print(told, file=sys.stderr, flush=True)
            _train(path, dataclasses.replace(plan, told=False))
        yield each.run


def _is_same(path: Path, plan: Plan) -> bool:
    """Return whether a folder holds a run of a configuration, ended or not."""
    if not (path / "config.yaml").is_file():
        return False
    try:
        saved = resolve(saved_config(path, {}, plan.config.imports, read_saved_config)).config
    except configs.ConfigError:
        return False
    return _values(saved) == _values(plan.config)


def _values(config: configs.Config) -> dict[str, object]:
    values = configs.to_dict(config)
    dataset = {key: value for key, value in values["dataset"].items() if key not in _PLACES}
    return {**values, "dataset": dataset}


def _train(path: Path, plan: Plan) -> None:
    chatter.expect(plan.config.precision)
    from trainers.cli.quiet import tf  # isort: skip  (first, so that the import is quiet)
    from trainers.distribution.place import place
    from trainers.train import train

    # Building one loop after another looks to TensorFlow like a forgotten retracing.
    tf.get_logger().setLevel("ERROR")
    resume = path.exists()
    try:
        with StopSignals() as stop:
            placement = place(plan.config, stop, shares_batches=plan.shares_batches)
            with placement.scope():
                train(plan, path, stop, placement, resume=resume, clock=Clock())
    except DivergedError as error:
        (path / DIVERGED).write_text(f"{error}\n", encoding="utf-8")
    except PreemptedError as error:
        saved = str(error).partition(";")[0]
        raise PreemptedError(f"{saved} in {path}; the same command goes on there") from error

"""The runs that a user means, and which of them are one setting with several seeds."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import configs
import zoo
from trainers.errors import UserError
from trainers.reports.pages.facts import RunFacts
from zoo.process.shell import shown

# They decide where a run lies, when it is looked at and how long it waits, not what it learns.
_OF_NO_WEIGHT = {
    "seed",
    "dataset.data_dir",
    "dataset.data_path",
    "imports",
    "report",
    "histograms",
    "diagnostics",
    "log_test",
    "log_every_steps",
    "checkpoint_every_steps",
    "keep_checkpoints",
    "start_timeout_seconds",
    "peer_timeout_seconds",
}


@dataclass(frozen=True)
class Group:
    """Runs that differ in nothing but their seed, one or more.

    Args:
        label: what they are called.
        runs: in the order of their seeds.
    """

    label: str
    runs: tuple[RunFacts, ...]

    @property
    def settings(self) -> dict[str, Any]:
        """What was set, by dotted key, without what is of no weight."""
        return _settings(self.runs[0])


def found(paths: Sequence[Path]) -> list[RunFacts]:
    """Return the runs at some paths: run folders, or folders that have some at any depth.

    A run that cannot be read is said and left out.

    Raises:
        ConfigError: a path is neither, or there are fewer than two runs.
    """
    folders: list[Path] = []
    for path in paths:
        inside = list(_runs(path))
        if not inside:
            raise configs.ConfigError(
                f"{shown(path)} is no run and holds none; give folders written by trainers.run, or "
                "a folder of them"
            )
        folders += inside
    runs = []
    for folder in dict.fromkeys(each.resolve() for each in folders):
        try:
            runs.append(RunFacts.read(_near(folder)))
        except (UserError, configs.ConfigError, zoo.ModelError) as error:
            print(f"warning: {shown(folder)} is left out: {error}", file=sys.stderr)
    if len(runs) < 2:
        raise configs.ConfigError(
            f"there {'is one run' if runs else 'are no runs'} to compare; give two or more"
        )
    return runs


def _runs(path: Path) -> Iterable[Path]:
    if (path / "config.yaml").is_file():
        yield path
    elif path.is_dir():
        for entry in sorted(path.iterdir()):
            if entry.is_dir() and not entry.is_symlink() and not entry.name.startswith("."):
                yield from _runs(entry)


def _near(folder: Path) -> Path:
    """Return a path as it would be typed from here."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def grouped(runs: Sequence[RunFacts]) -> list[Group]:
    """Return runs by their settings, in the order in which they were given."""
    by: dict[str, list[RunFacts]] = {}
    for run in runs:
        data = run.record.about["fingerprint"] if run.record else ""
        key = repr(sorted((name, repr(value)) for name, value in _settings(run).items())) + data
        # One seed twice is no other sample: each is a row of its own.
        twice = any(run.seed == other.seed for other in by.get(key, ()))
        by.setdefault(f"{key} {run.path}" if twice else key, []).append(run)
    groups = [sorted(each, key=lambda run: run.seed) for each in by.values()]
    return [Group(label, tuple(each)) for label, each in zip(_labels(groups), groups, strict=True)]


def _settings(run: RunFacts) -> dict[str, Any]:
    return {
        key: configs.plain(value)
        for key, value in run.values.items()
        if key not in _OF_NO_WEIGHT and value is not None
    }


def _labels(groups: Sequence[Sequence[RunFacts]]) -> list[str]:
    """Return what each is called: its folder, with as much of the way to it as tells them apart."""
    paths = [_folder(each) for each in groups]
    more = [
        f" and {len(each) - 1} more" if path == each[0].path.resolve() and len(each) > 1 else ""
        for path, each in zip(paths, groups, strict=True)
    ]
    for parts in range(1, max(len(path.parts) for path in paths) + 1):
        labels = ["/".join(path.parts[-parts:]) for path in paths]
        if len(set(labels)) == len(labels):
            break
    return [label + also for label, also in zip(labels, more, strict=True)]


def _folder(runs: Sequence[RunFacts]) -> Path:
    paths = [run.path.resolve() for run in runs]
    # Several seeds in a folder of their own are called by that.
    alone = len(paths) > 1 and {path.parent for path in paths} == {paths[0].parent}
    if alone and len(list(paths[0].parent.glob("*/config.yaml"))) == len(paths):
        return paths[0].parent
    return paths[0]


def differing(groups: Sequence[Group]) -> list[str]:
    """Return the settings, by dotted key, that are not the same in all, of most values first."""
    every = [group.settings for group in groups]
    keys = {key for each in every for key in each}
    unlike = [key for key in keys if any(each.get(key) != every[0].get(key) for each in every)]
    return sorted(unlike, key=lambda key: (-len({repr(each.get(key)) for each in every}), key))


def short(keys: Sequence[str]) -> dict[str, str]:
    """Return a name for each setting: its last word where that is told by no other."""
    last = [key.rpartition(".")[2] for key in keys]
    return {
        key: word if last.count(word) == 1 and word != "name" else key.removesuffix(".name")
        for key, word in zip(keys, last, strict=True)
    }

"""A study's folder: what it tries, its database, and which process works on which trial.

several.json    {"kind": "study", ...}: the setting that all trials share, and what is tried
study.db        the trials, as Optuna has them (SQLite)
trials/0000/    an ordinary run for each trial
locks/          held by the process that works on a trial; the kernel drops it when that one ends
best.yaml, summary.json, trials.csv, *.png    what was found, see `trainers.tune.results`

A process that was killed leaves its trial running in the database and its lock free. Who finds it
so goes on with it where its run was saved. One whose process was killed twice is given up, as it
may be what takes all memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

import configs
from trainers.errors import StorageError
from trainers.output.files import replace_file
from trainers.several import folder as several
from trainers.tune.space import Space, combinations
from zoo.process.shell import shown

if TYPE_CHECKING:
    import optuna

_NAME = "study"
_MOST_KILLS = 2
# Another process may be writing to the database.
_PATIENCE_SECONDS = 120
KILLS, REASON, STEPS, SECONDS, CLAIMED = "kills", "reason", "steps", "seconds", "begun"


@dataclass(frozen=True)
class Setting:
    """What a study tries.

    Args:
        searches: KEY=VALUES each, as they were typed.
        config: of all trials, not resolved.
        typed: the dotted keys that the user gave, None where all of it is meant.
        sampler, pruner: by name.
        seed: of the sampler.
        monitor: the validation figure that decides.
        higher_is_better: whether it is.
        validations: of a whole trial, for the pruner.
        command: what was typed, in one line.
        trials: how many, in all.
    """

    searches: list[str]
    config: dict[str, Any]
    typed: list[str] | None
    sampler: str
    pruner: str
    seed: int
    monitor: str
    higher_is_better: bool
    validations: int
    command: str
    trials: int


def is_study(folder: Path) -> bool:
    """Return whether a folder holds a study."""
    values = several.read(folder)
    return values is not None and values["kind"] == "study"


def read(folder: Path) -> Setting:
    """Return what the study in a folder tries.

    Raises:
        ConfigError: there is none, or the file is damaged.
    """
    values = several.read(folder) or {}
    if values.pop("kind", None) != "study":
        raise configs.ConfigError(
            f"{shown(folder)} holds no study; leave --resume out to begin one there"
        )
    try:
        return Setting(**values)
    except TypeError:
        raise configs.ConfigError(
            f"{shown(folder / several.NAME)} is damaged; begin another study, with --study"
        ) from None


def write(folder: Path, setting: Setting) -> None:
    """Write several.json.

    Raises:
        StorageError: it cannot be written.
    """
    text = json.dumps({"kind": "study", **asdict(setting)}, indent=2, ensure_ascii=False) + "\n"
    try:
        (folder / "locks").mkdir(parents=True, exist_ok=True)
        (folder / "trials").mkdir(exist_ok=True)
        replace_file(folder / several.NAME, text.encode())
    except OSError as error:
        raise StorageError(
            f"cannot write to {folder} ({error.strerror}); give a writable --study"
        ) from error


def trial_folder(folder: Path, number: int) -> Path:
    """Return where a trial's run is."""
    return folder / "trials" / f"{number:04d}"


class Study:
    """A study that this process works on.

    Args:
        folder: that says what it tries.
        setting: what it says.
        space: what that means.
    """

    def __init__(self, folder: Path, setting: Setting, space: Space) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.folder, self.setting, self.space = folder, setting, space
        storage = optuna.storages.RDBStorage(
            f"sqlite:///{folder.absolute() / 'study.db'}",
            engine_kwargs={"connect_args": {"timeout": _PATIENCE_SECONDS}},
        )
        with self._asking():
            self.optuna = optuna.create_study(
                storage=storage,
                study_name=_NAME,
                direction="maximize" if setting.higher_is_better else "minimize",
                pruner=_pruner(setting.pruner, setting.validations),
                load_if_exists=True,
            )

    @contextmanager
    def next_trial(self) -> Iterator[optuna.Trial | None]:
        """Yield a trial to work on: one whose process was killed, or a new one; None if none is.

        It is this process's alone meanwhile.
        """
        with self._asking():
            lock, trial = self._stale() or self._new() or (None, None)
        try:
            yield trial
        finally:
            if lock is not None:
                lock.release()

    def tell(self, trial: optuna.Trial, state: str, value: float | None = None) -> None:
        """Write how a trial has ended: "complete", with its figure, "pruned" or "fail"."""
        from optuna.trial import TrialState

        states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED}
        self.optuna.tell(trial, value, state=states.get(state, TrialState.FAIL))

    @property
    def trials(self) -> list[optuna.trial.FrozenTrial]:
        """All trials, in their order."""
        return self.optuna.get_trials(deepcopy=False)

    @property
    def best(self) -> optuna.trial.FrozenTrial | None:
        """The best trial that was not ended early; None before there is one."""
        whole = [trial for trial in self.trials if trial.state.name == "COMPLETE"]
        sign = -1 if self.setting.higher_is_better else 1
        return min(whole, key=lambda trial: sign * (trial.value or 0.0), default=None)

    def settings(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return values by dotted key of what Optuna has drawn."""
        return {key: self.space[key].value(drawn) for key, drawn in params.items()}

    def _asking(self) -> FileLock:
        """Return a context in which no other process takes a trial."""
        return FileLock(self.folder / "locks" / "asking", timeout=_PATIENCE_SECONDS)

    def _lock(self, number: int) -> FileLock | None:
        lock = FileLock(self.folder / "locks" / f"{number:04d}")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        return lock

    def _stale(self) -> tuple[FileLock, optuna.Trial] | None:
        """Return a trial that is running by the database, and that no process works on."""
        import optuna

        for frozen in self.trials:
            if frozen.state.name != "RUNNING" or (lock := self._lock(frozen.number)) is None:
                continue
            trial = optuna.Trial(self.optuna, frozen._trial_id)
            # What was stopped, and not killed, has said so.
            kills = frozen.user_attrs.get(KILLS, 0) + frozen.user_attrs.get(CLAIMED, False)
            trial.set_user_attr(KILLS, int(kills))
            if kills < _MOST_KILLS:
                trial.set_user_attr(CLAIMED, True)
                return lock, trial
            trial.set_user_attr(REASON, f"its process was killed {kills} times")
            self.tell(trial, "fail")
            lock.release()
        return None

    def _new(self) -> tuple[FileLock, optuna.Trial] | None:
        number = len(self.trials)
        if number >= self.setting.trials:
            return None
        if self.setting.sampler == "grid":
            self.optuna.enqueue_trial(combinations(self.space)[number])
        self.optuna.sampler = _sampler(self.setting, number)
        trial = self.optuna.ask({key: each.distribution() for key, each in self.space.items()})
        trial.set_user_attr(CLAIMED, True)
        lock = self._lock(trial.number)
        if lock is None:
            raise StorageError(f"{self.folder / 'locks'} is held by another study")
        return lock, trial


def _sampler(setting: Setting, number: int) -> optuna.samplers.BaseSampler:
    """Return what chooses trial `number`: by its own seed, so that no resume changes it."""
    import numpy as np
    import optuna

    seed = int(np.random.SeedSequence([setting.seed, number]).generate_state(1)[0])
    if setting.sampler == "tpe":
        return optuna.samplers.TPESampler(seed=seed)
    return optuna.samplers.RandomSampler(seed=seed)


def _pruner(name: str, validations: int) -> optuna.pruners.BasePruner:
    import optuna

    if name == "median":
        # Not before a third of a trial: who learns slowly at first may be the best.
        return optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=validations // 3)
    if name == "hyperband":
        return optuna.pruners.HyperbandPruner(
            min_resource=1, max_resource=max(1, validations), reduction_factor=3
        )
    return optuna.pruners.NopPruner()

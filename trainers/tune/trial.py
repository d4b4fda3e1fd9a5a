"""One trial: an ordinary run with what the study has chosen, and how it ended."""

from __future__ import annotations

import dataclasses
import gc
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import configs
import datasets
import zoo
from trainers.assembly.data import load_data
from trainers.distribution.placement import Placement
from trainers.distribution.signals import StopSignals
from trainers.errors import DivergedError, PreemptedError
from trainers.problems.plan import Plan
from trainers.runs.folder import holds_run
from trainers.train import train
from trainers.tune.pruning import Pruning
from trainers.tune.study import CLAIMED, KILLS, REASON, SECONDS, STEPS, Study, trial_folder
from trainers.tune.values import plan_of
from zoo.errors import reason_of

if TYPE_CHECKING:
    import optuna

_LONGEST_REASON = 200
# What one trial's settings may bring, and another's not.
_OF_SETTINGS = (configs.ConfigError, zoo.ModelError, datasets.DataError, MemoryError)


class Ended(NamedTuple):
    """How a trial ended: "complete", "pruned" or "fail", with its figure or the reason."""

    state: str
    value: float | None = None
    reason: str = ""


class Data:
    """Data that trials share: what was loaded last, while the next one asks for the same."""

    def __init__(self) -> None:
        self._loaded: datasets.Dataset | None = None
        self._of: tuple[Any, ...] = ()

    def shared(self, plan: Plan) -> Plan:
        """Return a plan with its data, where they need not be read anew."""
        config = plan.config
        of = (config.dataset, config.precision, config.imports, plan.problem.module)
        if self._loaded is None or of != self._of:
            loaded = load_data(plan)
            if loaded.plan.config.dataset != config.dataset:
                return plan  # they were fitted to it: who trains loads them
            self._loaded, self._of = loaded.dataset, of
        return dataclasses.replace(plan, dataset=self._loaded, shaped=True)


def carried_out(
    study: Study,
    trial: optuna.Trial,
    data: Data,
    stop: StopSignals,
    placement: Placement,
    goes_on: str,
) -> Ended:
    """Train a trial, or go on with it, and write how it ended into the study.

    Raises:
        PreemptedError: a stop was asked for; the trial is saved, and stays to be gone on with.
    """
    began = time.monotonic()
    folder = trial_folder(study.folder, trial.number)
    pruning = Pruning(trial, study.setting.monitor)
    try:
        plan = plan_of(study.setting, study.settings(trial.params))
        plan = dataclasses.replace(
            data.shared(plan), callbacks=(pruning,), told=False, goes_on=goes_on
        )
        resume = holds_run(folder)
        summary = train(plan, folder, stop, placement, resume=resume)
        ended = _ended(summary, study.setting.monitor, pruning)
        trial.set_user_attr(STEPS, summary["steps"])
    except DivergedError as error:
        ended = Ended("fail", reason=f"diverged: {reason_of(error, _LONGEST_REASON)}")
    except _OF_SETTINGS as error:
        ended = Ended("fail", reason=reason_of(error, _LONGEST_REASON))
    except Exception as error:
        if isinstance(error, PreemptedError):
            trial.set_user_attr(CLAIMED, False)
        if type(error).__name__ != "ResourceExhaustedError":
            raise
        ended = Ended("fail", reason="out of memory")
    except BaseException:  # a stop, wherever it may leave: what is saved is gone on with
        trial.set_user_attr(CLAIMED, False)
        raise
    if ended.reason:
        trial.set_user_attr(REASON, ended.reason)
    trial.set_user_attr(SECONDS, round(time.monotonic() - began, 3))
    study.tell(trial, ended.state, ended.value)
    gc.collect()
    return ended


def _ended(summary: dict[str, Any], monitor: str, pruning: Pruning) -> Ended:
    """Return how a run has ended; its figure is its best validation's, which chose its weights."""
    if pruning.pruned:
        return Ended("pruned", reason=f"behind the others at step {summary['steps']}")
    return Ended("complete", float(summary["best"]["validation"][monitor]))


def tell(study: Study, number: int, ended: Ended) -> None:
    """Say on standard error how a trial ended, and which one is the best."""
    params = study.trials[number].params
    chosen = "  ".join(f"{key} {_short(value)}" for key, value in params.items())
    figure = (
        f"{study.setting.monitor} {ended.value:.5g}" if ended.value is not None else ended.state
    )
    reason = f" ({ended.reason})" if ended.reason else ""
    best = study.best
    against = f"  best {best.value:.5g} of {best.number}" if best is not None else ""
    kills = study.trials[number].user_attrs.get(KILLS, 0)
    again = "  gone on with after a kill" if kills else ""
    line = f"trial {number}  {figure}{reason}  {chosen}{against}{again}"
    print(line, file=sys.stderr, flush=True)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

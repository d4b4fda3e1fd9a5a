"""Works on a study: one trial after the other, until there are as many as were asked for."""

from __future__ import annotations

import time

from trainers.cli.advice import without_advice
from trainers.distribution.placement import Placement
from trainers.distribution.signals import StopSignals
from trainers.tune import trial as trials
from trainers.tune.study import Study


def search(
    study: Study,
    stop: StopSignals,
    placement: Placement,
    goes_on: str,
    timeout_seconds: float | None = None,
) -> None:
    """Carry out what is left of a study.

    Args:
        study: which other processes may work on, too.
        stop: asks to save and leave.
        placement: in whose scope this is called.
        goes_on: the command that goes on after a stop.
        timeout_seconds: after which no trial begins.

    Raises:
        PreemptedError: a stop was asked for.
    """
    began, data = time.monotonic(), trials.Data()
    with without_advice():
        while timeout_seconds is None or time.monotonic() - began < timeout_seconds:
            # Raises if a stop was asked for meanwhile.
            stop.may_leave(f"stopped between two trials; continue with {goes_on}")
            with study.next_trial() as trial:
                if trial is None:
                    break
                ended = trials.carried_out(study, trial, data, stop, placement, goes_on)
                trials.tell(study, trial.number, ended)
    stop.may_leave(None)

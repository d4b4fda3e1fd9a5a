"""Rows, measured: contenders take turns in an order that rotates, and end with one loss.

Every contender's first turn is not timed: it compiles. All do the same updates on the same
examples from the same weights, so that the mean loss of a turn must be the same too.
"""

from __future__ import annotations

import math
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

from trainers.benchmarks.peers.cases import Case
from trainers.benchmarks.peers.processes import Asks, Contender, Failed

# A contender that has taken so long is measured no further: its ratio is plain by then.
_MOST_SECONDS = 6.0


def measure_row(
    case: Case, contenders: Sequence[Contender], processes: Asks, repeats: int, seconds: float
) -> dict[str, Any]:
    """Return what was measured of a row.

    Args:
        case: the row.
        contenders: ours first.
        processes: theirs.
        repeats: turns that are timed.
        seconds: that one of ours takes.
    """
    row: dict[str, Any] = {"name": case.name, "batch_size": case.batch_size, "contenders": {}}
    with tempfile.TemporaryDirectory(prefix="keras-zoo-peers-") as folder:
        taking_part = []
        for contender in contenders:
            found: dict[str, Any] = {"seconds": [], "losses": []}
            row["contenders"][contender.name] = found
            reason = _excluded(case, contender)
            try:
                if reason is None:
                    about = processes.ask(
                        contender, "prepare", row=case.name, turns=repeats + 1, seconds=seconds,
                        folder=folder,
                    )  # fmt: skip
                    (row if contender.name == "ours" else found).update(about)
                    _turn(processes, contender, 0, found, timed=False)
                    taking_part.append(contender)
            except Failed as error:
                reason = str(error)
            if reason is not None:
                found["skipped"] = reason
            if reason is not None and contender.installed:
                print(f"{case.name}: {contender.name}: {reason}", file=sys.stderr)
            if contender.name == "ours" and reason is not None:
                raise Failed(f"{case.name}: our own turn: {reason}")
    _take_turns(taking_part, processes, repeats, row)
    for contender in {each.process: each for each in contenders if each.installed}.values():
        _try_to_forget(processes, contender)
    return {**row, **figures(case, row)}


def _excluded(case: Case, contender: Contender) -> str | None:
    if not contender.installed:
        return f"{contender.needs} is not installed"
    if contender.process == "fit" and case.kind in ("text", "gan", "vae"):
        return "fit has no such loss"
    if contender.name == "fit default" and not case.default_fit:
        return "left out, as it takes minutes"
    return None


def _take_turns(
    contenders: Sequence[Contender], processes: Asks, repeats: int, row: dict[str, Any]
) -> None:
    for repeat in range(repeats):
        first = repeat % len(contenders)
        for contender in [*contenders[first:], *contenders[:first]]:
            found = row["contenders"][contender.name]
            if "skipped" in found or sum(found["seconds"]) > _MOST_SECONDS:
                continue
            try:
                _turn(processes, contender, repeat + 1, found, timed=True)
            except Failed as error:
                found["skipped"] = str(error)


def _turn(
    processes: Asks, contender: Contender, number: int, found: dict[str, Any], *, timed: bool
) -> None:
    processes.ask(contender, "stage", turn=number)
    answer = processes.ask(contender, "turn", turn=number)
    found["losses"].append(answer["loss"])
    if timed:
        found["seconds"].append(answer["seconds"])


def _try_to_forget(processes: Asks, contender: Contender) -> None:
    try:
        processes.ask(contender, "forget")
    except Failed as error:
        print(f"{contender.name}: {error}", file=sys.stderr)


def figures(case: Case, row: dict[str, Any]) -> dict[str, Any]:
    """Return what follows from a row's seconds and losses.

    Returns:
        ratios: of every peer, its seconds over ours in the same turn, median and range.
        best, over_best: the peer of the least such ratio, and the ratio of our fastest turn to
            that peer's.
        share: of the matrix product's peak, in our median turn.
        differences: of every peer, the relative difference of the mean loss of its last turn.
        unequal: the peers whose difference is above what the row allows.
    """
    ours = row["contenders"]["ours"]
    peers = {
        name: found
        for name, found in row["contenders"].items()
        if name != "ours" and found["seconds"]
    }
    ratios = {name: ratio(found["seconds"], ours["seconds"]) for name, found in peers.items()}
    differences = {
        name: difference(found["losses"], ours["losses"]) for name, found in peers.items()
    }
    best = min(ratios, key=lambda name: ratios[name]["median"], default=None)
    work = row["flops_per_update"] * row["updates"]
    return {
        "ratios": ratios,
        "best": best,
        "share": work / statistics.median(ours["seconds"]) / row["peak_flops"],
        "differences": differences,
        "tolerance": case.tolerance,
        # A loss that is not a number is equal to none.
        "unequal": [
            name for name, apart in differences.items() if not apart <= _allowed(case, name)
        ],
    }


def _allowed(case: Case, name: str) -> float:
    # Keras's own Adam squares what every symbol of a batch adds to an embedding's gradient, and not
    # their sum, as the gradient comes to it in parts: `fit` learns something else there.
    parted = case.kind == "symbols" and name.startswith("fit")
    return math.inf if case.tolerance is None or parted else case.tolerance


def ratio(theirs: list[float], ours: list[float]) -> dict[str, float]:
    """Return their seconds over ours: turn by turn, and fastest turn over fastest turn."""
    pairs = [a / b for a, b in zip(theirs, ours, strict=False)]
    return {
        "median": statistics.median(pairs),
        "min": min(pairs),
        "max": max(pairs),
        "fastest": min(theirs) / min(ours),
    }


def difference(theirs: list[float], ours: list[float]) -> float:
    """Return how far their loss is from ours, relative to ours, in the last turn that both did."""
    last = min(len(theirs), len(ours)) - 1
    return abs(theirs[last] - ours[last]) / abs(ours[last])


def geometric_mean(rows: Sequence[dict[str, Any]], belongs: Callable[[str], bool]) -> float | None:
    """Return the mean over rows of the ratio to the fastest of some contenders, or None."""
    logs = []
    for row in rows:
        found = [each["median"] for name, each in row["ratios"].items() if belongs(name)]
        logs += [math.log(min(found))] if found else []
    return math.exp(statistics.fmean(logs)) if logs else None

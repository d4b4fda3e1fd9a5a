"""TensorBoard's page HParams: a row for every run, with its settings and its best figures.

TensorBoard takes the folder of the event file that says "a session has started" for the run's, and
every figure in and under that folder for one of its metrics. Its first five, by name, are ticked:
those of the best weights, since capitals stand before small letters.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.summary import session_end_pb, session_start_pb

from trainers.objectives.metrics import is_detail

TAGS = frozenset({metadata.SESSION_START_INFO_TAG, metadata.SESSION_END_INFO_TAG})
"""The names under which it is written when a run starts and how it ended."""

_ENDS = {True: api_pb2.STATUS_SUCCESS, False: api_pb2.STATUS_FAILURE}
_LONGEST_NAMES = 200


def settings(
    config: Mapping[str, Any], left_out: Container[str] = ()
) -> dict[str, bool | float | str]:
    """Return a configuration's settings as a table has them, by dotted name.

    Numbers, truth values and words stay what they are, so that TensorBoard sorts and filters by
    them; a list is a word, as in "[100, 50]"; what is null is no setting.

    Args:
        config: as `configs.to_dict` gives it.
        left_out: names that shape no weights.
    """
    found: dict[str, bool | float | str] = {}
    for key, value in config.items():
        inside = value if isinstance(value, Mapping) else {"": value}
        for name, entry in inside.items():
            dotted = f"{key}.{name}".removesuffix(".")
            if entry is None or dotted in left_out:
                continue
            plain = isinstance(entry, bool | int | float | str)
            # A section is called by what it names: model, dataset, optimizer.
            found[dotted.removesuffix(".name")] = entry if plain else str(entry)[:_LONGEST_NAMES]
    return found


def started(run_settings: Mapping[str, bool | float | str]) -> Summary:
    """Return what says that a run has started with these settings."""
    # A group of its own: TensorBoard would average those of one group.
    return Summary.FromString(session_start_pb(dict(run_settings)).SerializeToString())


def ended(*, well: bool) -> Summary:
    """Return what says how a run has ended; one that was stopped and can go on has not."""
    return Summary.FromString(session_end_pb(_ENDS[well]).SerializeToString())


def best_figures(best: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the best weights' figures of every split as they are logged for the table.

    Args:
        best: figures by split. Those of single classes, and those that stand beside a loss since
            the best possible one is known, are left out.
    """
    return {
        f"Best/{split}/{name}": value
        for split, figures in best.items()
        for name, value in figures.items()
        if not is_detail(name) and not name.startswith(("oracle_", "excess_"))
    }

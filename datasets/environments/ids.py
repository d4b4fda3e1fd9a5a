"""Gymnasium's ids as names of datasets: which names are ids, told without importing it."""

import re
import sys

# As Gymnasium reads them. Those of TensorFlow Datasets are words in small letters, with "_".
_ID = re.compile(r"^(?:[\w:-]+/)?[\w:.-]+-v\d+$")


def is_gymnasium_id(name: str) -> bool:
    """Return whether a name is an environment's id: registered by now, or of the form "Name-v1".

    Gymnasium is imported only for a name with a namespace, as in "phys2d/CartPole-v1", since what
    stands before a slash may be a dataset's name, and what stands behind it its configuration.
    """
    if not _ID.match(name):
        return "gymnasium" in sys.modules and name in gymnasium_ids()
    return "/" not in name or name in gymnasium_ids()


def gymnasium_ids() -> list[str]:
    """Return the ids that are registered, in order; none where Gymnasium is not installed."""
    try:
        import gymnasium
    except ImportError:
        return []
    return sorted(gymnasium.registry)

"""An environment as a dataset: which episodes evaluate a policy, and how long an epoch is.

No TFDS builder stands behind it: there is nothing to store or download, the examples are what the
policy itself meets. A split holds reset seeds, from which the environment draws the same episode
anywhere.
"""

import hashlib

import numpy as np

from datasets.dataset import Dataset, Split, fingerprint
from datasets.environments.environment import Environment

SEGMENTS_PER_EPOCH = 1024
EPISODES = 100
FIRST_SEEDS = {"validation": 1_000_000, "test": 2_000_000}


def environment_dataset(name: str, environment: type[Environment]) -> Dataset:
    """Return an environment as a dataset.

    `inputs` of validation and test are the reset seeds, `[100]` int32, of evaluation episodes; no
    seed is in both. Those of train, `[1024]` int32, number the segments of an epoch: one is what
    one environment plays between two updates, and the next in its row continues it. Targets are 0.
    The fingerprint covers the environment, its version and the seeds.

    Args:
        name: of the dataset.
        environment: what a policy acts in.

    Raises:
        DataError: a package that the environment needs is missing or too old.
    """
    splits = {"train": _numbered(0, SEGMENTS_PER_EPOCH)}
    splits |= {split: _numbered(first, EPISODES) for split, first in FIRST_SEEDS.items()}
    threshold = getattr(environment, "reward_threshold", None)
    content = f"{environment.identity()};{fingerprint(splits)}"
    return Dataset(
        name=name,
        version=environment.version(),
        task="control",
        input_shape=environment.OBSERVATION_SHAPE,
        num_classes=len(environment.ACTIONS),
        class_names=environment.ACTIONS,
        splits=splits,
        oracle_loss={},
        fingerprint=hashlib.sha256(content.encode()).hexdigest(),
        contiguous=True,
        notes=getattr(environment, "NOTES", ()),
        reward_threshold=threshold() if threshold is not None else None,
    )


def _numbered(first: int, count: int) -> Split:
    numbers = np.arange(first, first + count, dtype=np.int32)
    return Split(numbers, np.zeros(count, np.int32), np.ones(count, np.float32))

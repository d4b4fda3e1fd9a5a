"""How long things are: a batch, an epoch, a run, and one compiled call."""

from __future__ import annotations

import configs

# One compiled call aims at this long: short enough for a live progress bar and a prompt stop.
_CALL_SECONDS = 0.5


def batch_size_of(config: configs.Config, train_size: int) -> int:
    """Return the examples of one update, where the training split has `train_size`."""
    return train_size if config.batch_size == "full" else config.batch_size


def steps_per_epoch(size: int, batch_size: int, contiguous: bool) -> int:
    """Return the updates of one epoch; streams of contiguous text have no smaller last batch."""
    return size // batch_size if contiguous else -(-size // batch_size)


def total_steps(config: configs.Config, steps_per_epoch: int) -> int:
    """Return the length of a run in updates, given by its steps or its epochs."""
    return config.steps or (config.epochs or 1) * steps_per_epoch


def require_profiled(config: configs.Config, total: int) -> None:
    """Raise `ConfigError` if updates are to be profiled that a run of `total` does not have."""
    if config.profile is not None and configs.first_and_last(config.profile)[1] > total:
        raise configs.ConfigError(
            f"--profile {config.profile}: the run has {total} updates; give updates up to that, or "
            "more --steps"
        )


class CallLength:
    """How many updates one compiled call does, learnt from how long the last ones took.

    The result of training does not depend on it: the compiled call is the same for any count.
    """

    def __init__(self) -> None:
        self.most = 1

    def learn(self, count: int, seconds: float) -> None:
        """Note that `count` updates took `seconds`."""
        wanted = int(count * _CALL_SECONDS / max(seconds, 1e-9))
        self.most = max(1, min(wanted, self.most * 16))

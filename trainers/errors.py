"""What can go wrong: one class for each exit code, each error one line that says what to do.

Exit codes: 1 internal error, 2 configuration, 3 data, 4 checkpoint or model, 5 diverged,
6 storage, 7 peer, 75 preempted and saved. `trainers.cli.exit` turns errors into them.
"""

from __future__ import annotations

import errno

# No room on the disk, or in the user's share of it.
NO_ROOM = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})


class UserError(Exception):
    """Something the user can mend; `exit_code` says what kind of thing it is."""

    exit_code = 1


class CheckpointError(UserError):
    """No usable checkpoint, or one of another model, optimizer or dataset."""

    exit_code = 4


class CheckpointFormatError(CheckpointError):
    """A checkpoint is whole, and of a format that this release does not read."""


class DivergedError(UserError):
    """The loss stopped being a finite number."""

    exit_code = 5


class StorageError(UserError):
    """The run folder cannot be written, or another run holds it."""

    exit_code = 6


class PeerError(UserError):
    """Another worker is lost or never came."""

    exit_code = 7

    @classmethod
    def lost(cls, worker: str, sign: str) -> PeerError:
        """Return the error that a `worker` is lost, as a `sign` tells."""
        return cls(
            f"{worker} is lost ({sign}); start all of them again with --resume: "
            "the run goes on from its newest checkpoint"
        )


class PreemptedError(UserError):
    """The run was asked to stop, and saved its state first."""

    exit_code = 75

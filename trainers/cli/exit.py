"""How a command ends: one line on standard error and the exit code of what went wrong."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Callable

import configs
from trainers.cli import clone_name
from trainers.distribution.signals import EndSoon, Left, end_in_time
from trainers.errors import NO_ROOM, CheckpointError, PreemptedError, StorageError, UserError
from zoo.process import command

# As the system says it, and TensorFlow, whose error of this kind means short memory elsewhere.
_NO_SPACE = os.strerror(errno.ENOSPC)


def foreign_datasets_package() -> str | None:
    """Return the path of the `datasets` package that hides ours, or None."""
    import datasets

    if getattr(datasets, "PROJECT", None) == "keras-fundamentals-zoo":
        return None
    return str(getattr(datasets, "__file__", "an unknown place"))


def run_main(main: Callable[[list[str]], None]) -> None:
    """Run a command's `main(argv)`, turn its errors into one line and exit.

    `--debug` among the arguments adds the traceback.
    """

    def own_packages(argv: list[str]) -> None:
        foreign = foreign_datasets_package()
        if foreign:
            raise configs.ConfigError(
                f"another package called 'datasets' was imported from {foreign}; run from this "
                "project's folder, or uninstall it in this environment"
            )
        import datasets

        clone_name.answer_to(datasets)
        with EndSoon():
            try:
                main(argv)
            except Left as left:
                raise PreemptedError(str(left)) from left

    code = command.run(own_packages, describe)
    # Else the interpreter looks through all of TensorFlow for garbage before it ends: 0.7 s.
    gc.freeze()
    if code in (command.INTERRUPTED, PreemptedError.exit_code):
        end_in_time(code)
    if code and _in_cluster():
        # TensorFlow's shutdown would wait for workers that may be lost.
        os._exit(code)
    if code:
        sys.exit(code)


def _in_cluster() -> bool:
    """Return whether TensorFlow, which this process uses, may be one worker of several."""
    return "tensorflow" in sys.modules and bool(
        os.environ.get("TF_CONFIG") or os.environ.get("SLURM_STEP_NUM_TASKS", "1") != "1"
    )


def describe(error: Exception) -> tuple[int, str]:
    """Return the exit code and the one line that tell of `error`."""
    import datasets
    import zoo

    text = " ".join(str(error).split())
    # This may report a foreign `datasets` package, which has neither of these errors.
    unknown_dataset = getattr(datasets, "UnknownDatasetError", configs.ConfigError)
    option_error = getattr(datasets, "DataOptionError", configs.ConfigError)
    data_error = getattr(datasets, "DataError", configs.ConfigError)
    if isinstance(error, UserError):
        return error.exit_code, text
    if isinstance(error, zoo.ModelFileError):
        return CheckpointError.exit_code, text
    if isinstance(error, configs.ConfigError | zoo.ModelError | unknown_dataset | option_error):
        return 2, text
    if isinstance(error, data_error):
        return 3, text
    if isinstance(error, OSError) or _NO_SPACE in text:
        if _NO_SPACE in text or (isinstance(error, OSError) and error.errno in NO_ROOM):
            text += "; free some space, then try again"
        return StorageError.exit_code, f"storage: {text}"
    if _out_of_memory(error):
        return 1, f"out of memory; use a smaller --micro-batch-size or --batch-size ({text[:200]})"
    return 1, f"{type(error).__name__}: {text[:300]} (an internal error: --debug shows where)"


def _out_of_memory(error: Exception) -> bool:
    """Return whether a host's or a device's memory is short; XLA and CUDA have no error of it."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "ResourceExhaustedError"
        or any(word in str(error) for word in ("RESOURCE_EXHAUSTED", "CUDA_ERROR_OUT_OF_MEMORY"))
    )

"""How a command begins and ends: settled streams and settings, one line and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
import unicodedata
from collections.abc import Callable

from zoo.process import keras_settings, libraries, streams

# Exit codes that every command shares; `trainers.errors` has the others.
INTERRUPTED, STORAGE, DAMAGED = 130, 6, 4
_LONGEST = 1200


def run(
    main: Callable[[list[str]], int | None], describe: Callable[[Exception], tuple[int, str]]
) -> int:
    """Run a command's `main(argv)` and return the exit code of its process.

    `--debug` among the arguments adds the traceback to an error's line.

    Args:
        main: the command; it returns an exit code, or None for 0.
        describe: an error's exit code and its one line.
    """
    streams.settle()
    libraries.settle()
    keras_settings.choose_backend()
    argv = sys.argv[1:]
    debug = "--debug" in argv
    try:
        code = main([argument for argument in argv if argument != "--debug"]) or 0
    except KeyboardInterrupt:
        code = INTERRUPTED
    except SystemExit as end:
        code = _code_of(end)
    except Exception as error:
        code, message = describe(error)
        if isinstance(error, FileNotFoundError) and _started_nowhere():
            code = STORAGE
            message = (
                "the folder that this command was started in is gone; change to one that is "
                "there, or give every path from the root"
            )
        if debug:
            traceback.print_exc()
        print(f"error: {one_line(message)}", file=sys.stderr)
    failure = streams.lost()
    if failure is not None and not code:
        code = STORAGE
        print(
            f"error: storage: {failure}: standard output did not take what was printed; files were "
            "written as ever",
            file=sys.stderr,
        )
    sys.stderr.flush()
    return code


def one_line(text: str) -> str:
    """Return a message as one line of at most 1,200 characters, whatever a user gave.

    What is too long is cut in its middle: what was given comes first, what to do last. Characters
    that move a terminal's cursor are written out.
    """
    line = "".join(
        each if unicodedata.category(each) not in ("Cc", "Cs") else repr(each)[1:-1]
        for each in " ".join(text.split())
    )
    if len(line) <= _LONGEST:
        return line
    return f"{line[: 2 * _LONGEST // 3]} ... {line[5 - _LONGEST // 3 :]}"


def _started_nowhere() -> bool:
    """Return whether the current folder has been deleted: a relative path leads nowhere."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _code_of(end: SystemExit) -> int:
    """Return what an interpreter makes of `sys.exit(...)`."""
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr)
    return 1

"""What an environment asks of libraries, taken back where a command could not run under it."""

from __future__ import annotations

import logging
import os
import warnings


def settle() -> None:
    """Make this process's libraries behave as a command expects, before they are imported."""
    # Warnings made errors are for who tests a library, and TensorFlow's import has some.
    warnings.filters[:] = [  # type: ignore[index]
        ("default", *rest) if action == "error" else (action, *rest)
        for action, *rest in warnings.filters
    ]
    # Pictures go to files and look alike everywhere: a notebook's shell asks for its own window,
    # and a user's matplotlibrc may ask for LaTeX.
    os.environ["MPLBACKEND"] = "agg"
    os.environ["MATPLOTLIBRC"] = os.devnull
    # Where HOME cannot be written it tells of the folder that it takes instead.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    columns = os.environ.get("COLUMNS", "")
    if columns and not (columns.isascii() and columns.isdecimal() and int(columns) > 0):
        del os.environ["COLUMNS"]

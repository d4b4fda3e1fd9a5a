"""Keeping TFDS quiet where its messages would only hide ours."""

import contextlib
import io
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_log() -> Iterator[None]:
    """Drop absl's log lines below an error, such as deprecations inside TFDS itself."""
    from absl import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)


@contextlib.contextmanager
def quiet_preparation() -> Iterator[None]:
    """Drop the banner, progress bars and log lines of a preparation that takes a second."""
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.utils import tqdm_utils

    bars = tqdm_utils._active
    tfds.display_progress_bar(False)
    try:
        with quiet_log(), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        tfds.display_progress_bar(bars)

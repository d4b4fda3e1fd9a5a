"""TensorFlow's advice on tracing, which several runs in one process would bring."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator


@contextlib.contextmanager
def without_advice() -> Iterator[None]:
    """Leave out TensorFlow's advice on tracing, which takes each run's loop for one function."""
    logger = logging.getLogger("tensorflow")

    def is_other(record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in str(record.msg)

    logger.addFilter(is_other)
    try:
        yield
    finally:
        logger.removeFilter(is_other)

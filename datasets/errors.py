"""Errors of the `datasets` package: one line each, saying what was given and what to do next."""


class DataError(ValueError):
    """Data are missing, damaged, of an unsupported form, or too large for this machine."""


class UnknownDatasetError(DataError):
    """No embedded dataset and no TensorFlow Datasets builder has the given name."""


def one_line(error: BaseException, limit: int = 240) -> str:
    """Return an exception's text on one line of at most `limit` characters, its type if empty."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= limit else text[: limit - 3] + "..."

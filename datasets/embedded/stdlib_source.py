"""Source text of the running Python's standard library, so that every machine has a text offline.

Source: G. van Rossum and the Python developers, https://github.com/python/cpython (Lib/), under
the Python Software Foundation License.
"""

import platform
import re
import sysconfig
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from datasets.embedded.builder import EmbeddedBuilder, EmbeddedInfo, SplitArrays
from datasets.errors import DataError, one_line
from datasets.text.windows import REPLACEMENT

TRAIN_MODULES = (
    "argparse.py",
    "asyncio/base_events.py",
    "asyncio/events.py",
    "asyncio/futures.py",
    "asyncio/locks.py",
    "asyncio/protocols.py",
    "asyncio/queues.py",
    "asyncio/runners.py",
    "asyncio/streams.py",
    "asyncio/taskgroups.py",
    "asyncio/tasks.py",
    "asyncio/timeouts.py",
    "asyncio/transports.py",
    "base64.py",
    "bdb.py",
    "bisect.py",
    "cmd.py",
    "code.py",
    "collections/__init__.py",
    "concurrent/futures/_base.py",
    "concurrent/futures/process.py",
    "concurrent/futures/thread.py",
    "configparser.py",
    "contextlib.py",
    "copy.py",
    "csv.py",
    "dataclasses.py",
    "enum.py",
    "filecmp.py",
    "fileinput.py",
    "fnmatch.py",
    "glob.py",
    "gzip.py",
    "hashlib.py",
    "hmac.py",
    "io.py",
    "json/__init__.py",
    "json/decoder.py",
    "json/encoder.py",
    "json/scanner.py",
    "linecache.py",
    "numbers.py",
    "operator.py",
    "os.py",
    "pprint.py",
    "queue.py",
    "selectors.py",
    "shutil.py",
    "socketserver.py",
)
VALIDATION_MODULES = ("calendar.py", "sched.py", "tempfile.py")
TEST_MODULES = ("shelve.py", "textwrap.py", "timeit.py", "weakref.py")
"""Modules without tables of data that Python 3.11 to 3.13 have under the same name, about 90, 5
and 5 % of the characters."""

CITATION = """@book{vanrossum2009python,
  author = {Van Rossum, Guido and Drake, Fred L.},
  title = {Python 3 Reference Manual},
  publisher = {CreateSpace},
  year = {2009}
}"""


class StdlibSource(EmbeddedBuilder):
    """49 train, 3 validation and 4 test modules, each a document `text`, about 1.25 MB in all.

    Splits are of whole modules, and of unrelated ones: a cut inside a module would test names
    that training has just read, whole modules test how well Python itself has been learnt.

    Line ends are newlines on every system, and each character outside ASCII is U+FFFD: there are
    a few at most, each of which would otherwise be a symbol of its own.

    The content is that of the Python that prepares it, so there is no recorded checksum, the
    version tells which Python it was, and each Python prepares a copy (a TFDS configuration) of
    its own.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}  # noqa: RUF012 (TFDS declares it so)
    BUILDER_CONFIGS = [  # noqa: RUF012 (TFDS declares it so)
        tfds.core.BuilderConfig(
            name=f"python{platform.python_version()}",
            description=f"The standard library of Python {platform.python_version()}.",
        )
    ]
    CONTENT_SHA256 = None
    CONTENT_SOURCE = "the running Python's standard library"
    CONTENT_VERSION = f"1.0.0+python{platform.python_version()}"

    def _info(self) -> Any:
        return EmbeddedInfo(
            builder=self,
            description="Source text of modules of the running Python's standard library.",
            features=tfds.features.FeaturesDict({"text": tfds.features.Text()}),
            homepage="https://github.com/python/cpython",
            citation=CITATION,
            license="Python Software Foundation License",
            disable_shuffling=True,  # the records keep the order of the tables above
        )

    def content(self) -> SplitArrays:
        """Return `text [modules]`, UTF-8 bytes padded by NumPy to the longest, for every split."""
        modules = {"train": TRAIN_MODULES, "validation": VALIDATION_MODULES, "test": TEST_MODULES}
        return {
            split: {"text": np.array([module_text(name).encode() for name in names], "S")}
            for split, names in modules.items()
        }


def module_text(name: str) -> str:
    """Return a module's source in ASCII and U+FFFD, given its path in the standard library.

    Raises:
        DataError: this Python has no such file, as where its library is zipped or frozen.
    """
    path = Path(sysconfig.get_path("stdlib"), name)
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataError(
            f"dataset 'stdlib_source': {path} cannot be read ({one_line(error)}), expected the "
            f"standard library of Python {platform.python_version()} as source files; run a "
            "Python that has them, or choose dataset 'text' with a data_path of your own"
        ) from error
    return re.sub(r"[^\x00-\x7f]", REPLACEMENT, text)

"""TensorFlow's chatter, kept from the terminal; its real warnings are not.

TensorFlow's C++ code writes notices (oneDNN, CPU features, CUDA probing) straight to file
descriptor 2 before any logging option applies. They are caught there while it is imported and first
asked for devices; known notices are dropped, and every other line is passed on.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

_NOTICE = re.compile(
    r"All log messages before absl::InitializeLog"
    r"|^I\d{4} "
    r"|^\d{4}-\d\d-\d\d .*: I "
    r"|cuda_platform|cudart_stub|cuda_dnn|cuda_blas|cuda_fft|failed call to cuInit"
    r"|computation_placer|Unable to register cu|TF-TRT Warning"
    r"|cpu_feature_guard|To enable the following instructions"
)


@contextlib.contextmanager
def dropped() -> Iterator[None]:
    """Drop TensorFlow's notices meanwhile; import it, or what imports it, in here."""
    # 1 drops INFO and keeps WARNING and above; a value set by the user wins. It is 3 among workers,
    # where TensorFlow writes a dozen lines about a lost one, and we write one.
    among_workers = "TF_CONFIG" in os.environ or "SLURM_STEP_NUM_TASKS" in os.environ
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3" if among_workers else "1")
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
            if tensorflow := sys.modules.get("tensorflow"):
                # The first look at the devices writes notices too.
                tensorflow.config.list_physical_devices()
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
            caught.seek(0)
            for line in caught.read().decode(errors="replace").splitlines():
                if line.strip() and not _NOTICE.search(line):
                    print(line, file=sys.stderr)

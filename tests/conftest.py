"""Settings of every test: a quiet TensorFlow and one prepared data folder."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Two test processes, and those that they start, share the cores: more threads only take turns.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import gc
import signal

import pytest

pytest_plugins = ["survived"]

# Under `nohup`, or in a shell's background, these are ignored here, and would be in every process
# that a test starts and signals.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    # Keras 3.15's `model.save` hands NumPy 2.4 a variable that lacks the newer copy argument.
    config.addinivalue_line(
        "filterwarnings",
        "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning",
    )


# Files whose tests take longest, which begin first: of two processes the one that is done waits
# for the other. Those that start processes of their own alternate with those that do not.
LONGEST = (
    "test_workers.py",
    "test_run.py",
    "test_replicas.py",
    "test_reproduce.py",
    "test_resume.py",
    "test_replica_pitfalls.py",
    "test_contributing.py",
    "test_replica_runs.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Put whole files in the order in which xdist hands them out."""
    items.sort(
        key=lambda item: (
            LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST)
        )
    )


def pytest_collection_finish(session):
    """Let the garbage collector pass over what was imported, and come less often."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def cached_pictures(tmp_path_factory):
    """A session's own cache, so that no test reads or fills the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_ZOO_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def prepared_data(tmp_path_factory):
    """A session's own TFDS folder, so that no test reads or fills the user's."""
    folder = tmp_path_factory.mktemp("tfds-data")
    before = os.environ.get("TFDS_DATA_DIR")
    os.environ["TFDS_DATA_DIR"] = str(folder)
    yield folder
    if before is None:
        del os.environ["TFDS_DATA_DIR"]
    else:
        os.environ["TFDS_DATA_DIR"] = before

"""Keras without what few programs use: that is there as ever for those that do."""

import json
import subprocess
import sys

import pytest
from places import ROOT

PROGRAM = """
import gc, importlib.util, json, sys
import trainers.cli.quiet

HEAVY = ("sklearn", "matplotlib.pyplot", "pandas", "pyarrow")
found = {"before": [name for name in HEAVY if name in sys.modules], "collects": gc.isenabled()}
found["finders"] = [type(each).__name__ for each in sys.meta_path]

import keras
import numpy
from keras.src.trainers.data_adapters import array_slicing

wrapper = keras.wrappers.SKLearnClassifier
keras.visualization.plot_image_gallery(numpy.zeros((4, 2, 2, 3)), rows=2, cols=2)
found["drawn"] = "matplotlib.pyplot" in sys.modules
import sklearn.base

found["wrapper"] = issubclass(wrapper, sklearn.base.BaseEstimator)
found["types"] = [each.__module__.partition(".")[0] for each in array_slicing.ARRAY_TYPES]
found["pandas"] = importlib.util.find_spec("pandas") is not None
if importlib.util.find_spec("IPython") is not None:
    import IPython

    found["shell"] = IPython.get_ipython() is None
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found():
    words = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_command_imports_nothing_that_it_may_not_need(found):
    assert found["before"] == []


def test_what_was_put_off_is_itself_when_it_is_used(found):
    assert (found["wrapper"], found["drawn"]) == (True, True)
    assert "numpy" in found["types"]
    assert ("pandas" in found["types"]) is found["pandas"]
    assert found.get("shell", True)


def test_process_is_left_as_it_was(found):
    assert found["collects"]
    assert "_Finder" not in found["finders"]

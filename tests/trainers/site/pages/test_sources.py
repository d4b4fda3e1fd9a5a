"""Code on a page is the code in the file, or the build ends."""

import pytest

import configs
from trainers.site.pages import sources

FILE = '''"""A file."""

import os
from math import (
    pi,
)


@cache
def area(radius, *, half=False):
    """Return an area."""
    # Why.
    return pi * radius**2 / (2 if half else 1)


class Circle:
    def grow(self, by: float) -> None:
        self.radius += by


def bare():
    # First of all.
    value = 1
    return value
'''


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file.py"
    path.write_text(FILE)
    return path


def test_a_function_is_shown_with_its_decorator_and_with_or_without_its_docstring(file):
    found = sources.source_of(file, "area")
    assert found.line == 9
    assert found.text.startswith('@cache\ndef area(radius, *, half=False):\n    """Return')
    assert found.text.endswith("(2 if half else 1)")
    short = sources.source_of(file, "area", docstring=False).text
    assert short == found.text.replace('    """Return an area."""\n', "")


def test_a_method_is_found_in_its_class_and_stands_at_the_margin(file):
    found = sources.source_of(file, "Circle.grow")
    assert found.text == "def grow(self, by: float) -> None:\n    self.radius += by"
    assert sources.definitions(file) == ["area", "Circle", "Circle.grow", "bare"]


def test_a_body_keeps_its_first_comment(file):
    assert sources.body_of(file, "bare") == "# First of all.\nvalue = 1\nreturn value"
    assert sources.body_of(file, "area").startswith("# Why.\nreturn pi")


def test_imports_are_whole(file):
    assert sources.imports_of(file) == "import os\nfrom math import (\n    pi,\n)"


def test_a_name_that_is_gone_is_told_with_the_nearest(file):
    with pytest.raises(configs.ConfigError) as caught:
        sources.source_of(file, "areas")
    assert "file.py defines no 'areas'; did you mean 'area'? allowed: area, Circle," in str(
        caught.value
    )
    assert "\n" not in str(caught.value)


def test_a_file_that_is_gone_is_told(tmp_path):
    with pytest.raises(configs.ConfigError, match=r"gone\.py is not there; give the path"):
        sources.source_of(tmp_path / "gone.py", "area")

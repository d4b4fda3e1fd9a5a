"""What the tests of command lines share."""

import pytest


@pytest.fixture
def before_tensorflow(monkeypatch):
    """What a command does first with TensorFlow ends the test: it should have refused by then."""

    def too_far(*_, **__):
        pytest.fail("it was not refused before TensorFlow was waited for")

    monkeypatch.setattr("trainers.distribution.place.place", too_far)

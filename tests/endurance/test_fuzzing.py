"""Random configurations, weights, manifests, tables and texts: an answer, or one of our errors.

    python -m pytest -m slow -k ten_minutes                     # ten minutes
    FUZZ_SECONDS=3600 python -m pytest -m slow -k ten_minutes   # an hour

The default suite draws the same few inputs each time.
"""

import os
import secrets
import time

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from properties import PROPERTIES

SECONDS = float(os.environ.get("FUZZ_SECONDS", "600"))
CHECKS = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
QUICK = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=CHECKS,
    phases=[Phase.explicit, Phase.generate],
)
LONG = settings(max_examples=200, deadline=None, database=None, suppress_health_check=CHECKS)
NAMES = {each.__name__: each for each in PROPERTIES}


def check(reader, folder, how):
    """Give a reader what is drawn for it."""

    @how
    @given(PROPERTIES[reader])
    def drawn_inputs(drawn):
        reader(drawn, folder)

    drawn_inputs()


@pytest.mark.parametrize("name", sorted(NAMES))
def test_reader_answers_or_refuses_whatever_it_is_given(name, tmp_path):
    """Seen to fail where a manifest that is a list was an internal error."""
    check(NAMES[name], tmp_path, QUICK)


@pytest.mark.slow
def test_readers_answer_or_refuse_for_ten_minutes(tmp_path, survived):
    """A failure shows the seed, and hypothesis the smallest input."""
    end, rounds = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        for reader in PROPERTIES:
            number = secrets.randbits(32)
            print(f"{reader.__name__}, seed {number}")
            check(reader, tmp_path, lambda test, number=number: LONG(seed(number)(test)))
        rounds += 1
    assert rounds
    survived(
        f"random inputs for {len(PROPERTIES)} readers of configurations, weights, manifests, model "
        "files, tables and texts",
        rounds * LONG.max_examples * len(PROPERTIES),
        {"an answer or one of the documented errors": rounds * LONG.max_examples * len(PROPERTIES)},
    )

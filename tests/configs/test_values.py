"""What a word means: YAML 1.2's core schema, in files and on the command line."""

import math
from typing import Literal

import pytest

import configs
from configs.values import core

WORDS = {
    None: ["", "~", "null", "Null", "NULL"],
    True: ["true", "True", "TRUE"],
    False: ["false", "False", "FALSE"],
    10: ["10", "010", "+10", "0o12", "0xA", "0xa"],
    -7: ["-7", "-07"],
    0.5: ["0.5", ".5", "5e-1", "+.5", "0.50", "5E-1"],
    1000.0: ["1e3", "1.e3", "1000.0"],
    math.inf: [".inf", "+.Inf", "1e999"],
    -math.inf: ["-.INF"],
}
MEANINGS = [(word, meaning) for meaning, words in WORDS.items() for word in words]
TEXT = ["12:30:45", "1_000", "2026-01-31", "on", "yes", "No", "tRue", "nULL", "0b11", "0x", "-0x1"]
TEXT += [
    "inf",
    "nan",
    "5 ",
    " 5",
    "５",
    "٣",
    "1e",
    "e3",
    ".",
    "+",
    "1,5",
    "0o8",
    "=",
    "<<",
    "1.2.3",
]


@pytest.mark.parametrize(("word", "meaning"), MEANINGS)
def test_word_means_what_the_core_schema_says(word, meaning):
    assert core(word) == meaning
    assert type(core(word)) is type(meaning)


@pytest.mark.parametrize("word", TEXT)
def test_everything_else_is_text(word):
    assert core(word) == word


def test_what_is_no_number_is_one_word():
    assert all(math.isnan(core(word)) for word in (".nan", ".NaN", ".NAN"))


@pytest.mark.parametrize("word", ["9" * 1001, "-" + "9" * 1001, "0." + "1" * 1001])
def test_endless_number_is_refused_before_it_is_computed(word):
    with pytest.raises(ValueError, match="characters, more than 1000"):
        core(word)


@pytest.mark.parametrize("word", [*TEXT, "", "~", "3.0", "1e3", "true", "null", "none", "None"])
def test_setting_of_whole_numbers_takes_no_other_word(word):
    with pytest.raises(ValueError):
        configs.from_text(int, word)


def test_text_is_taken_as_it_stands_and_null_is_nothing_where_that_is_allowed():
    for word in ("#x", " x ", "[a]", "{a: 1}", "a: b", "12", "~", "'q'", "!t", "&a", "NULL"):
        assert configs.from_text(str, word) == word
        assert configs.from_text(str | None, word) == word
    assert configs.from_text(str | None, "null") is None
    assert configs.from_text(str, "null") == "null"
    assert configs.from_text(int | Literal["full"], "full") == "full"
    assert configs.from_text(int | Literal["full"], "8") == 8
    assert configs.from_text(tuple[int, ...], "100, 50") == [100, 50]
    assert configs.from_text(tuple[int, ...], "") == []
    assert configs.from_text(int | tuple[int, ...], "100") == 100
    assert configs.from_text(int | tuple[int, ...], "100,50") == [100, 50]
    assert configs.from_text(int | tuple[int, ...], "[100]") == [100]


VALUES = [None, True, 3, 0.5, "3", "a", "", [], [3], {}, {"a": 1}, [None], [True], (4,), 10**400]
TAKEN = {
    int: [3, 10**400],
    float: [3, 0.5],
    bool: [True],
    str: ["3", "a", ""],
    int | None: [None, 3, 10**400],
    float | None: [None, 3, 0.5],
    Literal["a", "b"]: ["a"],
    int | Literal["a"]: [3, "a", 10**400],
    tuple[int, ...]: [[], [3], (4,)],
    tuple[str, ...]: [[]],
    int | tuple[int, ...]: [3, [], [3], (4,), 10**400],
}


@pytest.mark.parametrize("hint", TAKEN, ids=str)
def test_type_takes_its_own_values_alone(hint):
    def takes(value):
        try:
            configs.typed(hint, value)
        except ValueError:
            return False
        return True

    assert [value for value in VALUES if takes(value)] == TAKEN[hint]


def test_value_is_shown_as_a_file_has_it_and_briefly():
    assert configs.shown(None) == "null"
    assert configs.shown("a") == "'a'"
    assert len(configs.shown("x" * 10_000)) < 100
    assert len(configs.shown(10**900)) < 100
    assert len(configs.shown([{"a": ["b" * 100] * 100}] * 100)) < 110

import math
from functools import cache

import numpy as np
import pytest

from datasets import DataError
from datasets.embedded.reber_grammar import (
    SYMBOLS,
    generate,
    memory_position,
    next_symbol_probabilities,
    oracle_loss,
)

# Drawn again from the paper's figures 3 and 4, in another form than the package's table.
INNER = {
    1: [("B", 2)],
    2: [("T", 3), ("P", 4)],
    3: [("S", 3), ("X", 5)],
    4: [("T", 4), ("V", 6)],
    5: [("X", 4), ("S", 7)],
    6: [("P", 5), ("V", 7)],
    7: [("E", 8)],
}


def inner_strings(longest):
    """Every inner string of at most `longest` symbols with its probability."""
    pending, done = [("", 1, 1.0)], {}
    while pending:
        text, node, probability = pending.pop()
        if node == 8:
            done[text] = probability
        elif len(text) < longest:
            share = probability / len(INNER[node])
            pending += [(text + symbol, nxt, share) for symbol, nxt in INNER[node]]
    return done


def embedded_strings(longest):
    return {
        f"B{memory}{inner}{memory}E": probability / 2
        for inner, probability in inner_strings(longest - 4).items()
        for memory in "TP"
    }


@cache
def expected_counts():
    """The expected symbols and forks of an embedded string, from the linear equations."""
    nodes = list(INNER)
    matrix, forks = np.eye(7), np.zeros(7)
    for row, node in enumerate(nodes):
        forks[row] = len(INNER[node]) == 2
        for _, following in INNER[node]:
            if following != 8:
                matrix[row, nodes.index(following)] -= 1 / len(INNER[node])
    return 4 + np.linalg.solve(matrix, np.ones(7))[0], 1 + np.linalg.solve(matrix, forks)[0]


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(5)
    return [generate(rng) for _ in range(20_000)]


def test_every_short_string_has_the_probability_of_its_enumeration():
    strings = embedded_strings(16)
    assert len(strings) > 100
    assert strings["BTBTXSETE"] == 1 / 16
    for string, expected in strings.items():
        steps = [
            next_symbol_probabilities(string[:position])[SYMBOLS.index(string[position])]
            for position in range(len(string))
        ]
        assert math.prod(steps) == expected


def test_probabilities_of_a_prefix_sum_to_one_and_name_the_arcs():
    for string in list(embedded_strings(14))[::7]:
        for position in range(len(string)):
            assert next_symbol_probabilities(string[:position]).sum() == 1
    np.testing.assert_array_equal(
        next_symbol_probabilities("BPBT"), [0, 0, 0, 0.5, 0.5, 0, 0]
    )  # S or X
    np.testing.assert_array_equal(next_symbol_probabilities("BPBTXSE"), [0, 0, 1, 0, 0, 0, 0])
    np.testing.assert_array_equal(next_symbol_probabilities("BTBTXSE"), [0, 1, 0, 0, 0, 0, 0])


def test_generated_frequencies_are_the_enumerated_probabilities(sample):
    for string, probability in embedded_strings(10).items():
        deviation = math.sqrt(probability * (1 - probability) / len(sample))
        assert abs(sample.count(string) / len(sample) - probability) < 4.5 * deviation


def test_mean_length_is_that_of_the_linear_equations(sample):
    lengths = np.array([len(string) for string in sample])
    expected, _ = expected_counts()
    assert lengths.min() == 9
    assert lengths.max() > 24  # unbounded: nothing truncates
    assert abs(lengths.mean() - expected) < 4 * lengths.std() / math.sqrt(len(lengths))


def test_oracle_loss_is_recomputed_from_the_arc_table(sample):
    losses = []
    for string in sample[:2000]:
        losses.append(math.log(2))  # the memory symbol
        node = 1
        for symbol in string[2:-2]:
            if string[2:-2] and (node != 1):
                losses.append(math.log(len(INNER[node])))
            else:
                losses.append(0.0)
            node = dict(INNER[node])[symbol]
        losses += [0.0, 0.0]  # the repeated memory symbol and E
    assert len(losses) == sum(len(string) - 1 for string in sample[:2000])
    assert oracle_loss(sample[:2000]) == pytest.approx(sum(losses) / len(losses), rel=1e-12)


def test_oracle_loss_of_one_string_is_counted_by_hand():
    # B, then T (1/2), B (1), T (1/2), X (1/2), S (1/2), E (1), T (1), E (1)
    assert oracle_loss(["BTBTXSETE"]) == pytest.approx(4 * math.log(2) / 8, rel=1e-15)


def test_oracle_loss_approaches_the_entropy_of_the_linear_equations(sample):
    length, forks = expected_counts()
    assert oracle_loss(sample) == pytest.approx(forks * math.log(2) / (length - 1), rel=0.01)


def test_memory_position_holds_the_symbol_that_was_seen_second(sample):
    for string in sample[:500]:
        position = memory_position(string)
        assert position == len(string) - 2
        assert string[position] == string[1]
        assert string[position] in "TP"


@pytest.mark.parametrize(
    ("function", "given", "said"),
    [
        (next_symbol_probabilities, "BX", "symbol 1 is 'X', allowed T or P"),
        (next_symbol_probabilities, "BTBTXSETE", "whole string"),
        (memory_position, "BTBTXSE", "unfinished"),
        (memory_position, "BTBTXSEPE", "symbol 7 is 'P', allowed T"),
        (lambda text: oracle_loss([text]), "BTBTXSETEE", "the string has ended"),
        (lambda _: oracle_loss([]), "", "at least one string"),
    ],
)
def test_strings_outside_the_grammar_are_refused(function, given, said):
    with pytest.raises(DataError, match=said):
        function(given)


def test_generation_depends_on_the_generator_alone():
    first, second = (np.random.default_rng(1) for _ in range(2))
    assert [generate(first) for _ in range(50)] == [generate(second) for _ in range(50)]

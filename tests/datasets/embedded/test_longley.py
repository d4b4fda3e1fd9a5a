"""The table that breaks least squares, solved without rounding: its digits are NIST's."""

from fractions import Fraction

import pytest

from datasets.catalogue import EMBEDDED_DATASETS

# NIST Statistical Reference Datasets, Longley: certified to 15 digits, the intercept first.
CERTIFIED = (
    "-3482258.63459582",
    "15.0618722713733",
    "-0.0358191792925910",
    "-2.02022980381683",
    "-1.03322686717359",
    "-0.0511041056535807",
    "1829.15146461355",
)


def test_exact_least_squares_has_all_digits_that_nist_certifies(tfds_dir):
    """A single wrong digit in the table would change them."""
    content = EMBEDDED_DATASETS["longley"].builder_class()(data_dir=tfds_dir).content()["train"]
    # Decimals such as 88.5 are meant, not the nearest binary numbers.
    table = [[Fraction(1), *(Fraction(str(x)) for x in row)] for row in content["features"]]
    target = [Fraction(str(y)) for y in content["target"]]
    size = range(len(table[0]))
    equations = [
        [sum(row[i] * row[j] for row in table) for j in size]
        + [sum(row[i] * y for row, y in zip(table, target, strict=True))]
        for i in size
    ]
    for pivot in size:
        equations[pivot] = [value / equations[pivot][pivot] for value in equations[pivot]]
        for other in set(size) - {pivot}:
            factor = equations[other][pivot]
            pairs = zip(equations[other], equations[pivot], strict=True)
            equations[other] = [value - factor * pivoted for value, pivoted in pairs]
    for row, printed in zip(equations, CERTIFIED, strict=True):
        # Fifteen significant digits: half a unit of the last one.
        assert float(row[-1]) == pytest.approx(float(printed), rel=5e-15)

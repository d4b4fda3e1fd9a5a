"""Groups stay whole, and splits come near their sizes and their shares of classes."""

import numpy as np
import pytest

from datasets import DataError
from datasets.own.splits import divided


@pytest.fixture
def grouped():
    """1,000 rows of 120 groups of many sizes, and classes 3 to 1."""
    random = np.random.default_rng(5)
    groups = np.sort(random.zipf(1.6, 1000) % 120)
    return groups, (random.random(1000) < 0.25).astype(np.int64)


def test_no_group_crosses_splits_and_sizes_are_near(grouped):
    groups, classes = grouped
    rows = divided("table", 1000, classes, 0.1, 0, groups=groups)
    together = np.concatenate(list(rows.values()))
    np.testing.assert_array_equal(np.sort(together), np.arange(1000))
    found = [set(groups[each]) for each in rows.values()]
    assert not found[0] & found[1]
    assert not found[0] & found[2]
    assert not found[1] & found[2]
    for split in ("validation", "test"):
        assert abs(len(rows[split]) - 100) <= 10
        assert abs(classes[rows[split]].mean() - classes.mean()) < 0.05


def test_groups_of_one_give_the_sizes_and_shares_of_a_stratified_split():
    classes = np.repeat([0, 1], [150, 50])
    names = np.array([f"patient {number}" for number in range(200)])
    rows = divided("table", 200, classes, 0.1, 3, groups=names)
    assert [len(each) for each in rows.values()] == [160, 20, 20]
    assert [np.bincount(classes[each]).tolist() for each in rows.values()] == [
        [120, 40],
        [15, 5],
        [15, 5],
    ]


def test_the_seed_decides_which_groups_are_held_out(grouped):
    groups, _ = grouped
    held = [divided("table", 1000, None, 0.1, seed, groups=groups)["test"] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(held[0], held[1])
    assert set(groups[held[0]]) != set(groups[held[2]])


def test_a_few_large_groups_leave_no_split_empty():
    groups = np.repeat(["a", "b", "c"], [10, 100, 100])
    rows = divided("table", 210, None, 0.1, 0, groups=groups)
    assert sorted(len(each) for each in rows.values()) == [10, 100, 100]
    with pytest.raises(DataError, match=r"has 2 groups \(a, b\) for 3 splits"):
        divided("table", 110, None, 0.1, 0, groups=groups[:110])

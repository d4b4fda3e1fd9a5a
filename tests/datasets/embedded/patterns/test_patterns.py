"""The problems that are known by definition, each against its definition written otherwise."""

import math

import numpy as np
import pytest

from datasets import DataOptionError, load
from datasets.catalogue import EMBEDDED_DATASETS

ANSWERS = {
    "parity": lambda bits: bits.count("1") in (1, 3),
    "symmetry": lambda bits: bits == bits[::-1],
    "xor": lambda bits: bits in ("01", "10"),
}
YES = {"parity": 8, "symmetry": 8, "xor": 2}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_pattern_has_its_answer_in_every_split(tfds_dir, name):
    data = load(name, data_dir=tfds_dir)
    for split in data.splits.values():
        patterns = ["".join(str(int(bit)) for bit in row) for row in split.inputs]
        width = len(patterns[0])
        assert sorted(patterns) == [f"{number:0{width}b}" for number in range(2**width)]
        assert split.targets.tolist() == [ANSWERS[name](bits) for bits in patterns]
        assert split.targets.sum() == YES[name]


def test_points_lie_on_two_spirals_those_held_out_between_the_others(tfds_dir):
    content = EMBEDDED_DATASETS["spirals"].builder_class()(data_dir=tfds_dir).content()
    assert [len(split["label"]) for split in content.values()] == [194, 192, 192]
    for split, offset in (("train", 0.0), ("validation", 0.25), ("test", 0.5)):
        points, labels = content[split]["features"], content[split]["label"]
        for row in (0, 1, 2, 90, 191):
            place, sign = row // 2 + offset, -1 if row % 2 else 1
            radius = sign * 6.5 * (104 - place) / 104
            expected = [radius * math.sin(place * math.pi / 16)]
            expected.append(radius * math.cos(place * math.pi / 16))
            assert points[row] == pytest.approx(expected, abs=6e-6)
            assert labels[row] == (sign > 0)
    # r = 6.5 and 0.5 at the ends; 6.4375 (sin 11.25, cos 11.25 degrees) = 1.255894, 6.313805.
    train = content["train"]["features"]
    np.testing.assert_array_equal(train[:2], np.float32([[0, 6.5], [0, -6.5]]))
    np.testing.assert_array_equal(train[2], np.float32([1.25589, 6.31381]))
    np.testing.assert_array_equal(train[192], np.float32([0, 0.5]))


@pytest.mark.parametrize("name", [*ANSWERS, "spirals"])
def test_a_net_with_one_output_is_given_the_class_as_a_number(tfds_dir, name):
    """And inputs as recorded: bits that are standardized would be another problem."""
    classes = load(name, data_dir=tfds_dir)
    numbers = load(name, data_dir=tfds_dir, target_key="target")
    assert (classes.task, classes.num_classes) == ("classification", 2)
    assert (numbers.task, numbers.num_classes) == ("regression", 1)
    for split, given in numbers.splits.items():
        np.testing.assert_array_equal(given.targets[:, 0], classes.splits[split].targets)
        np.testing.assert_array_equal(given.inputs, classes.splits[split].inputs)
    assert numbers.preparation["inputs"]["deviation"] is None
    assert load(name, data_dir=tfds_dir, target_key="target", task="regression").task


def test_a_feature_that_is_none_gets_its_nearest_name(tfds_dir):
    with pytest.raises(DataOptionError, match="no feature 'targt'; did you mean 'target'"):
        load("xor", data_dir=tfds_dir, target_key="targt")
    with pytest.raises(DataOptionError, match="task is 'regression' with dataset 'xor'"):
        load("xor", data_dir=tfds_dir, task="regression")
    with pytest.raises(DataOptionError, match="target_key is 'x' with dataset 'reber'"):
        load("reber", data_dir=tfds_dir, target_key="x")


def test_other_data_of_these_are_taken_by_their_names_alone():
    assert {name for name, row in EMBEDDED_DATASETS.items() if "patterns" in str(row.builder)} == {
        *ANSWERS,
        "spirals",
    }

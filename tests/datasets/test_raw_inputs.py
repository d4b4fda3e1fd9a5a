"""`Dataset.preparation` says how raw records became inputs: here it is carried out in NumPy."""

import json

import numpy as np
import tensorflow_datasets as tfds

from datasets import load
from datasets.text.windows import Passage, text_fields


def records(name, data_dir):
    split = tfds.load(name, data_dir=data_dir, split="test" if name == "digits" else "train")
    return list(tfds.as_numpy(split))


def test_pictures_are_divided_by_their_scale(tfds_dir):
    digits = load("digits", data_dir=tfds_dir)
    assert json.loads(json.dumps(digits.preparation)) == digits.preparation
    assert digits.preparation == {
        "inputs": {"kind": "images", "shape": [8, 8, 1], "scale": 16.0, "resize": None},
        "outputs": {"kind": "classes", "names": list("0123456789")},
    }
    raw = np.stack([record["image"] for record in records("digits", tfds_dir)])
    np.testing.assert_array_equal(
        np.sort((raw.astype(np.float32) / np.float32(16)).ravel()),
        np.sort(digits.splits["test"].inputs.ravel()),
    )


def test_measurements_are_standardized_and_targets_left(tfds_dir):
    table = load("diabetes", data_dir=tfds_dir)
    inputs, outputs = table.preparation["inputs"], table.preparation["outputs"]
    assert (inputs["kind"], inputs["shape"]) == ("numbers", [10])
    assert json.loads(json.dumps(table.preparation)) == table.preparation
    assert outputs == {"kind": "numbers", "names": ["target"], "mean": None, "deviation": None}
    found = records("diabetes", tfds_dir)
    raw = np.stack([record["features"] for record in found])
    by_target = np.argsort([record["target"] for record in found], kind="stable")
    train = table.splits["train"]
    order = np.argsort(train.targets[:, 0], kind="stable")
    expected = (raw - np.array(inputs["mean"])) / np.array(inputs["deviation"])
    # Equal targets may lie in another order, so sums over them are compared too.
    np.testing.assert_allclose(
        np.sort(expected[by_target], axis=0), np.sort(train.inputs[order], axis=0), rtol=1e-6
    )


def test_symbols_are_numbered_in_their_order(tfds_dir):
    reber = load("reber", data_dir=tfds_dir)
    assert reber.preparation == {
        "inputs": {"kind": "symbols", "symbols": list("BTPSXVE"), "unknown": None},
        "outputs": {"kind": "symbols", "names": list("BTPSXVE")},
    }


def test_a_text_says_what_stands_for_unknown_characters():
    def preparation(train):
        passages = {"train": train, "validation": "abab", "test": "abab"}
        passages = {split: Passage(text, 0, len(text)) for split, text in passages.items()}
        return text_fields("x", passages, 2, 2.0)["preparation"]["inputs"]

    assert preparation("aaabbb") == {"kind": "symbols", "symbols": ["a", "b"], "unknown": None}
    assert preparation("aaaccc")["unknown"] == "\ufffd"
    assert preparation("aaaccc")["symbols"] == ["a", "c", "\ufffd"]


def test_an_environment_has_none():
    assert load("cartpole").preparation == {}

import tracemalloc

import numpy as np
import pytest

import datasets
from datasets import DataError, load, stream_order
from datasets.storage import Storage
from datasets.text.windows import Passage, text_fields, vocabulary, window_count, window_split


def passages(train, validation, test):
    texts = {"train": train, "validation": validation, "test": test}
    return {split: Passage(text, 0, len(text)) for split, text in texts.items()}


def decoded(split, symbols):
    """The text that a split's inputs and targets hold, from its first input and its targets."""
    predicted = split.targets.ravel()[split.weights.ravel() == 1]
    return symbols[split.inputs[0, 0]] + "".join(symbols[number] for number in predicted)


def text_of(length, seed):
    letters = np.array(list("abcdé\n語😀"))
    return "".join(np.random.default_rng(seed).choice(letters, length))


LENGTHS = {"train": 1001, "validation": 130, "test": 65}


@pytest.mark.parametrize("steps", [1, 7, 64])
def test_every_character_but_the_first_is_predicted_once_in_order(steps):
    texts = {split: text_of(length, seed=length) for split, length in LENGTHS.items()}
    fields = text_fields("x", passages(**texts), steps, 2.0)
    symbols = fields["class_names"]
    for name, split in fields["splits"].items():
        text = texts[name]
        assert decoded(split, symbols) == text
        assert split.weights.sum() == len(text) - 1
        assert split.inputs.shape == split.targets.shape == split.weights.shape
        assert split.inputs.shape[1] == steps == fields["input_shape"][0]
        assert split.inputs.dtype == split.targets.dtype == np.int32
        assert split.weights.dtype == np.float32
        inputs = split.inputs.ravel()
        assert "".join(symbols[number] for number in inputs[: len(text) - 1]) == text[:-1]
        np.testing.assert_array_equal(inputs[1:], split.targets.ravel()[:-1])  # windows continue


def test_windows_are_those_written_by_hand():
    fields = text_fields("x", passages("abcab", "abc", "cab"), 2, 2.0)
    train, validation = fields["splits"]["train"], fields["splits"]["validation"]
    assert train.inputs.tolist() == [[0, 1], [2, 0]]
    assert train.targets.tolist() == [[1, 2], [0, 1]]
    assert train.weights.tolist() == [[1, 1], [1, 1]]
    assert validation.inputs.tolist() == [[0, 1], [2, 0], *[[0, 0]] * 6]
    assert validation.targets.tolist() == [[1, 2], *[[0, 0]] * 7]
    assert validation.weights.tolist() == [[1, 1], *[[0, 0]] * 7]


@pytest.mark.parametrize(
    ("characters", "train", "evaluated"), [(65, 1, 8), (66, 2, 8), (513, 8, 8), (514, 9, 16)]
)
def test_padding_is_to_whole_windows_and_to_whole_streams(characters, train, evaluated):
    assert window_count(characters, 64, 1) == train
    assert window_count(characters, 64) == evaluated
    assert datasets.EVALUATION_STREAMS == 8


def test_only_the_end_is_padded_and_padding_weighs_nothing():
    fields = text_fields("x", passages("ab" * 500, "ab" * 100, "ba" * 100), 64, 2.0)
    for name, predicted, windows in (("train", 999, 16), ("validation", 199, 8)):
        split = fields["splits"][name]
        weights = split.weights.ravel()
        np.testing.assert_array_equal(weights, np.arange(windows * 64) < predicted)
        assert not split.targets.ravel()[predicted:].any()
        assert not split.inputs.ravel()[predicted + 1 :].any()


def test_vocabulary_is_that_of_training():
    assert vocabulary(passages("cab\n", "abc", "a")) == "\nabc"
    assert vocabulary(passages("b😀a", "a", "b")) == "ab😀"


def test_characters_unknown_to_training_are_one_symbol_that_is_there_only_then():
    fields = text_fields("x", passages("ab😀ba", "axb", "yzé"), 1, 2.0)
    assert fields["class_names"] == ("a", "b", "\ufffd", "😀")
    assert fields["num_classes"] == 4
    assert decoded(fields["splits"]["validation"], fields["class_names"]) == "a\ufffdb"
    assert decoded(fields["splits"]["test"], fields["class_names"]) == "\ufffd" * 3
    # Where training knows the replacement character itself, it is no second symbol.
    assert vocabulary(passages("a\ufffd", "x", "y")) == "a\ufffd"


@pytest.mark.parametrize("block_bytes", [1, 100, 1 << 22])
def test_blocks_change_nothing(block_bytes, monkeypatch):
    texts = passages(*(text_of(length, seed=9) for length in LENGTHS.values()))
    expected = text_fields("x", texts, 7, 2.0)
    monkeypatch.setattr("datasets.text.windows.BLOCK_BYTES", block_bytes)
    monkeypatch.setattr("datasets.text.windows.BLOCK_CHARACTERS", block_bytes)
    actual = text_fields("x", texts, 7, 0.0)
    assert actual["class_names"] == expected["class_names"]
    for split, left in expected["splits"].items():
        right = actual["splits"][split]
        for (name, resident), (_, mapped) in zip(left.arrays(), right.arrays(), strict=True):
            assert isinstance(mapped, np.memmap), name
            np.testing.assert_array_equal(resident, mapped)


def test_mapped_windows_take_little_memory():
    text = "abcdefgh" * 250_000  # 24 MB of arrays
    numbers = np.zeros(0x110000, np.int32)
    storage = Storage("x", 12 * len(text), max_resident_gib=0)
    tracemalloc.start()
    try:
        window_split(Passage(text, 0, len(text)), numbers, (len(text) // 64, 64), storage)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60e6  # a few blocks of 4 MiB, whatever the text's length


@pytest.mark.parametrize("short", ["train", "validation", "test"])
def test_split_without_a_whole_window_is_refused(short):
    texts = dict.fromkeys(("train", "validation", "test"), "a" * 65) | {short: "a" * 64}
    with pytest.raises(DataError) as caught:
        text_fields("x", passages(**texts), 64, 2.0)
    said = f"split '{short}' holds 64 characters, expected at least 65, one more than window_steps"
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("size", "streams"), [(10, 3), (8, 8), (1, 1), (1000, 7), (64, 64)])
def test_each_stream_reads_on_and_no_window_comes_twice(size, streams):
    for epoch in range(5):
        order = stream_order(size, streams, seed=4, epoch=epoch)
        steps = size // streams
        assert order.dtype == np.int32
        assert order.shape == (steps * streams,)
        assert len(set(order.tolist())) == steps * streams
        updates = order.reshape(steps, streams)
        np.testing.assert_array_equal(updates[1:], (updates[:-1] + 1) % size)
        assert 0 <= order.min() <= order.max() < size


def test_stream_order_is_the_recorded_one():
    # A changed stream would break the resumption of old runs: release it as a new version.
    assert stream_order(10, 3, seed=0, epoch=0).tolist() == [8, 1, 4, 9, 2, 5, 0, 3, 6]


def test_stream_order_depends_on_seed_and_epoch_alone():
    first = stream_order(1000, 8, seed=3, epoch=7)
    np.random.seed(0)
    np.random.random(10)
    np.testing.assert_array_equal(first, stream_order(1000, 8, seed=3, epoch=7))
    for seed, epoch in ((3, 8), (4, 7), (7, 3)):
        assert first[0] != stream_order(1000, 8, seed, epoch)[0]


def test_epochs_shift_uniformly_so_that_every_window_is_read():
    starts = np.array([stream_order(10, 4, seed=1, epoch=epoch)[0] for epoch in range(5000)])
    chi_square = ((np.bincount(starts, minlength=10) - 500) ** 2 / 500).sum()
    assert chi_square < 27.9  # 0.999 quantile of 9 degrees of freedom
    read = set()
    for epoch in range(12):
        read |= set(stream_order(10, 4, seed=0, epoch=epoch).tolist())  # 8 of 10 in each
    assert read == set(range(10))


@pytest.mark.parametrize("arguments", [(0, 1, 0, 0), (5, 0, 0, 0), (5, 6, 0, 0), (5, 1, -1, 0)])
def test_impossible_stream_orders_are_refused(arguments):
    with pytest.raises(DataError, match=r"allowed are size of 1 or more, streams of 1 to size"):
        stream_order(*arguments)
    with pytest.raises(DataError, match=r"seed=0, epoch=-1\): allowed are"):
        stream_order(5, 5, 0, -1)


@pytest.mark.parametrize("max_resident_gib", [2.0, 0.0])
def test_tiny_shakespeare_is_whole(max_resident_gib, shakespeare_dir):
    data = load("tiny_shakespeare", data_dir=shakespeare_dir, max_resident_gib=max_resident_gib)
    assert (data.task, data.input_shape, data.contiguous) == ("next_character", (64,), True)
    assert data.num_classes == len(data.class_names) == 65
    assert "".join(data.class_names[:13]) == "\n !$&',-.3:;?"
    assert data.oracle_loss == {}
    shapes = {name: split.inputs.shape for name, split in data.splits.items()}
    assert shapes == {"train": (15_686, 64), "validation": (872, 64), "test": (872, 64)}
    sums = [int(split.weights.sum()) for split in data.splits.values()]
    assert sums == [1_003_853, 55_769, 55_769]
    assert decoded(data.splits["train"], data.class_names).startswith("First Citizen:\nBefore we")
    assert data.fingerprint == "7c3f3e68591635aa24a4990f51b69e7ede3f26328172371656065ac6e25f8710"

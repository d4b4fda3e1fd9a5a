"""The adding problem and temporal order, as the paper of 1997 has them, and what they refuse."""

import numpy as np
import pytest

import datasets


def test_a_sum_is_that_of_two_marked_numbers_in_the_papers_places():
    data = datasets.load("adding", train_sequences=3_000)
    split = data.splits["train"]
    assert data.input_shape == (110, 2)
    assert set(split.lengths) == set(range(100, 111))
    firsts, seconds = [], []
    for values, target, length in zip(split.inputs, split.targets, split.lengths, strict=True):
        real, marks = values[:length, 0], values[:length, 1]
        assert np.isnan(values[length:]).all()
        assert marks[0] == marks[-1] == -1
        assert set(marks[1:-1]) <= {0, 1}
        found = np.flatnonzero(marks == 1)
        assert target[0] == pytest.approx(0.5 + real[found].sum() / 4, abs=1e-6)
        # One of the two is the first step now and then, and counts for nothing there.
        assert len(found) == (1 if real[0] == 0 else 2)
        firsts.append(found[0])
        seconds.append(found[-1])
    assert min(firsts) == 1
    assert max(seconds) == 48  # the 49 first steps are those of T / 2 - 1
    assert np.nanmin(split.inputs[..., 0]) < -0.99
    assert np.nanmax(split.inputs[..., 0]) > 0.99
    assert np.mean((split.targets - 0.5) ** 2) == pytest.approx(1 / 24, rel=0.1)
    assert {name: each.size for name, each in data.splits.items()} == {
        "train": 3_000,
        "validation": 2_560,
        "test": 2_560,
    }


@pytest.mark.parametrize(
    ("relevant", "places"), [(2, ((10, 20), (50, 60))), (3, ((10, 20), (33, 43), (66, 76)))]
)
def test_a_class_is_the_order_of_x_and_y_in_the_papers_places(relevant, places):
    data = datasets.load("temporal_order", relevant_symbols=relevant, train_sequences=2_000)
    split = data.splits["train"]
    assert len(data.class_names) == 2**relevant
    assert np.bincount(split.targets, minlength=2**relevant).min() > 2_000 / 2**relevant * 0.8
    seen = [set() for _ in places]
    for values, target, length in zip(split.inputs, split.targets, split.lengths, strict=True):
        assert (values[:length].sum(axis=1) == 1).all()
        text = "".join("EBabcdXY"[symbol] for symbol in values[:length].argmax(axis=1))
        assert text[0] == "E"
        assert text.index("B") == length - 1
        order = [(step, symbol) for step, symbol in enumerate(text) if symbol in "XY"]
        assert "".join(symbol for _, symbol in order) == data.class_names[target]
        for found, (step, _) in zip(seen, order, strict=True):
            found.add(step)
    assert [(min(found), max(found)) for found in seen] == list(places)


def test_a_seed_draws_all_splits_and_their_numbers_do_not_move_each_other():
    few, more = (datasets.load("adding", train_sequences=count) for count in (50, 80))
    for split in ("validation", "test"):
        np.testing.assert_array_equal(few.splits[split].inputs, more.splits[split].inputs)
    other = datasets.load("adding", train_sequences=50, split_seed=1)
    assert few.fingerprint == datasets.load("adding", train_sequences=50).fingerprint
    assert few.fingerprint != other.fingerprint
    assert few.fingerprint.startswith("drawn-")
    tests = [each.splits["test"].targets for each in (few, other)]
    assert not np.array_equal(*tests)


def test_longer_sequences_have_later_places():
    data = datasets.load("adding", sequence_steps=300, train_sequences=400)
    assert data.input_shape == (330, 2)
    assert data.splits["train"].lengths.min() >= 300
    marked = np.argwhere(data.splits["train"].inputs[..., 1] == 1)
    assert 120 < marked[:, 1].max() <= 148


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("adding", {"sequence_steps": 5}, "sequence_steps is 5 .*, allowed is 20 to 100000"),
        ("adding", {"train_sequences": 0}, "train_sequences is 0 .*, allowed is 1 or more"),
        ("temporal_order", {"relevant_symbols": 4}, "relevant_symbols is 4 .*, allowed is 2 or 3"),
        ("adding", {"relevant_symbols": 2}, "allowed only with dataset 'temporal_order'"),
        ("digits", {"sequence_steps": 50}, "allowed only with dataset 'adding' or dataset 'tempo"),
        ("adding", {"data_path": "file"}, "allowed only with dataset 'arrays'"),
        ("addng", {}, "did you mean 'adding'"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_one_line(name, options, message):
    with pytest.raises(datasets.DataError, match=message) as told:
        datasets.load(name, **options)
    assert "\n" not in str(told.value)

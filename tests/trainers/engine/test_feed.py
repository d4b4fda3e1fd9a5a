"""Which examples update n sees: every one once an epoch, from memory or from disk."""

import numpy as np
import pytest

import datasets
from trainers.engine import feed as feed_module
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop


def split_of(size, *, resident=True, features=5):
    random = np.random.default_rng(1)
    inputs = random.normal(size=(size, features)).astype(np.float32)
    inputs[:, 0] = np.arange(size)  # an example's number travels in its first feature
    return datasets.Split(
        inputs=inputs,
        targets=random.integers(0, 3, size, np.int32),
        weights=np.ones(size, np.float32),
        masks={},
        resident=resident,
    )


def examples_of(stretch):
    """Numbers of the examples of every update of a stretch, in order."""
    numbers = stretch.data.inputs.numpy()[:, 0].astype(int)
    order = np.asarray(stretch.order)
    batches = []
    for i in range(stretch.first, stretch.first + stretch.length):
        rows = order[i * stretch.batch_size : (i + 1) * stretch.batch_size]
        assert len(rows) == stretch.batch_size
        batches.append(list(numbers[rows]))
    return batches


def walk(feed, first, last, most=1000):
    """The batches of updates first..last-1."""
    step, batches = first, []
    while step < last:
        stretch = feed.stretch(step, min(most, last - step))
        assert 1 <= stretch.length <= min(most, last - step)
        batches += examples_of(stretch)
        step += stretch.length
    return batches


@pytest.fixture(params=["resident", "streamed", "streamed in many chunks"])
def make_feed(request, monkeypatch):
    def make(size, batch_size, seed=0):
        resident = request.param == "resident"
        split = split_of(size, resident=resident)
        if request.param.endswith("chunks"):
            row = split.nbytes // split.size
            monkeypatch.setattr(feed_module, "_CHUNK_BYTES", 2 * row * batch_size)
        return Feed(split, batch_size, seed)

    return make


@pytest.mark.parametrize(
    ("size", "batch_size", "updates"),
    [(23, 5, 5), (20, 5, 4), (7, 7, 1), (7, 1, 7), (3, 2, 2), (21, 10, 3)],
)
@pytest.mark.parametrize("most", [1, 2, 1000])
def test_every_epoch_has_every_example_exactly_once(make_feed, size, batch_size, updates, most):
    feed = make_feed(size, batch_size)
    assert feed.steps_per_epoch == updates
    batches = walk(feed, 0, 3 * updates, most)
    assert len(batches) == 3 * updates
    epochs = [batches[e * updates : (e + 1) * updates] for e in range(3)]
    for epoch in epochs:
        assert sorted(number for batch in epoch for number in batch) == list(range(size))
        assert [len(batch) for batch in epoch[:-1]] == [batch_size] * (updates - 1)
        assert len(epoch[-1]) == size - batch_size * (updates - 1)
    if size > 3:
        assert epochs[0] != epochs[1] != epochs[2]


def test_position_is_a_step_number_wherever_one_begins(make_feed):
    whole = walk(make_feed(23, 5), 0, 15)
    for start in range(15):
        assert walk(make_feed(23, 5), start, 15) == whole[start:]


def test_short_epochs_without_a_smaller_batch_are_one_order(monkeypatch):
    apart = Feed(split_of(20), 5, 0)
    monkeypatch.setattr(apart, "_epochs", 1)
    expected = walk(apart, 0, 24)
    monkeypatch.setattr(feed_module, "_ORDER_EXAMPLES", 60)
    feed = Feed(split_of(20), 5, 0)
    stretches = [feed.stretch(step, 1000) for step in (0, 5, 12)]
    # Three epochs of four updates; the next order has as many examples, and compiles nothing.
    assert [(each.first, each.length) for each in stretches] == [(0, 12), (5, 7), (0, 12)]
    assert [each.order.shape for each in stretches] == [(60,)] * 3
    assert walk(feed, 0, 24) == walk(feed, 0, 24, most=5) == expected


@pytest.mark.parametrize(
    ("size", "batch_size", "varied", "epochs"),
    [(23, 5, False, 1), (20, 5, True, 1), (20, 5, False, 256), (2**14, 2**10, False, 2)],
)
def test_epochs_are_joined_where_all_their_batches_are_alike(size, batch_size, varied, epochs):
    stretch = Feed(split_of(size), batch_size, 0, varied=varied).stretch(0, 10**6)
    assert stretch.length == epochs * (size // batch_size)


def test_jumping_back_gives_the_same_examples_again(make_feed):
    feed = make_feed(23, 5)
    whole = walk(feed, 0, 15)
    for start in (9, 2, 4, 14, 0):
        assert walk(feed, start, start + 1) == whole[start : start + 1]


def test_seed_decides_the_order(make_feed):
    assert walk(make_feed(23, 5, seed=1), 0, 5) == walk(make_feed(23, 5, seed=1), 0, 5)
    assert walk(make_feed(23, 5, seed=1), 0, 5) != walk(make_feed(23, 5, seed=2), 0, 5)


def test_streaming_gives_the_resident_runs_weights_bit_for_bit(make_step, monkeypatch):
    finals = []
    for resident in (True, False):
        split = split_of(53, resident=resident)
        row = split.nbytes // split.size
        monkeypatch.setattr(feed_module, "_CHUNK_BYTES", 16 * row)
        feed, step = Feed(split, 8, seed=4), make_step(optimizer="adam", hidden=6, dropout=0.2)
        loop, position = Loop(step, "graph"), 0
        while position < 2 * feed.steps_per_epoch:
            stretch = feed.stretch(position, 3)
            loop.run(*stretch)
            position += stretch.length
        finals.append([np.array(v.value) for v in step.model.variables])
    for a, b in zip(*finals, strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_epochs_chunks_are_about_as_large_and_lie_in_the_order_of_the_file(monkeypatch):
    split = split_of(103, resident=False)
    monkeypatch.setattr(feed_module, "_CHUNK_BYTES", 9 * 5 * (split.nbytes // split.size))
    feed, step, sizes = Feed(split, 5, seed=0), 0, []
    while step < 2 * feed.steps_per_epoch:
        stretch = feed.stretch(step, 1000)
        numbers = stretch.data.inputs.numpy()[:, 0]
        assert (np.diff(numbers) > 0).all()
        sizes.append(len(numbers))
        step += stretch.length
    assert sizes == [35, 35, 30, 3] * 2

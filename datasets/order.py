"""An epoch's order of examples, what each draws, and which stand for all: pure functions.

A resumed run and a streamed dataset so see the order of an uninterrupted, resident one.
"""

import numpy as np

from datasets.errors import DataError

WORDS = 8
"""Random words that an example draws in an epoch, of 32 bits."""

# Batches among whose examples those of like length are looked for. With more, a batch's longest
# example is hardly shorter, and batches differ more from a draw of the whole.
_WINDOW_BATCHES = 20


def epoch_order(size: int, seed: int, epoch: int) -> np.ndarray:
    """Return the order of an epoch's examples: a permutation `[size]` int32 of `range(size)`.

    Args:
        size: number of examples, 1 or more.
        seed: 0 or more.
        epoch: 0 or more.

    Raises:
        DataError: an argument is out of its range.
    """
    if size < 1 or seed < 0 or epoch < 0:
        raise DataError(
            f"epoch_order(size={size}, seed={seed}, epoch={epoch}): allowed are size of 1 or "
            "more, seed and epoch of 0 or more"
        )
    return _generator(seed, epoch).permutation(size).astype(np.int32)


def bucketed_order(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> np.ndarray:
    """Return the order of an epoch whose batches each hold examples of like length.

    The examples are shuffled as in `epoch_order`; what does not fill a batch, a draw of any
    lengths, stays the epoch's last batch. The others are parted into windows of at most 20
    batches; within each they are sorted by length, those of one length in their random order, and
    cut into batches. Then all full batches are shuffled: every example is seen once, and no place
    of the epoch expects longer ones than another.

    Args:
        lengths: `[size]`, of every example.
        batch_size: 1 to size.
        seed: 0 or more.
        epoch: 0 or more.

    Returns:
        `[size]` int32, a permutation of `range(size)`.

    Raises:
        DataError: an argument is out of its range.
    """
    size = len(lengths)
    order = epoch_order(size, seed, epoch)
    if not 1 <= batch_size <= size:
        raise DataError(f"batch_size is {batch_size}, allowed is 1 to {size}, the examples")
    full = size // batch_size
    batches = order[: full * batch_size].reshape(full, batch_size)
    for window in np.array_split(batches, -(-full // _WINDOW_BATCHES)):
        rows = window.ravel()  # a view: what is sorted here, is in `order`
        rows[:] = rows[np.argsort(lengths[rows], kind="stable")]
    # A stream of its own: the permutation's numbers are used up.
    shuffled = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, epoch, full])))
    return np.concatenate([shuffled.permutation(batches).ravel(), order[full * batch_size :]])


def stream_order(size: int, streams: int, seed: int, epoch: int) -> np.ndarray:
    """Return the order in which parallel streams read a contiguous split's windows.

    With `steps = size // streams` updates and an epoch's own pseudo-random `shift`, row b of
    update k is

        order[k * streams + b] = (shift + b * steps + k) mod size

    so the row's next window continues its text, except where the text wraps from its last
    window to its first. No window occurs twice. The `size - steps * streams` windows left over,
    and the places where streams begin, change with the shift, so that over the epochs every
    window is read and learns from what stands before it.

    Args:
        size: number of windows, 1 or more.
        streams: rows of an update, 1 to size.
        seed: 0 or more.
        epoch: 0 or more.

    Returns:
        `[steps * streams]` int32.

    Raises:
        DataError: an argument is out of its range.
    """
    if size < 1 or not 1 <= streams <= size or seed < 0 or epoch < 0:
        raise DataError(
            f"stream_order(size={size}, streams={streams}, seed={seed}, epoch={epoch}): allowed "
            "are size of 1 or more, streams of 1 to size, seed and epoch of 0 or more; choose "
            "a smaller batch, shorter windows or a longer text"
        )
    steps = size // streams
    shift = int(_generator(seed, epoch).integers(size))
    updates, rows = np.arange(steps)[:, None], np.arange(streams)
    return ((shift + rows * steps + updates) % size).astype(np.int32).ravel()


def epoch_words(size: int, seed: int, epoch: int) -> np.ndarray:
    """Return what every example draws in an epoch: random words, int32 `[size, WORDS]`.

    Row i depends on `seed`, `epoch` and i alone, so that an example is varied alike in whatever
    batch, on whatever replica and after whatever resume it is seen. Source: Philox-4x64-10, a
    function of a key and a counter (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers:
    as easy as 1, 2, 3"), with the key (seed, epoch).

    Args:
        size: number of examples, 1 or more.
        seed: 0 or more.
        epoch: 0 or more.
    """
    raw = np.random.Philox(key=np.array([seed, epoch], np.uint64)).random_raw(size * WORDS // 2)
    return raw.astype("<u8").view("<i4").astype(np.int32).reshape(size, WORDS)


def sample_rows(size: int, most: int) -> np.ndarray:
    """Return which examples of a split stand for all of it: `[min(size, most)]` int32, ascending.

    A draw that `size` and `most` alone decide. The first examples would not do: in a sorted split
    they are of one class.

    Args:
        size: number of examples, 1 or more.
        most: of them to draw, 1 or more.
    """
    if size <= most:
        return np.arange(size, dtype=np.int32)
    return np.sort(_generator(size, 0).choice(size, most, replace=False)).astype(np.int32)


def _generator(seed: int, epoch: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, epoch])))

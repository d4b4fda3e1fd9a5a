"""What is known to go wrong with trained weights: of their data, and of their own mistakes."""

from __future__ import annotations

import zoo
from trainers.predictions.details import ClassDetails

_SHOWN_MISTAKES = 3
_OF_DATA = {
    "mnist": (
        "MNIST's digits are light strokes on black, of about 20x20 pixels around their centre of "
        "mass in 28x28: a picture of dark ink on white must be inverted first, and one with "
        "margins cropped.",
        "The 5,000 images of the dataset mnist_5k are training images of MNIST: figures there are "
        "of examples that these weights have seen.",
    ),
    "mnist_5k": (
        "MNIST's digits are light strokes on black, of about 20x20 pixels around their centre of "
        "mass in 28x28: a picture of dark ink on white must be inverted first, and one with "
        "margins cropped.",
    ),
    "digits": (
        "The digits have 8x8 pixels that count set points of 4x4 blocks, 0 to 16 (in a picture's "
        "file 0 to 255), light on black: other pictures must be brought to that first.",
        "Training, validation and test examples were drawn from one pool, so that a writer may be "
        "in all three.",
    ),
    "diabetes": (
        "442 patients of one study: good for showing least squares, not for advice to a patient.",
    ),
    "oscillators": (
        "The oscillations are drawn by a formula, with frequencies from 0.2 to 1.6 Hz at 10 steps "
        "a second; nothing was measured on other ones.",
    ),
    "reber": ("The strings are of one small grammar, of seven symbols.",),
    "stdlib_source": (
        "It writes what looks like Python and seldom is: it has no notion of a program.",
        "The text is that of the Python which trained it; on another Python figures differ a "
        "little, as the standard library does.",
    ),
    "cartpole": (
        "It was trained on CartPole-v1 as Gymnasium starts it; nothing was measured from other "
        "starts, or with other masses and lengths.",
    ),
}
_EVERYWHERE = "Of one seed, the recipe's: how much another one would differ was not measured."


def limits(card: zoo.WeightsCard, details: ClassDetails | None) -> tuple[str, ...]:
    """Return the known limits of weights, a sentence each.

    Args:
        card: of the weights.
        details: of a classification of the test split.
    """
    data = card.dataset.partition(":")[0]
    lines = [*_OF_DATA.get(data, ()), _EVERYWHERE]
    mistakes = details.confusion.mistakes() if details is not None else []
    if details is not None and mistakes:
        names = details.names
        commonest = ", ".join(
            f"{names[true]} for {names[said]} ({count:g} times)"
            for true, said, count in mistakes[:_SHOWN_MISTAKES]
        )
        lines.append(f"Its commonest mistakes on the test split: it takes {commonest}.")
    return tuple(lines)

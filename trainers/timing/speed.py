"""Examples per second: with the waiting for examples, without what is done once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Speed:
    """What some compiled calls did and took.

    A first call is one that is traced or compiled; the others are steady.

    Args:
        steady_examples, steady_seconds: of steady calls; seconds without waiting for examples.
        first_examples, first_seconds: the same of first calls.
        input_seconds: waiting for the examples of either.
    """

    steady_examples: int = 0
    steady_seconds: float = 0.0
    first_examples: int = 0
    first_seconds: float = 0.0
    input_seconds: float = 0.0

    def count(self, examples: int, seconds: float, input_seconds: float, *, is_first: bool) -> None:
        """Count one compiled call; `seconds` are all of it, with `input_seconds`."""
        self.input_seconds += input_seconds
        if is_first:
            self.first_examples += examples
            self.first_seconds += seconds - input_seconds
        else:
            self.steady_examples += examples
            self.steady_seconds += seconds - input_seconds

    @property
    def first_steady_seconds(self) -> float:
        """What the first calls would have taken as steady ones; 0 where that is not known."""
        if not self.steady_examples:
            return 0.0
        seconds = self.steady_seconds * self.first_examples / self.steady_examples
        return min(seconds, self.first_seconds)

    @property
    def examples_per_second(self) -> float | None:
        """Examples over steady seconds and those of waiting; None before a steady call."""
        if not self.steady_examples:
            return None
        seconds = self.steady_seconds + self.first_steady_seconds + self.input_seconds
        return (self.steady_examples + self.first_examples) / max(seconds, 1e-9)

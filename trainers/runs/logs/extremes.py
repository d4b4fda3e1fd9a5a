"""The highest and lowest test figure of a run's validations, named as what they are.

A figure that is the best of many on the test split is better than what new data will show, as it
was chosen on them. Sources print it nevertheless, so that a reproduction has to know it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class OverValidations:
    """The extremes of test figures that were measured at `count` validations.

    Args:
        count: how many.
        highest: by name the highest figure so far, and after which update.
        lowest: the same of the lowest.
    """

    count: int = 0
    highest: dict[str, dict[str, float]] = field(default_factory=dict)
    lowest: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, step: int, figures: dict[str, float]) -> None:
        """Add what was measured after `step` updates; of equal figures the first stays."""
        self.count += 1
        for name, value in figures.items():
            new = {"value": value, "step": step}
            if name not in self.highest or value > self.highest[name]["value"]:
                self.highest[name] = new
            if name not in self.lowest or value < self.lowest[name]["value"]:
                self.lowest[name] = new

    def saved(self, key: str) -> dict[str, Any]:
        """Return it under a key, as JSON has it, or nothing where nothing was measured."""
        return {key: asdict(self)} if self.count else {}

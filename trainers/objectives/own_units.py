"""Numbers in the data's own units: a regression of the user's own data learns standardized ones."""

from __future__ import annotations

from typing import Any

import numpy as np


def in_own_units(numbers: np.ndarray, preparation: dict[str, Any]) -> np.ndarray:
    """Return regression targets or outputs `[examples, targets]` in the data's own units.

    Args:
        numbers: as a model learns them: z = (y - mean) / deviation.
        preparation: a `datasets.Dataset`'s.
    """
    scale = preparation.get("outputs", {})
    if scale.get("mean") is None:
        return numbers
    return numbers * np.asarray(scale["deviation"], np.float64) + np.asarray(scale["mean"])

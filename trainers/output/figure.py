"""A figure as a picture file, whole or absent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from trainers.output.files import replaced

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: Figure, path: Path, dpi: int = 120) -> None:
    """Write a figure in the format that the path ends in; one of `matplotlib.pyplot` is closed."""
    with replaced(path) as temporary:
        figure.savefig(temporary, dpi=dpi)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure)

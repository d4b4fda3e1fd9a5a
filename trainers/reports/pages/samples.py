"""What a run's problem has left to look at: texts, pictures, an episode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainers.output.page import inline

# By file: what it shows, in the order of the page.
CAPTIONS = {
    "episode.gif": "an episode played with the best weights, at the environment's own speed",
    "episode.png": "the same from beginning to end",
    "samples/final.txt": "text by the best weights, temperature 0.8",
    "samples/reconstructions.png": "test images above, and below what is drawn of their codes",
    "samples/interpolation.png": "each row goes from one picture to another",
    "samples/prior.png": "drawn from codes of the normal distribution",
    "samples/map.png": "where test images lie in the codes",
    "samples/final.png": "samples by the best weights",
    "samples/classes.png": "which classes the samples show",
}
_LARGEST_BYTES = 4 << 20
_SMOOTH = {"samples/map.png", "samples/classes.png", "episode.gif", "episode.png"}


def samples_section(folder: Path) -> list[dict[str, Any]]:
    """Return the samples of a run's folder, none that is too large for a mail."""
    found: list[dict[str, Any]] = []
    for name, caption in CAPTIONS.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
            continue
        if path.suffix == ".txt":
            text = path.read_text(encoding="utf-8", errors="replace")
            found.append({"caption": caption, "text": text})
        else:
            smooth = name in _SMOOTH
            found.append({"caption": caption, "picture": inline(path), "smooth": smooth})
    return found

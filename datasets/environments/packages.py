"""The packages that environments come from: imported where they are needed, or asked for."""

import importlib
import os
import sys
import warnings
from typing import Any

from datasets.errors import DataError

OLDEST_GYMNASIUM = (1, 1)


def import_gymnasium(environment_id: str) -> Any:
    """Return the package gymnasium.

    Args:
        environment_id: what it is needed for.

    Raises:
        DataError: it is missing or too old.
    """
    wanted = ".".join(map(str, OLDEST_GYMNASIUM))
    remedy = "install the version in requirements.txt"
    try:
        gymnasium = importlib.import_module("gymnasium")
    except ImportError:
        raise DataError(
            f"{environment_id} needs the package gymnasium, which is not installed; {remedy}"
        ) from None
    version = tuple(int(part) for part in gymnasium.__version__.split(".")[:2])
    if version < OLDEST_GYMNASIUM:
        raise DataError(
            f"{environment_id} needs gymnasium {wanted} or newer, installed is "
            f"{gymnasium.__version__}; {remedy}"
        )
    return gymnasium


def import_pygame(environment_id: str) -> None:
    """Import pygame, which draws, without its banner and without a display.

    Raises:
        DataError: it is missing.
    """
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    # pygame asks for it and does without it; to import it takes longer than pygame.
    hidden = {} if "pkg_resources" in sys.modules else {"pkg_resources": None}
    sys.modules.update(hidden)  # type: ignore[arg-type]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of modules that pygame may import
            importlib.import_module("pygame.gfxdraw")
    except ImportError:
        raise DataError(
            f"drawing {environment_id} needs the package pygame, which is not installed; "
            "install the version in requirements.txt"
        ) from None
    finally:
        for name in hidden:
            del sys.modules[name]

"""What a shell knows and a program must do itself: paths as they are typed, commands to paste."""

from __future__ import annotations

import errno
import os
import re
import shlex
import subprocess
import unicodedata
from pathlib import Path

from zoo.errors import PathError

_VARIABLE = re.compile(r"\$([A-Za-z_]\w*|\{[A-Za-z_]\w*\})", re.ASCII)
_PROTOCOL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def typed_path(text: str | os.PathLike[str], flag: str) -> Path:
    """Return the path that a user means.

    A leading `~` or `~user` is a home folder, `$NAME` and `${NAME}` are variables of the
    environment unless a file or folder is called so, and `file://` with what follows is what a
    file manager copies. All else stands for itself; it is relative where it was.

    Args:
        text: as typed.
        flag: where it was typed, for the message.

    Raises:
        PathError: it is empty, too long, a URL of another machine, names an unknown variable or
            user, or has a character that cannot be printed.
    """
    typed = os.fspath(text)
    if not typed:
        raise PathError(f"{flag} is empty; give a path, or leave {flag} out")
    # A control character, or a byte that is no text where the system's names are UTF-8.
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in typed):
        raise PathError(
            f"{flag} is {typed!r}, which has a character that cannot be printed; give a path "
            "without it"
        )
    path = _of_url(typed, flag) if _PROTOCOL.match(typed) else typed
    path = os.path.expanduser(path)
    if path.startswith("~") and (path == "~" or "/" in path) and not Path(path).exists():
        raise PathError(f"{flag} is {typed!r}, but there is no such user; write ./~ for the letter")
    there, rest = _parted(Path(path))
    unknown = [each for each in _VARIABLE.finditer(rest) if each[1].strip("{}") not in os.environ]
    if unknown:
        raise PathError(
            f"{flag} is {typed!r}, but there is no variable {unknown[0][0]} in the environment; "
            "set it, or write the path out"
        )
    meant = there / os.path.expandvars(rest)
    try:
        meant.lstat()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise PathError(
                f"{flag} is {typed!r}, a longer name than files have here; give a shorter one"
            ) from error
    return meant


def _parted(path: Path) -> tuple[Path, str]:
    """Return what exists of a path under the very names that were typed, and the rest."""
    for there in (path, *path.parents):
        if os.path.lexists(there):
            return there, str(path.relative_to(there)) if there != path else ""
    return Path(), str(path)


def _of_url(url: str, flag: str) -> str:
    protocol, _, place = url.partition("://")
    machine, _, path = place.partition("/")
    if protocol.lower() != "file" or machine not in ("", "localhost"):
        raise PathError(
            f"{flag} is {url!r}, a URL; give a path on this machine, where it was downloaded or "
            "mounted"
        )
    from urllib.request import url2pathname  # with it come sockets: too slow for every command

    return url2pathname(f"/{path}")


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path as a message and a shell have it: quoted where it must be."""
    text = os.fspath(path)
    # At the beginning of a word these mean an option, or a home folder.
    return quoted(f".{os.sep}{text}" if text.startswith(("-", "~")) else text)


def quoted(word: str) -> str:
    """Return a word as this system's shell reads it."""
    return subprocess.list2cmdline([word]) if os.name == "nt" else shlex.quote(word)


def command_line(program: str, *words: str | os.PathLike[str]) -> str:
    """Return a command that can be pasted.

    Args:
        program: its beginning, as it is, e.g. "python -m zoo".
        *words: what follows; paths as `shown`.
    """
    parts = (quoted(word) if isinstance(word, str) else shown(word) for word in words)
    return " ".join([program, *parts])

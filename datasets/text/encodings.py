"""From a file's bytes to its characters, in the encodings that editors write."""

import codecs
import difflib
import encodings.aliases
import shlex
from pathlib import Path

from datasets.errors import DataError, DataOptionError, named
from datasets.text.kinds import kind_of
from datasets.text.recognition import CANDIDATES, readings, unmarked_unicode

# UTF-32's mark begins with UTF-16's, and so comes first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
# Names that menus of editors use.
_MEANT = {"ansi": "cp1252", "unicode": "utf-16", "mac": "mac_roman", "macos": "mac_roman"}
# Of text, but of no file's, or another one on every machine.
_REFUSED = ("idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape")
# In a damaged UTF-8 text, characters beyond ASCII for one that is not whole: at least so many.
_GOOD_TO_BAD = 4
_SHOWN_CHARACTERS = 30


def require_encoding(encoding: str) -> None:
    """Raise `DataOptionError` if Python reads no text by this name."""
    if _is_known(encoding):
        return
    letters = "".join(filter(str.isalnum, encoding.lower()))
    names = {
        each.replace("_", ""): each
        for each in set(encodings.aliases.aliases.values())
        if _is_known(each)
    }
    near = difflib.get_close_matches(letters, names, n=1, cutoff=0.6)
    meant = _MEANT.get(letters) or (names[near[0]] if near else None)
    hint = f"did you mean {meant!r}? " if meant else ""
    raise DataOptionError(
        f"encoding is {encoding!r}, which is none that Python reads; {hint}allowed are names such "
        "as utf-8, utf-16, cp1252, mac_roman, gb18030 and shift_jis; leave --encoding out for "
        "UTF-8 and marked Unicode"
    )


def _is_known(encoding: str) -> bool:
    try:
        known = codecs.lookup(encoding).name.replace("_", "-") not in _REFUSED
        bytes(4).decode(encoding)
    except UnicodeError:
        pass  # an encoding in which these bytes are no text
    except (LookupError, ValueError):  # ValueError: a null character in the name
        return False
    return known


def marked_encoding(content: bytes) -> str | None:
    """Return the encoding that a byte-order mark tells of, or None without one."""
    return next((marked for mark, marked in _MARKS if content.startswith(mark)), None)


def recognized(file: Path, content: bytes) -> list[str]:
    """Return the encodings, the likeliest first, of a text that is neither UTF-8 nor marked.

    None are returned for UTF-8, for UTF-8 that is damaged, for what is no text, and for bytes that
    read like nothing.

    Args:
        file: where the content is from.
        content: whole lines of it, those beyond ASCII among them.
    """
    if marked_encoding(content) or b"\0" in content or kind_of(file, content) is not None:
        return []
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return [] if _damaged_places(content) else readings(content)
    return []


def _damaged_places(content: bytes) -> int:
    """Return in how many places UTF-8 is damaged, or 0 for what is not UTF-8 at all."""
    replaced = content.decode("utf-8", "replace")
    wrong = replaced.count("\ufffd")
    # In other encodings than UTF-8, bytes that look like its characters are rare.
    beyond_ascii = len(replaced) - len(replaced.encode("ascii", "ignore"))
    return wrong if beyond_ascii > _GOOD_TO_BAD * wrong else 0


def decode(file: Path, content: bytes, encoding: str | None) -> str:
    """Return a file's text, its line ends as they are, without a byte-order mark.

    A byte-order mark decides. Without one the text is UTF-8, or in `encoding` if it is not: of
    bytes that are UTF-8 beyond ASCII, other encodings make nothing that was ever written.

    Args:
        file: where the content is from.
        content: all of it.
        encoding: a name for `bytes.decode`, or None.

    Raises:
        DataError: it is no text, or in another encoding, which the message names if it can.
    """
    for mark, marked in _MARKS:
        if content.startswith(mark):
            return _decoded(file, content[len(mark) :], marked, f"marked as {marked}")
    if encoding is not None:
        if not content.isascii() and b"\0" not in content:
            try:
                return content.decode("utf-8")
            except UnicodeDecodeError:
                pass
        return _decoded(file, content, encoding, f"read as {encoding}")
    _require_text(file, content)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refusal(file, content, error) from error


def _decoded(file: Path, content: bytes, encoding: str, how: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeError as error:
        place = f"byte {error.start}" if isinstance(error, UnicodeDecodeError) else "its end"
        looks = "" if how.startswith("marked") else _looks(content)
        raise DataError(
            f"{named(file)} is {how}, but {place} cannot be read so; save it again as UTF-8, or "
            f"choose another file{looks}"
        ) from error


def _looks(content: bytes) -> str:
    found = readings(content)
    return f"; it reads like --encoding {found[0]}" if found else ""


def _require_text(file: Path, content: bytes) -> None:
    kind = kind_of(file, content)
    if kind is not None:
        raise DataError(f"{named(file)} is {kind[0]} and no text; {kind[1]}")
    if content.isascii() and b"\x1b$" in content:
        raise DataError(
            f"{named(file)} is ISO 2022{_shown(content, 'iso2022_jp')}; pass --encoding "
            "iso2022_jp if it is Japanese, or save it as UTF-8"
        )
    if b"\0" not in content:
        return
    found = unmarked_unicode(content)
    if found:
        raise DataError(
            f"{named(file)} is {found.upper()} without the mark that says so"
            f"{_shown(content, found)}; pass --encoding {found}, or save it as UTF-8"
        )
    raise DataError(
        f"{named(file)} has null characters, as files have that are no text; choose another, or "
        "pass --encoding utf-8 if it is a text"
    )


def _refusal(file: Path, content: bytes, error: UnicodeDecodeError) -> DataError:
    start = f"{named(file)}: byte {error.start} is not UTF-8 ({error.reason})"
    wrong = _damaged_places(content)
    if wrong:
        new = shlex.quote(f"{file.stem}-mended{file.suffix}")
        return DataError(
            f"{start}, though the rest is: the file is damaged in {wrong} places; mend them in an "
            f"editor, or leave them out by `iconv -c -f UTF-8 -t UTF-8 {named(file)} > {new}`"
        )
    found = readings(content)
    if not found:
        return DataError(
            f"{start}, and its encoding is not recognized; pass --encoding with its name, as in "
            "cp1252, cp1251 or gb18030, or save it as UTF-8"
        )
    told = [f"{name} ({CANDIDATES[name]}){_shown(content, name)}" for name in found]
    others = f"; others are {'; '.join(told[1:])}" if told[1:] else ""
    return DataError(
        f"{start}; it reads like {told[0]}; pass --encoding {found[0]} if that is right{others}; "
        "or save it as UTF-8"
    )


def _shown(content: bytes, encoding: str) -> str:
    """Return the text around its first character beyond ASCII, as a part of a message."""
    text = content.decode(encoding, "replace")
    first = next((place for place, each in enumerate(text) if not each.isascii()), 0)
    part = text[max(0, first - _SHOWN_CHARACTERS // 2) :][:_SHOWN_CHARACTERS]
    return f", as in {' '.join(part.split())!r}"

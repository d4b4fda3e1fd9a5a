"""In which encoding bytes read like a text that somebody wrote."""

import codecs
import contextlib
import itertools
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

# What editors of today and of the nineties write, the likelier first where two read alike.
CANDIDATES = {
    "cp1252": "Windows, Western Europe",
    "mac_roman": "older Macs, Western Europe",
    "cp1250": "Windows, Central Europe",
    "iso8859_2": "Latin-2, Central Europe",
    "cp1254": "Windows, Turkish",
    "cp1251": "Windows, Cyrillic",
    "koi8_r": "KOI8-R, Russian",
    "cp866": "DOS, Cyrillic",
    "cp1253": "Windows, Greek",
    "cp1255": "Windows, Hebrew",
    "cp1256": "Windows, Arabic",
    "gb18030": "Chinese, simplified",
    "big5": "Chinese, traditional",
    "cp932": "Shift-JIS, Japanese",
    "euc_jp": "EUC, Japanese",
    "iso2022_jp": "ISO 2022, Japanese",
    "cp949": "Korean",
}
_UNMARKED = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_SIGNS = ("No", "Sc", "Sk", "Sm", "So")
_MOST_READINGS = 3
_SAMPLE_BYTES = 1 << 16


def readings(content: bytes) -> list[str]:
    """Return the encodings in which bytes that are not UTF-8 read like a text, the likeliest first.

    Of those that read alike only one is among them, and three at most.
    """
    import charset_normalizer

    # Around the first that is not ASCII, and in whole lines: half a character is none.
    first = re.search(rb"[^\x00-\x7f]", content)
    start = content.rfind(b"\n", 0, first.start() if first else 0) + 1
    sample = content[start : start + _SAMPLE_BYTES]
    if len(sample) == _SAMPLE_BYTES and b"\n" in sample:
        sample = sample[: sample.rfind(b"\n") + 1]
    matches = charset_normalizer.from_bytes(sample, cp_isolation=list(CANDIDATES))
    texts: dict[str, CharsetMatch] = {}
    for match in matches:
        with contextlib.suppress(UnicodeError):
            texts.setdefault(content.decode(match.encoding), match)
    found = []
    for text in sorted(texts, key=lambda text: _strangeness(text, texts[text].chaos)):
        # The name that is usual, not the first that the library tried.
        alike = (name for name in CANDIDATES if _reads_as(content, name, text))
        found.append(next(alike, texts[text].encoding))
    return found[:_MOST_READINGS]


def _strangeness(text: str, chaos: float) -> tuple[float, ...]:
    """Return how little a reading is like a text: the first of these that differs decides.

    Signs behind letters, as in "rodz¹", stand in no language. Then comes the library's own
    measure, which takes encodings of one script for alike; they are told apart by the letters
    beyond ASCII that the best fitting language does not have.
    """
    from charset_normalizer.constant import FREQUENCIES

    text = text[:_SAMPLE_BYTES]
    signs = sum(
        one.isalpha() and not other.isascii() and unicodedata.category(other) in _SIGNS
        for one, other in itertools.pairwise(text)
    )
    letters = Counter(each for each in text.lower() if each.isalpha() and not each.isascii())
    known = max(sum(letters[each] for each in set(usual)) for usual in FREQUENCIES.values())
    return signs, round(chaos, 2), 1 - known / max(1, letters.total())


def _reads_as(content: bytes, encoding: str, text: str) -> bool:
    try:
        return content.decode(encoding) == text
    except UnicodeError:
        return False


def unmarked_unicode(content: bytes) -> str | None:
    """Return the kind of Unicode in which bytes with zeros read like a text, or None."""
    found = {}
    for name in _UNMARKED:
        try:
            # As a beginning: a character may go on behind the sample.
            text = codecs.getincrementaldecoder(name)().decode(content[:_SAMPLE_BYTES])
        except UnicodeDecodeError:
            continue
        kinds = [unicodedata.category(each) for each in text if each not in "\t\n\r\f"]
        if kinds and not {"Cc", "Cn"} & set(kinds):
            # Bytes in the wrong order give letters too, but hardly a space between words.
            found[sum(text.count(each) for each in " \n,.")] = name
    return found[max(found)] if found else None

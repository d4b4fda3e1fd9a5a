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
# What no language writes behind a letter: signs, low quotation marks, and footnotes' marks hardly.
_SIGNS, _MARKS = ("No", "Ps", "Sc", "Sk", "Sm", "So"), "†‡‰§¶¿¡"
# Letters of languages that the library leaves out of their frequent ones.
_RARER = {"German": "äöüß", "Hungarian": "áéíóöőúüű"}
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
    usual = list(CANDIDATES)
    ranked = []
    for text, match in texts.items():
        # The name that is usual, not the first that the library tried.
        name = next((each for each in usual if _reads_as(content, each, text)), match.encoding)
        ranked.append((_strangeness(text, match.chaos), usual.index(name), name))
    return [name for _, _, name in sorted(ranked)[:_MOST_READINGS]]


def _strangeness(text: str, chaos: float) -> tuple[float, float]:
    """Return how little a reading is like a text: the first of these that differs decides.

    What `_never_follows` counts, as in "rodz¹" and "est‡", stands in no language. Then comes the
    library's own measure, to which many accents are strange and all encodings of one script are
    alike; the share of the letters beyond ASCII that the best fitting language does not have,
    added, tells them apart.
    """
    from charset_normalizer.constant import FREQUENCIES

    text = text[:_SAMPLE_BYTES]
    signs = sum(_never_follows(one, other) for one, other in itertools.pairwise(text))
    letters = Counter(each for each in text.lower() if each.isalpha() and not each.isascii())
    known = max(
        sum(letters[each] for each in {*usual, *_RARER.get(language, "")})
        for language, usual in FREQUENCIES.items()
    )
    unknown = 1 - known / letters.total() if letters else 0.0
    return signs, round(chaos + unknown, 2)


def _never_follows(one: str, other: str) -> bool:
    """Return whether no language has one character behind the other, both of one word."""
    if not one.isalpha() or (one.isascii() and other.isascii()):
        return False
    if other.isalpha():  # a Greek letter beside a Latin one
        return one.isascii() != other.isascii() and not all(
            unicodedata.name(each, "").startswith(("LATIN", "FEMININE", "MASCULINE", "MICRO"))
            for each in (one, other)
        )
    return not other.isascii() and (unicodedata.category(other) in _SIGNS or other in _MARKS)


def _reads_as(content: bytes, encoding: str, text: str) -> bool:
    try:
        return content.decode(encoding) == text
    except UnicodeError:
        return False


def unmarked_unicode(content: bytes) -> str | None:
    """Return the kind of Unicode in which bytes with zeros read like a text, or None.

    Almost any bytes are Chinese characters in UTF-16, but without a space or a full stop.
    """
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
            found[sum(text.count(each) for each in " \n,.，。、")] = name
    return found[max(found)] if any(found) else None

"""Formulas: from LaTeX to MathML while the site is built, so that a browser needs no script."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

import configs

# What `pymdownx.arithmatex` makes of $...$ and $$...$$.
_INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
_BLOCK = re.compile(r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', re.DOTALL)

_PARTS = dict.fromkeys(("mfrac", "msub", "msup", "munder", "mover", "mroot"), 2)
_PARTS |= {"msubsup": 3, "munderover": 3}


def mathml(latex: str, block: bool = False) -> str:
    """Return a formula as a MathML element, with its LaTeX for who copies it.

    Args:
        latex: without its dollars.
        block: whether it stands in a line of its own.

    Raises:
        ConfigError: it cannot be read.
    """
    from latex2mathml import converter, exceptions

    # Whatever the library raises, it names there.
    kinds = [each for each in vars(exceptions).values() if isinstance(each, type)]
    faults: tuple[type[Exception], ...] = (ValueError, IndexError, KeyError, StopIteration)
    faults += tuple(each for each in kinds if issubclass(each, Exception))
    try:
        text = converter.convert(" ".join(latex.split()), display="block" if block else "inline")
    except faults as error:
        raise configs.ConfigError(
            f"the formula {latex.strip()!r} cannot be read ({type(error).__name__}: {error}); "
            "give LaTeX that latex2mathml knows"
        ) from error
    if unknown := re.search(r">\s*(\\[A-Za-z]+)\s*<", text):
        raise configs.ConfigError(
            f"the formula {latex.strip()!r} has {unknown[1]}, which latex2mathml does not know; "
            "write it in other words"
        )
    for element in ElementTree.fromstring(text).iter():
        name = element.tag.rpartition("}")[2]
        if len(element) != _PARTS.get(name, len(element)):
            raise configs.ConfigError(
                f"the formula {latex.strip()!r} lacks a part of what becomes <{name}>; give each "
                "fraction, power and index all that belongs to it"
            )
    label = html.escape(" ".join(latex.split()), quote=True)
    return text.replace("<math ", f'<math alttext="{label}" ', 1)


def converted(page: str) -> str:
    """Return a page's HTML with all its formulas as MathML.

    Raises:
        ConfigError: one of them cannot be read.
    """
    page = _BLOCK.sub(
        lambda match: f'<div class="formula">{mathml(html.unescape(match[1]), True)}</div>', page
    )
    return _INLINE.sub(lambda match: mathml(html.unescape(match[1])), page)

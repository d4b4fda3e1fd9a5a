"""Formulas become MathML, or the build ends with the formula that cannot be read."""

from xml.etree import ElementTree

import pytest

import configs
from trainers.site.pages.formulas import converted, mathml

pytest.importorskip("latex2mathml", reason="the extra `site` is not installed")
NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"


def parts(latex, block=False):
    """Return (tag, text) of every element of a formula."""
    tree = ElementTree.fromstring(mathml(latex, block))
    return [(each.tag.removeprefix(NAMESPACE), each.text) for each in tree.iter()]


def test_a_fraction_has_both_its_parts_and_its_latex_beside_it():
    found = parts(r"\frac{1}{1 + e^{-s}}")
    assert [tag for tag, _ in found if tag in ("mfrac", "msup")] == ["mfrac", "msup"]
    assert [text for tag, text in found if tag == "mn"] == ["1", "1"]
    assert 'alttext="x &lt; \\eta"' in mathml(r"x <  \eta")


def test_a_block_is_displayed_and_the_rest_stands_in_its_line():
    assert 'display="block"' in mathml("x", block=True)
    assert 'display="inline"' in mathml("x")


@pytest.mark.parametrize(
    ("latex", "told"),
    [
        (r"\left( x", "ExtraLeftOrMissingRightError"),
        (r"\frac{1}", "lacks a part of what becomes <mfrac>"),
        (r"x + \nonsense", r"has \nonsense, which latex2mathml does not know"),
        (r"a_1_2", "DoubleSubscriptsError"),
    ],
)
def test_a_formula_that_cannot_be_read_is_told_in_one_line(latex, told):
    with pytest.raises(configs.ConfigError) as caught:
        mathml(latex)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_markdown_makes_of_dollars_is_converted_and_nothing_else():
    html = (
        '<p>With <span class="arithmatex">\\(x_1 &lt; 2\\)</span> it costs $5.</p>\n'
        '<div class="arithmatex">\\[\ny = \\sigma(s)\n\\]</div>'
    )
    found = converted(html)
    assert found.count("<math ") == 2
    assert "arithmatex" not in found
    assert found.startswith('<p>With <math alttext="x_1 &lt; 2"')
    assert "</math> it costs $5.</p>" in found
    assert '<div class="formula"><math alttext="y = \\sigma(s)"' in found

"""Charts side by side: rows and columns, what is left out, which colour is whose."""

import pytest
from matplotlib.colors import to_hex

from trainers.output.figure import svg
from trainers.output.theme import ROLES, SERIES, THEMES, colour, drawn
from trainers.reports.curves import panels_of
from trainers.reports.panels import Line, Panel, figure_of_panels, moving, shape


def panel(name, *values, colours=("#2a6fbb",)):
    points = list(enumerate(values))
    return Panel(name, "", [Line("train", points, each) for each in colours])


def test_charts_are_laid_out_as_a_slide():
    """Seven in one row were 3,528 pixels wide."""
    assert [shape(n) for n in (1, 2, 4, 6, 7, 12)] == [
        (1, 1), (1, 2), (2, 2), (2, 3), (3, 3), (3, 4),
    ]  # fmt: skip
    for count in range(1, 25):
        rows, columns = shape(count)
        assert rows * columns >= count > (rows - 1) * columns
        assert columns <= 4


def test_a_chart_of_a_constant_is_left_out_but_not_the_only_one():
    still, moves = panel("still", 3.0, 3.0, 3.0 + 1e-12), panel("moves", 3.0, 3.1)
    assert moving([still, moves, still]) == [moves]
    assert moving([still, still]) == [still]
    # What is no number moves nothing.
    assert not panel("nan", float("nan"), 1.0).moves


@pytest.mark.parametrize("theme", THEMES)
def test_train_and_validation_have_their_colour_in_every_chart(theme):
    points = {
        (split, name): [(0.0, 1.0), (1.0, 2.0)]
        for name in ("loss", "accuracy")
        for split in ("train", "validation", "test")
    }
    points["train", "learning_rate"] = [(0.0, 1.0)]  # never validated, so no chart
    figure = figure_of_panels(panels_of(points, None, theme), "a run", "epoch", theme=theme)
    drawn = [
        {line.get_label(): to_hex(line.get_color()) for line in axis.get_lines()}
        for axis in figure.axes
        if axis.get_lines()
    ]
    expected = [colour(split, theme) for split in ("train", "validation", "test")]
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["loss", "accuracy"]
    assert [[*each.values()] for each in drawn] == [expected, expected]
    assert to_hex(figure.get_facecolor()) == colour("paper", theme)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "train", "validation", "test",
    ]  # fmt: skip


def test_the_oracles_loss_is_the_zero_of_a_logarithmic_chart():
    points = {(split, "loss"): [(0.0, 1.5), (1.0, 1.1)] for split in ("train", "validation")}
    (only,) = panels_of(points, 1.0)
    assert only.logarithmic
    assert [line.label for line in only.lines] == ["validation"]
    assert [y for _, y in only.lines[0].points] == pytest.approx([0.5, 0.1])


def test_a_drawing_takes_the_colours_of_its_page():
    figure = figure_of_panels([panel("a", 1, 2)], "", "x")
    drawing = svg(figure, "one", "a < b")
    assert drawing.startswith('<svg role="img" aria-label="a &lt; b"')
    assert f"var(--train, {colour('train')})" in drawing
    bare = drawing.replace("var(--", "")
    for role, (light, _) in ROLES.items():
        assert bare.count(light) == drawing.count(f"var(--{role}, {light})")
    assert 'id="one-' in drawing
    assert "url(#one-" in drawing
    assert ">x<" in drawing  # words are text


def test_roles_are_colours_by_name_while_a_theme_is_drawn_in():
    for theme in THEMES:
        with drawn(theme):
            assert to_hex("validation") == colour("validation", theme)
            with drawn("light"):
                assert to_hex("ink") == colour("ink", "light")
            assert to_hex("ink") == colour("ink", theme)
    with pytest.raises(ValueError, match="ink"):
        to_hex("ink")


def luminance(hex_colour):
    """WCAG 2.2, relative luminance."""
    parts = [int(hex_colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEMES)
def test_lines_and_words_stand_out_from_the_paper(theme):
    """Contrast of at least 4.5 for words and 3 for lines, WCAG 2.2, 1.4.3 and 1.4.11."""
    paper = luminance(colour("paper", theme))
    lines = dict.fromkeys((*SERIES, "train", "validation", "test", "best", "wrong"), 3)
    for role, least in ({"ink": 7, "muted": 4.5} | lines).items():
        other = luminance(colour(role, theme))
        contrast = (max(paper, other) + 0.05) / (min(paper, other) + 0.05)
        assert contrast >= least, role
    assert len({light for light, _ in ROLES.values()}) == len(ROLES)

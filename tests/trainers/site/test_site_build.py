"""Pages rendered strictly: formulas and colours are there, and what is wrong ends the build."""

import re

import pytest
from places import ROOT

import configs
from trainers.output.theme import ROLES
from trainers.site import build, style
from trainers.site.hooks import on_page_content

pytest.importorskip("material", reason="the extra `site` is not installed")


def small(folder, text, other="# Other\n\n## There\n"):
    """Render two pages and return the first one's HTML."""
    docs = folder / "docs"
    style.write(docs)
    (docs / "index.md").write_text(text)
    (docs / "other.md").write_text(other)
    build.render(docs, folder / "site", ROOT, ["index.md", {"Other": "other.md"}])
    return (folder / "site" / "index.html").read_text()


def test_a_page_has_its_formula_its_styles_and_nothing_of_another_machine(tmp_path, capfd):
    html = small(tmp_path, "# One\n\n$$y = \\sigma(s)$$\n\n[other](other.md#there)\n")
    assert '<div class="formula"><math alttext="y = \\sigma(s)"' in html
    assert 'href="other.html#there"' in html
    loaded = re.findall(r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="([^"]+)"', html)
    assert len(loaded) > 5
    assert [address for address in loaded if "//" in address] == []
    assert "javascripts/iframe-worker.js" in loaded
    assert (tmp_path / "site" / "search" / "search_index.js").is_file()
    assert capfd.readouterr() == ("", "")


def test_links_that_lead_nowhere_end_the_build_in_one_line(tmp_path, capfd):
    text = (
        "# One\n\n[a](gone.md) ![b](gone.png) [`c`][trainers.gone] [d](other.md#gone)\n\n"
        "[e](/absolute.md) [f](/another.md)\n"
    )
    with pytest.raises(configs.ConfigError) as caught:
        small(tmp_path, text)
    told = str(caught.value)
    assert "contains a link 'gone.md', but the target is not found" in told
    assert "Could not find cross-reference target 'trainers.gone'" in told
    assert "; and 1 more; mend the pages" in told
    assert "\n" not in told
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[gone](other.md#gone)",
            "a link 'other.md#gone', but the doc 'other.md' does not contain",
        ),
        ("::: trainers.gone", r"trainers\.gone could not be found"),
        ("$\\frac{1}$", r"index\.md: the formula '\\\\frac\{1\}' lacks a part"),
    ],
)
def test_what_cannot_be_read_ends_the_build_in_one_line(tmp_path, text, told, capfd):
    with pytest.raises(configs.ConfigError, match=told) as caught:
        small(tmp_path, f"# One\n\n{text}\n")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_source_is_no_part_of_what_is_searched():
    html = '<details class="mkdocstrings-source">a</details><details class="quote">b</details>'
    found = on_page_content(html, None, None, None)
    assert found.count("data-search-exclude") == 1


def test_both_schemes_have_every_colour_of_the_theme():
    light, rest = style.colours().split('[data-md-color-scheme="slate"]')
    dark, paper = rest.split("@media print")
    for role, (bright, dim) in ROLES.items():
        assert f"--course-{role}: {bright};" in light
        assert f"--course-{role}: {dim};" in dark
        assert f"--course-{role}: {bright};" in paper


def test_a_folder_of_somebody_elses_is_not_written_over(tmp_path):
    build.require_own(tmp_path / "new")
    build.require_own(tmp_path)
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(configs.ConfigError, match="holds files that are no built site"):
        build.require_own(tmp_path)
    with pytest.raises(configs.ConfigError, match="is a file; give a folder"):
        build.require_own(tmp_path / "thesis.txt")
    (tmp_path / build.MARK).touch()
    build.require_own(tmp_path)

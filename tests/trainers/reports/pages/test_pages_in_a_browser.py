"""The report and the comparison as a reader sees them: light, dark, on a telephone, on paper."""

import shutil

import pytest
from browser import chromium, opened

from trainers import report
from trainers.compare.__main__ import main as compare
from trainers.output.theme import colour

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser():
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def pages(small_run, small_arguments, train_here, tmp_path_factory):
    """A report and a comparison, of runs of other widths."""
    folder = tmp_path_factory.mktemp("pages")
    shutil.copytree(small_run[0], folder / "narrow")
    report.main([str(folder / "narrow"), "--measure"])
    words = [*small_arguments, "--model.hidden-units", "32", "--report", "true"]
    for seed in ("0", "1"):
        train_here(folder / f"wide-{seed}", *words, "--epochs", "2", "--seed", seed)
    compare([str(folder)])
    return {name: (folder / name).as_uri() for name in ("narrow/report.html", "compare.html")}


def rgb(hex_colour):
    return f"rgb({', '.join(str(int(hex_colour[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["narrow/report.html", "compare.html"])
def test_a_page_follows_its_readers_light_or_dark(browser, pages, name, theme):
    with opened(browser, pages[name], color_scheme=theme) as page:
        style = "e => getComputedStyle(e).{}"
        assert page.eval_on_selector("body", style.format("backgroundColor")) == rgb(
            colour("paper", theme)
        )
        assert page.eval_on_selector("h1", style.format("color")) == rgb(colour("ink", theme))
        # Words and lines of a drawing are the page's too.
        words = page.eval_on_selector("figure svg text", style.format("fill"))
        assert words in {rgb(colour(role, theme)) for role in ("ink", "muted")}
        strokes = page.eval_on_selector_all(
            "figure svg path", "all => all.map(e => getComputedStyle(e).stroke)"
        )
        role = "train" if "report" in name else "series-1"
        assert rgb(colour(role, theme)) in strokes


@pytest.mark.parametrize("name", ["narrow/report.html", "compare.html"])
def test_a_page_fits_a_telephone(browser, pages, name):
    with opened(browser, pages[name], viewport={"width": 375, "height": 700}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        box = page.locator("figure svg").first.bounding_box()
        assert 200 < box["width"] <= 375
        assert box["height"] > 100


def test_the_report_shows_curves_classes_mistakes_and_what_is_next(browser, pages):
    with opened(browser, pages["narrow/report.html"]) as page:
        assert page.locator("h2").all_inner_texts() == [
            "Figures",
            "Curves",
            "Classes",
            "Worst mistakes",
            "Settings",
            "Where the seconds went",
            "Where it ran",
            "Next",
        ]
        assert page.locator(".matrix td").count() == 100
        total = sum(int(text or 0) for text in page.locator(".matrix td").all_inner_texts())
        assert total == 360
        pictures = page.locator(".gallery img")
        assert pictures.count() == 24
        wide = "all => all.map(e => e.naturalWidth)"
        assert set(page.eval_on_selector_all(".gallery img", wide)) == {120}
        assert not page.get_by_text("hidden_units: [8]").first.is_visible()
        page.get_by_text("all settings").click()
        assert page.locator("details pre").is_visible()
        for bar in page.locator(".bars i").all():
            assert bar.bounding_box()["width"] >= 2


def test_the_comparison_shows_both_settings_and_how_far_they_are_apart(browser, pages):
    with opened(browser, pages["compare.html"]) as page:
        rows = page.locator("table").first.locator("tr")
        assert rows.count() == 3
        first = rows.nth(1).inner_text()
        assert first.startswith("wide-0 and 1 more\t2\t0.9")
        assert page.locator('svg[aria-label^="Differences from"] text', has_text="narrow").count()
        assert page.locator("td code").all_inner_texts() == ["hidden_units"]


def test_a_report_prints_in_light_on_several_sheets(browser, pages, tmp_path):
    with opened(browser, pages["narrow/report.html"], color_scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        paper = page.eval_on_selector("body", "e => getComputedStyle(e).backgroundColor")
        assert paper == rgb(colour("paper", "light"))
        content = page.pdf(format="A4")
        assert content.startswith(b"%PDF")
        assert content.count(b"/Type /Page\n") >= 3

"""The pages inside the site: its theme around them, its switch between light and dark."""

import pytest
from browser import chromium, opened
from places import ROOT

from trainers.site import build, style
from trainers.site.play import pages as play

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site of nothing but a first page and the pages to play with."""
    pytest.importorskip("material", reason="the extra `site` is not installed")
    folder = tmp_path_factory.mktemp("site")
    docs = folder / "docs"
    (docs / "play").mkdir(parents=True)
    (docs / "index.md").write_text("# Home\n")
    (docs / "play" / "index.md").write_text(play.index())
    for page in play.pages():
        (docs / "play" / f"{page.name}.md").write_text(page.markdown, encoding="utf-8")
    play.write_assets(docs / "play" / "assets")
    style.write(docs)
    build.render(docs, folder / "site", ROOT, ["index.md", {"Play": play.nav()}])
    return folder / "site"


def test_a_page_of_the_site_answers_and_follows_its_switch(site):
    options = {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}}
    with chromium() as browser, opened(browser, (site / "index.html").as_uri(), **options) as page:
        page.get_by_role("link", name="Play").first.click()
        page.get_by_role("article").get_by_role("link", name="Draw a digit").click()
        page.locator("#play-samples button").nth(7).click()
        answer = page.locator("#play-answer-cnn span")
        page.wait_for_function(
            "document.querySelector('#play-answer-cnn span').textContent === '7'"
        )
        assert answer.inner_text() == "7"
        seen = "document.querySelector('#play-seen').toDataURL()"
        light = page.evaluate(seen)
        # The first switch chooses light, which it is; the second dark.
        for _ in range(2):
            page.locator("form[data-md-component=palette] label:visible").click()
        page.wait_for_timeout(300)
        assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"
        assert page.evaluate(seen) != light

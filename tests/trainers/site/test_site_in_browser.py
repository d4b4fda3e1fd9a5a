"""The whole site built, and looked at in a browser: from the disk, and over an address."""

import re
from threading import Thread

import pytest
from browser import chromium, opened

import zoo
from trainers.site import build, serve
from trainers.site.pages.ideas import IDEAS

pytestmark = pytest.mark.slow
pytest.importorskip("material", reason="the extra `site` is not installed")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / "site"
    built = build.build(folder)
    assert built.pages > 200
    assert built.size < 60e6
    return folder


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module", params=["disk", "address"])
def address(request, site):
    """Where the site is: a file's address, or a server's."""
    if request.param == "disk":
        yield site.as_uri()
        return
    with serve.server(site, 0) as running:
        thread = Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_every_page_asks_nothing_of_another_machine(site):
    loading = re.compile(r'<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="(https?:)?//[^"]+"')
    wrong = [
        (page.relative_to(site), match[0])
        for page in site.rglob("*.html")
        for match in loading.finditer(page.read_text(encoding="utf-8"))
    ]
    assert wrong == []
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert [text for text in styles if re.search(r"url\(['\"]?https?:", text)] == []


@pytest.mark.parametrize("name", IDEAS)
def test_an_idea_shows_its_formula_code_and_picture(browser, address, name):
    with opened(browser, f"{address}/ideas/{name}.html") as page:
        sizes = page.eval_on_selector_all(
            "math", "all => all.map(each => each.getBoundingClientRect().height)"
        )
        assert len(sizes) >= 2
        assert min(sizes) > 5
        assert page.locator("pre code").count() >= 3
        page.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
        page.wait_for_function("[...document.images].every(each => each.complete)")
        widths = page.eval_on_selector_all("img", "all => all.map(each => each.naturalWidth)")
        assert widths
        assert min(widths) > 100
        solution = page.locator("details.success")
        assert not solution.locator("pre").is_visible()
        solution.locator("summary").click()
        assert "import" in solution.locator("pre").inner_text()


def test_search_finds_an_idea_and_leads_to_it(browser, address):
    with opened(browser, f"{address}/index.html") as page:
        page.locator(".md-search__input").first.click()
        page.keyboard.type("huber")
        hit = page.locator(".md-search-result__link, [class*=search] a[href*='ideas/']")
        hit.first.wait_for(timeout=20_000)
        targets = hit.evaluate_all("all => all.map(each => each.href)")
        assert any("ideas/empirical_risk.html" in target for target in targets)


def test_the_switch_turns_the_page_dark_and_its_drawings_with_it(browser, address):
    with opened(browser, f"{address}/models/autoencoder.html", color_scheme="light") as page:

        def paper():
            return page.evaluate("getComputedStyle(document.body).backgroundColor")

        assert paper() == "rgb(255, 255, 255)"
        for _ in range(2):  # the system's, light, dark
            page.locator("label.md-header__button[for^=__palette]:not([hidden])").first.click()
        assert paper() == "rgb(18, 22, 28)"
        drawn = page.locator(".curve svg path").first
        assert drawn.evaluate("each => getComputedStyle(each).fill") == "rgb(18, 22, 28)"
    with opened(browser, f"{address}/models/autoencoder.html", color_scheme="dark") as page:
        assert paper() == "rgb(18, 22, 28)"


def test_pages_fit_a_telephone(browser, address):
    telephone = {"viewport": {"width": 390, "height": 844}}
    for path in ("index", "ideas/conditioning", "models/autoencoder", "play/digit"):
        with opened(browser, f"{address}/{path}.html", **telephone) as page:
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, path


def test_models_weights_rooms_and_the_reference_say_what_they_are(browser, address):
    told = {
        "models/cnn": zoo.model_card("cnn").paper,
        "weights/cnn-mnist": zoo.weights_card("cnn:mnist").sha256,
        "published/sonar": "Gorman & Sejnowski 1988",
        "rooms/trainers/engine/index": "How do many updates run in one compiled call?",
        "api/trainers.engine": "def one_update(",
        "contributing": "Three commands",
    }
    for path, words in told.items():
        with opened(browser, f"{address}/{path}.html") as page:
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert words in page.locator("article").inner_text(), path


def test_what_is_printed_is_light_and_has_no_bars(browser, address):
    with opened(browser, f"{address}/ideas/neuron.html", color_scheme="dark") as page:
        assert page.locator(".md-header").is_visible()
        page.emulate_media(media="print")
        assert not page.locator(".md-header").is_visible()
        assert not page.locator(".md-sidebar--primary").is_visible()
        assert page.locator("math").first.is_visible()
        ink, paper = page.evaluate(
            "['color', 'backgroundColor'].map(name => getComputedStyle(document.body)[name])"
        )
        assert (ink, paper) == ("rgb(31, 35, 41)", "rgb(255, 255, 255)")  # light, from the dark

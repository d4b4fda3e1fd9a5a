"""The pages in a browser, opened as files: drawn on, clicked, typed into."""

import base64

import pytest
from browser import chromium, opened

from trainers.site.play.pages import pages
from trainers.site.play.standalone import write_standalone

pytestmark = pytest.mark.slow
NAMES = [page.name for page in pages()]


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("play")
    write_standalone(path)
    return path


@pytest.fixture
def play(browser, folder):
    """Open a page of the folder and wait until it is ready."""

    def open_page(name, **options):
        return opened(browser, (folder / f"{name}.html").as_uri(), **options)

    return open_page


def text(page, selector):
    return page.locator(selector).inner_text()


def until(page, condition, seconds=10):
    page.wait_for_function(condition, timeout=1000 * seconds)


def picture(page, selector):
    """Return a canvas's content as bytes."""
    url = page.locator(selector).evaluate("(canvas) => canvas.toDataURL()")
    return base64.b64decode(url.partition(",")[2])


def draw(page, *strokes):
    """Draw lines through points in [0, 1] of the sheet with the mouse."""
    box = page.locator("#play-sheet").bounding_box()
    for stroke in strokes:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=6)
        page.mouse.up()


def answers(page):
    return [text(page, f"#play-answer-{name} span") for name in ("perceptron", "mlp", "cnn")]


ONE = [(0.52, 0.15), (0.48, 0.85)]
SEVEN = [(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)]
ZERO = [
    (0.5, 0.15), (0.3, 0.25), (0.22, 0.5), (0.3, 0.75), (0.5, 0.85), (0.7, 0.75), (0.78, 0.5),
    (0.7, 0.25), (0.5, 0.15),
]  # fmt: skip


@pytest.mark.parametrize(("digit", "stroke"), [("1", ONE), ("7", SEVEN), ("0", ZERO)])
def test_a_drawn_digit_is_named_by_all_three(digit, stroke, play):
    with play("digit") as page:
        until(page, "document.querySelectorAll('#play-samples button').length === 20")
        assert answers(page) == ["–"] * 3
        draw(page, stroke)
        until(page, "document.querySelector('#play-answer-cnn span').textContent !== '–'")
        assert answers(page) == [digit] * 3
        inside = picture(page, "#play-first")
        page.get_by_role("button", name="Clear").click()
        until(page, "document.querySelector('#play-answer-cnn span').textContent === '–'")
        assert picture(page, "#play-first") != inside


def test_samples_are_answered_with_their_class(play):
    with play("digit") as page:
        until(page, "document.querySelectorAll('#play-samples button').length === 20")
        for button in page.locator("#play-samples button").all()[:19]:
            button.click()
            label = button.get_attribute("data-label")
            until(
                page, f"document.querySelector('#play-answer-cnn span').textContent === '{label}'"
            )
            assert answers(page) == [label] * 3


def test_a_digit_is_drawn_by_keys_and_a_unit_is_chosen(play):
    with play("digit") as page:
        until(page, "document.querySelectorAll('#play-samples button').length === 20")
        page.locator("#play-sheet").focus()
        for key in ["ArrowUp"] * 16 + ["Space"] + ["ArrowDown"] * 32:
            page.keyboard.press(key)
        until(page, "document.querySelector('#play-answer-cnn span').textContent === '1'")
        unit = picture(page, "#play-unit")
        page.locator("#play-hidden").focus()
        page.keyboard.press("ArrowRight")
        assert picture(page, "#play-unit") != unit
        weights = picture(page, "#play-evidence")
        page.get_by_label("its weights").check()
        assert picture(page, "#play-evidence") != weights


def test_moving_over_the_plane_changes_what_is_drawn(play):
    with play("plane") as page:
        until(page, "document.querySelector('#play-status').textContent.startsWith('Here')")
        box = page.locator("#play-map").bounding_box()

        def at(u, v):
            page.mouse.move(box["x"] + u * box["width"], box["y"] + (1 - v) * box["height"])
            page.wait_for_timeout(100)
            return text(page, "#play-status"), picture(page, "#play-decoded")

        corners = [at(0.15, 0.15), at(0.85, 0.15), at(0.15, 0.85)]
        assert len({drawn for _, drawn in corners}) == 3
        # The corners are a 3, a 0 and the 9 that is hard to read.
        assert corners[0][0].startswith("Here cnn sees a 3 (")
        assert corners[1][0].startswith("Here cnn sees a 0 (")
        page.locator("#play-map").focus()
        page.keyboard.press("Shift+ArrowRight")
        page.wait_for_timeout(100)
        assert picture(page, "#play-decoded") != corners[2][1]
        before = picture(page, "#play-map")
        page.locator("#play-samples button").nth(4).click()
        assert picture(page, "#play-map") != before
        page.get_by_label("two of its numbers").check()
        page.locator("#play-across").select_option("7")
        assert page.locator("#play-up").is_visible()


def test_a_text_is_written_by_its_seed_and_unknown_letters_are_told(play):
    with play("text") as page:
        until(page, "!document.querySelector('#play-write').disabled")

        def written(prompt, seed):
            page.locator("#play-prompt").fill(prompt)
            page.locator("#play-seed").fill(str(seed))
            page.locator("#play-length").fill("200")
            page.locator("#play-write").click()
            until(page, "document.querySelector('#play-status').textContent.startsWith('Wrote')")
            return page.locator("#play-text").text_content()

        first = written("def ", 1)
        assert first.startswith("def ")
        assert len(first) == 204
        assert written("def ", 1) == first
        assert written("def ", 2) != first
        page.locator("#play-prompt").fill("    retur")
        until(page, "document.querySelector('#play-status').textContent.startsWith('Read 9')")
        assert text(page, "#play-bars .play-best .play-label") == "n"
        page.locator("#play-prompt").fill("Größe")
        assert "“ö”, “ß”" in text(page, "#play-status")
        assert page.locator("#play-write").is_disabled()


def test_writing_stops_when_it_is_told_to(play):
    with play("text") as page:
        until(page, "!document.querySelector('#play-write').disabled")
        page.locator("#play-length").fill("20000")
        page.locator("#play-write").click()
        page.wait_for_timeout(300)
        page.locator("#play-stop").click()
        length = len(page.locator("#play-text").text_content())
        assert 20 < length < 15_000
        page.wait_for_timeout(200)
        assert len(page.locator("#play-text").text_content()) == length
        page.locator("#play-colour").check()
        page.locator("#play-cells").focus()
        page.keyboard.press("ArrowDown")
        assert text(page, "#play-cell-note").startswith("Cell 17 of 256")


def test_the_policy_balances_and_a_push_leans_the_pole(play):
    with play("balance") as page:
        page.locator("#play-speed").select_option("3")
        until(page, "document.querySelector('#play-balance-page').dataset.steps >= 500", 30)
        assert page.locator("#play-balance-page").get_attribute("data-fell") == "false"
        page.locator("#play-pause").click()

        def angle():
            return float(text(page, "#play-number-2").rstrip("°").replace("−", "-"))

        before = angle()
        page.keyboard.press("ArrowRight")
        for _ in range(12):
            page.locator("#play-step").click()
        # The cart goes to the right from under the pole.
        assert angle() < before - 2


def test_who_does_not_balance_falls_while_the_policy_does_not(play):
    with play("balance") as page:
        page.get_by_label("you balance").check()
        assert text(page, "#play-status").startswith("Press")
        page.keyboard.press("ArrowLeft")
        until(page, "document.querySelector('#play-status').textContent.startsWith('You fell')")
        assert page.locator("#play-balance-page").get_attribute("data-fell") == "false"


def test_a_click_on_the_surface_begins_there_and_rules_walk(play):
    with play("surface") as page:
        until(page, "document.querySelector('#play-status').textContent.startsWith('From')")
        box = page.locator("#play-surface").bounding_box()
        before = picture(page, "#play-surface")
        page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
        assert text(page, "#play-status").startswith("From (2.0")
        assert picture(page, "#play-surface") != before
        losses = page.locator("#play-legend tr td:last-child").all_inner_texts()
        told = [loss for loss in losses if loss]
        assert len(told) == 4
        assert losses[6] == "0"  # Newton on a quadratic
        page.locator("#play-loss").select_option("standardized")
        page.locator("#play-use-natural").check()
        assert page.locator("#play-legend tr td:last-child").nth(7).inner_text() == "0.195"
        page.locator("#play-back").click()
        assert page.locator("#play-surface-page").get_attribute("data-steps") == "0"
        page.locator("#play-one").click()
        assert page.locator("#play-surface-page").get_attribute("data-steps") == "1"
        page.locator("#play-run").click()
        until(page, "document.querySelector('#play-surface-page').dataset.steps > 5")
        start = text(page, "#play-status").split(",")[0]
        page.locator("#play-surface").focus()
        page.keyboard.press("ArrowLeft")
        assert text(page, "#play-status").split(",")[0] != start


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_a_telephone_in_the_dark_and_moves_nothing_unasked(name, play):
    options = {
        "color_scheme": "dark",
        "reduced_motion": "reduce",
        "viewport": {"width": 360, "height": 740},
        "has_touch": True,
    }
    with play(name, **options) as page:
        page.wait_for_timeout(1500)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert colour == "rgb(18, 22, 28)"
        if name == "balance":
            assert page.locator("#play-balance-page").get_attribute("data-steps") == "0"
        canvases = page.locator("canvas:not([aria-hidden])")
        assert all(each.get_attribute("aria-label") for each in canvases.all())


def test_pictures_follow_the_sites_switch(play):
    with play("digit", color_scheme="light") as page:
        until(page, "document.querySelectorAll('#play-samples button').length === 20")
        page.locator("#play-samples button").first.click()
        page.wait_for_timeout(200)
        light = picture(page, "#play-seen")
        page.evaluate("document.body.setAttribute('data-md-color-scheme', 'slate')")
        page.wait_for_timeout(200)
        assert picture(page, "#play-seen") != light


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('<img src="http://192.0.2.1/pixel.png">', "requests that leave the page"),
        ('<script src="gone.js"></script>', "complaints of the page"),
        ("<script>throw new Error('no')</script>", "complaints of the page"),
    ],
)
def test_what_a_page_may_not_do_would_be_seen(content, told, browser, tmp_path):
    (tmp_path / "page.html").write_text(content)
    with (
        pytest.raises(AssertionError, match=told),
        opened(browser, (tmp_path / "page.html").as_uri()) as page,
    ):
        page.wait_for_timeout(100)

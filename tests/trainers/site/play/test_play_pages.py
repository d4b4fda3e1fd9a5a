"""Pages and what they link to fit each other, ask nothing of anyone, and stay small."""

import re

import numpy as np
import pytest
from PIL import Image
from places import prepared

from trainers.output import theme
from trainers.site.play import models
from trainers.site.play.pages import colours, index, pages
from trainers.site.play.standalone import write_standalone

PAGES = {page.name: page for page in pages()}


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_links_to_is_written_and_what_its_script_looks_for_is_there(name, assets):
    text = PAGES[name].markdown
    linked = re.findall(r'(?:src|href)="assets/([^"]+)"', text)
    assert linked[-1] == f"{name}.js"
    assert "play.css" in linked
    assert [each for each in linked if not (assets / each).is_file()] == []
    script = (assets / f"{name}.js").read_text(encoding="utf-8")
    wanted = set(re.findall(r'zoo\.(?:element|range)\("([^"]+)"', script))
    assert len(wanted) > 5
    assert wanted - set(re.findall(r'id="([^"]+)"', text)) == set()
    # Of the networks a page has the layers of those that it shows.
    sources = {each: (assets / each).read_text(encoding="utf-8") for each in linked[1:]}
    made = {
        each for source in sources.values() for each in re.findall(r"zoo\.(\w+) \??\??= ", source)
    }
    del sources["networks.js" if "networks.js" in sources else "regression.js"]
    assert {
        each for source in sources.values() for each in re.findall(r"zoo\.(\w+)", source)
    } <= made


def test_every_control_and_canvas_of_a_page_has_a_name():
    for page in PAGES.values():
        scripts = {"play-evidence", "play-hidden"}  # theirs is told where they are made
        for tag in re.findall(r"<canvas [^>]+>", page.markdown):
            (name,) = re.findall(r'id="([^"]+)"', tag)
            assert "aria-label" in tag or name in scripts, f"{page.name}: {name}"
        labelled = set(re.findall(r'for="([^"]+)"', page.markdown))
        for whole, name in re.findall(
            r'(<(?:input|select|textarea) [^>]*id="([^"]+)"[^>]*>)', page.markdown
        ):
            inside = re.search(r"<label>(?:(?!</label>).)*" + re.escape(whole), page.markdown)
            assert inside or name in labelled, f"{page.name}: {name}"


def test_nothing_names_an_address_and_all_is_under_six_megabytes(assets):
    texts = [page.markdown for page in PAGES.values()]
    files = sorted(assets.iterdir())
    texts += [path.read_text(encoding="utf-8") for path in files]
    assert [text[:40] for text in texts if re.search(r"\b(https?|wss?)://", text)] == []
    assert [
        text[:40] for text in texts if re.search(r"\b(fetch|XMLHttpRequest|import)\(", text)
    ] == []
    assert sum(path.stat().st_size for path in files) < 6_000_000
    assert max(text.count("\n") for text in texts) <= 300


def test_colours_are_the_themes_in_light_in_dark_and_by_the_sites_switch():
    system, switch = re.findall(r"\{(--play-[^}]+)color-scheme:dark", colours())
    assert system == switch
    for role in theme.ROLES:
        assert f"--play-{role}:{theme.colour(role, 'dark')};" in system
        assert f"--play-{role}:{theme.colour(role, 'light')};" in colours().partition("@media")[0]


def test_the_index_and_every_page_alone_lead_to_all_pages(tmp_path):
    write_standalone(tmp_path)
    for page in PAGES.values():
        assert f"[{page.title}]({page.name}.md)" in index()
        alone = (tmp_path / f"{page.name}.html").read_text(encoding="utf-8")
        assert f"<title>{page.title}</title>" in alone
        assert "hide:" not in alone
        assert set(re.findall(r'href="(\w+)\.html"', alone)) == set(PAGES)


def test_the_weights_of_the_scripts_are_the_zoos(evaluated):
    from zoo.weights.arrays import read_arrays
    from zoo.weights.cards import weights_card

    assert {name.partition(":")[0] for name in models.MODELS} == {
        "perceptron", "mlp", "cnn", "autoencoder", "char_lstm", "policy",
    }  # fmt: skip
    arrays = read_arrays(weights_card("policy:cartpole"))
    found = evaluated("zoo.arrays('policy:cartpole')", "policy-cartpole")
    assert list(found) == list(arrays)
    for path, array in arrays.items():
        np.testing.assert_array_equal(np.float32(found[path]), array.ravel())
    left_out = evaluated("Object.keys(zoo.arrays('autoencoder:mnist'))", "autoencoder-mnist")
    assert [path for path in left_out if "variance" in path] == []


@pytest.mark.slow
def test_the_twenty_digits_are_the_first_of_each_class_in_mnists_test_split():
    folder = prepared("mnist")
    import tensorflow_datasets as tfds

    split = tfds.load("mnist", split="test", data_dir=folder, batch_size=-1, download=False)
    images, labels = split["image"].numpy()[..., 0], split["label"].numpy()
    with Image.open(models._DIGITS) as picture:
        stored = np.asarray(picture)
    for label in range(10):
        for row, number in enumerate(np.flatnonzero(labels == label)[:2]):
            part = stored[28 * row : 28 * row + 28, 28 * label : 28 * label + 28]
            np.testing.assert_array_equal(part, images[number])

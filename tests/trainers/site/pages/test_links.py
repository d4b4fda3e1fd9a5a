"""Links of a room's page lead to the pages of the site, or to the repository."""

import pytest
from places import ROOT

import configs
from trainers.site.pages.links import Links, relative


@pytest.fixture(scope="module")
def links():
    return Links(ROOT)


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("trainers/engine", "rooms/trainers/engine/index.md"),
        ("trainers/engine/README.md", "rooms/trainers/engine/index.md"),
        ("trainers/engine/loop.py", "api/trainers.engine.md#trainers.engine.loop"),
        ("zoo/mlp.py", "api/zoo.md#zoo.mlp"),
        ("CONTRIBUTING.md", "contributing.md"),
        (".github/images/xor.png", "images/xor.png"),
        ("configs/mlp.yaml", None),
    ],
)
def test_the_page_of_a_path(links, path, page):
    assert links.page_of(path) == page


def test_links_of_a_readme_are_rewritten_outside_of_code(links):
    text = (
        "| `loop.py` | the loop |\n[rooms](../optimizers#start) [out](https://a.b/c) [here](#x)\n"
        '<img src="../../.github/images/xor.png"> [row](../published#sonar) '
        "[recipe](../../configs/mlp.yaml)\n```\n[as it is](../gone)\n```\n"
    )
    found = links.rewritten(text, "trainers/engine", "rooms/trainers/engine/index.md")
    assert found == (
        "| [`loop.py`](../../../api/trainers.engine.md#trainers.engine.loop) | the loop |\n"
        "[rooms](../optimizers/index.md#start) [out](https://a.b/c) [here](#x)\n"
        '<img src="../../../images/xor.png"> [row](../../../published/sonar.md) '
        f"[recipe]({links.repository}configs/mlp.yaml)\n```\n[as it is](../gone)\n```\n"
    )


def test_a_link_to_what_is_not_there_is_told(links):
    with pytest.raises(configs.ConfigError, match=r"the page a\.md links to trainers/gone"):
        links.rewritten("[a](gone)", "trainers", "a.md")


def test_relative_links():
    assert relative("models/mlp.md#a", "ideas/neuron.md") == "../models/mlp.md#a"
    assert relative("ideas/a.md", "index.md") == "ideas/a.md"

"""Every model, room, experiment, printed figure and file of weights has its page."""

import importlib
import posixpath
import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest
from places import ROOT

import configs
import datasets
import trainers
import zoo
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse
from trainers.experiments import experiment
from trainers.output import theme
from trainers.site import build
from trainers.site.pages import ideas, models, reference
from trainers.site.pages.links import PACKAGES, Links, outside_fences

HEADINGS = [
    "The formula",
    "The code",
    "The experiment",
    "What was measured",
    "Exercise",
    "Where to go from here",
]


@pytest.fixture(scope="module")
def pages():
    return build.all_pages(Links(ROOT))


def test_every_registered_model_has_a_page_with_its_recipe_and_builder(pages):
    for name in zoo.list_models():
        text = pages[f"models/{name}.md"]
        recipe = (ROOT / "configs" / f"{name}.yaml").read_text(encoding="utf-8")
        assert recipe.strip() in text
        assert f"def {name}(" in text
        assert zoo.model_card(name).paper in text
        assert f"({name}.md)" in pages["models/index.md"]


def test_every_registered_model_has_its_learning_curves_in_the_pages_own_colours(pages):
    for name in zoo.list_models():
        path = ROOT / models.CURVES / f"{name}.svg"
        drawing = path.read_text(encoding="utf-8").strip()
        assert drawing in pages[f"models/{name}.md"], name
        assert "\n\n" not in drawing  # would end the block of HTML
        tree = ElementTree.fromstring(drawing)
        assert f"{name} on {zoo.model_card(name).default_dataset}" in "".join(tree.itertext())
        assert f"var(--validation, {theme.colour('validation')})" in drawing
        assert len(drawing) < 70_000


def test_every_room_has_a_page_and_a_reference_of_each_module(pages):
    for package in PACKAGES:
        for path in (ROOT / package).rglob("__init__.py"):
            room = path.parent.relative_to(ROOT).as_posix()
            assert f"rooms/{room}/index.md" in pages
            text = pages[f"api/{room.replace('/', '.')}.md"]
            for module in path.parent.glob("*.py"):
                name = f"{room}/{module.stem}".replace("/", ".").removesuffix(".__init__")
                assert f"::: {name}\n" in text


def test_all_trained_weights_and_printed_figures_have_a_page(pages):
    for name in zoo.list_weights():
        assert zoo.weights_card(name).sha256 in pages[f"weights/{name.replace(':', '-')}.md"]
    for path in (ROOT / "configs" / "reproduce").glob("*.yaml"):
        assert path.read_text(encoding="utf-8").strip() in pages[f"published/{path.stem}.md"]


def test_every_experiment_is_shown_by_an_idea(pages):
    told = "".join(pages[idea.page] for idea in ideas.ideas())
    shown = set(re.findall(r"python -m trainers\.reproduce (\w+)", told))
    assert shown == set(experiment.names())


def test_every_idea_has_the_same_parts_in_the_same_order(pages):
    assert len(ideas.IDEAS) == 11
    texts = {path.stem for path in ideas.TEXTS.glob("*.md")}
    assert texts == set(ideas.IDEAS)
    for idea in ideas.ideas():
        text = pages[idea.page]
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS, idea.name
        assert text.count("$$") >= 2
        assert "```python" in text
        assert "```bash" in text
        assert '??? success "A solution"' in text
        assert "{{ " not in text


def test_every_exercise_is_on_a_page(pages):
    tests = (Path(__file__).parents[1] / "exercises").glob("test_exercise_*.py")
    told = "".join(pages[idea.page] for idea in ideas.ideas())
    names = [path.name for path in tests]
    assert len(names) == len(ideas.IDEAS)
    assert [name for name in names if name not in told] == []


def commands(text):
    """Return (module, words) of every command of the project in a page's shell blocks."""
    lines = "".join(re.findall(r"```bash\n(.*?)```", text, re.DOTALL)).splitlines()
    typed = [shlex.split(line, comments=True) for line in lines]
    return [(words[2], words[3:]) for words in typed if words[:2] == ["python", "-m"]]


def test_the_commands_of_ideas_have_the_options_that_they_are_shown_with(pages, capsys):
    shown = [each for idea in ideas.ideas() for each in commands(pages[idea.page])]
    assert len(shown) > 20
    for module, words in shown:
        if module == "trainers.run":
            invocation = parse(words)
            resolve(invocation.config, invocation.typed)
            continue
        importlib.import_module(module).main(["--help"])
        flags = set(re.findall(r"--[a-z][a-z-]*", capsys.readouterr().out))
        assert {word for word in words if word.startswith("--")} <= flags, (module, words)


def test_models_and_ideas_link_to_each_other(pages):
    for idea in ideas.ideas():
        for name in idea.models:
            assert f"(../models/{name}.md)" in pages[idea.page]
            assert f"[{idea.title}](../{idea.page})" in pages[f"models/{name}.md"]


def test_relative_links_lead_to_pages_pictures_and_anchors(pages, tmp_path):
    build.write_assets(tmp_path, Links(ROOT))
    missing = []
    for page, text in pages.items():
        found = []
        outside_fences(text, lambda part, found=found: found.append(part) or part)
        for target in re.findall(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)", "".join(found)):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
            if "://" in target or path in pages or (tmp_path / path).is_file():
                continue
            missing.append((page, target))
    assert missing == []


def test_all_pages_are_in_the_navigation_once(pages):
    def leaves(part):
        if isinstance(part, str):
            return [part]
        parts = part.values() if isinstance(part, dict) else part
        return [leaf for each in parts for leaf in leaves(each)]

    listed = leaves(build.navigation(Links(ROOT)))
    assert sorted(listed) == sorted(pages)


@pytest.mark.parametrize("package", [configs, datasets, trainers, zoo])
def test_public_names_are_those_of_the_package(package):
    path = ROOT / package.__name__ / "__init__.py"
    found = reference.public_names(path)
    assert set(found) == {name for name in package.__all__ if not name.startswith("_")}
    for name, home in found.items():
        assert home == "" or (ROOT / f"{home.replace('.', '/')}.py").is_file(), name

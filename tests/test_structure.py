"""The repository's shape: what imports what, how long files are, what lies at the top."""

import ast
import collections
import graphlib
import re
import subprocess

import imports
import pytest
from imports import PACKAGES
from places import ROOT

PRODUCT = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
CODE = PRODUCT + sorted((ROOT / "tests").rglob("*.py"))
TOP_LEVEL = {
    *PACKAGES,
    "tests",
    "requirements.txt",
    "requirements-bench.txt",
    "README.md",
    "pyproject.toml",
    "setup.py",
    "LICENSE",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
}


def shown(path):
    return str(path.relative_to(ROOT))


# The rooms of each package, in the order in which they may import: each only from those before it.
# A package's own name stands for its files that are in no other room.
ROOMS = {
    "configs": (
        "configs.values",
        "configs.checks",
        "configs.merging",
        "configs.fields",
        "configs.data",
        "configs.optimization",
        "configs.schema",
        "configs",
    ),
    "zoo": (
        "zoo.errors",
        "zoo.process",
        "zoo.layers",
        "zoo.layers.recurrent",
        "zoo.layers.lenet",
        "zoo.preparation",
        "zoo.weights",
        "zoo.catalogue",
        "zoo.recurrent",
        "zoo.adversarial",
        "zoo",
    ),
    "datasets": (
        "datasets.errors",
        "datasets.silence",
        "datasets.storage",
        "datasets.partition",
        "datasets.dataset",
        "datasets.streaming",
        "datasets.cache",
        "datasets.records",
        "datasets.text",
        "datasets.own.tabular",
        "datasets.own.pictures",
        "datasets.own.pictorial",
        "datasets.own",
        "datasets.raw",
        "datasets.drawn",
        "datasets.embedded",
        "datasets.embedded.patterns",
        "datasets.environments",
        "datasets.catalogue",
        "datasets.naming",
        "datasets",
    ),
    "trainers": (
        "trainers.version",
        "trainers.errors",
        "trainers.timing",
        "trainers.output",
        "trainers.distribution",
        "trainers.objectives",
        "trainers.engine",
        "trainers.augmentation",
        "trainers.optimizers",
        "trainers.optimizers.second_order",
        "trainers.inspection",
        "trainers.problems",
        "trainers.problems.supervised",
        "trainers.problems.text",
        "trainers.problems.adversarial",
        "trainers.problems.reinforcement",
        "trainers.problems.reconstruction",
        "trainers.problems.catalogue",
        "trainers.cli",
        "trainers.assembly",
        "trainers.several",
        "trainers.runs.logs",
        "trainers.runs.tensorboard",
        "trainers.runs",
        "trainers.pretrained",
        "trainers.warm_start",
        "trainers.predictions",
        "trainers.exporting",
        "trainers.benchmarks",
        "trainers.benchmarks.peers",
        "trainers.claims",
        "trainers.experiments",
        "trainers.reports",
        "trainers.reports.pages",
        "trainers.tracking",
        "trainers.train",
        "trainers.rate_range",
        "trainers.seeds",
        "trainers.api",
        "trainers.published.statistics",
        "trainers.published",
        "trainers.compare",
        "trainers.tune",
        "trainers.site.play",
        "trainers.site.pages",
        "trainers.site",
        "trainers",
    ),
}
USES = {package: set() for package in ("configs", "zoo", "datasets")}
USES["trainers"] = set(USES)
MOST_MODULES = 16
GRAPH = imports.graph()


def test_imports_are_found_wherever_they_stand():
    source = """
import zoo.errors as z
from trainers.engine import feed, loop
ROWS = {"a": "trainers.run", "b": "datasets.digits.Digits", "prose": "see zoo.mlp for it"}
if TYPE_CHECKING:
    from zoo.catalogue.cards import ModelCard
def f(name):
    from trainers.run import main
    importlib.import_module(f"trainers.experiments.{name}")
"""
    known = {"zoo", "zoo.errors", "zoo.mlp", "zoo.catalogue.cards", "trainers", "trainers.run"}
    known |= {"trainers.engine", "trainers.engine.feed", "trainers.engine.loop"}
    known |= {"datasets.digits", "trainers.experiments"}
    expected = known - {"zoo", "zoo.mlp", "trainers", "trainers.engine"}
    assert imports.needed(source, known) == expected


def test_an_import_that_runs_up_and_a_circle_are_told():
    rooms = ("p.low", "p.high", "p.high.attic", "p")
    edges = {"p.low.a": {"p.high.b"}, "p.high.b": {"p.low.a", "p.high.attic"}, "p.c": {"p.low.a"}}
    assert imports.upward(edges, rooms) == [
        "p.high.b -> p.high.attic",
        "p.low.a -> p.high.b",
    ]
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(edges).prepare()


def test_nothing_needs_itself_in_a_circle():
    graphlib.TopologicalSorter(GRAPH).prepare()  # raises CycleError with the circle


@pytest.mark.parametrize("package", sorted(ROOMS))
def test_rooms_import_only_from_rooms_before_them(package):
    inside = {
        module: {other for other in others if other.split(".")[0] == package}
        for module, others in GRAPH.items()
        if module.split(".")[0] == package
    }
    assert len(inside) > 3
    assert imports.upward(inside, ROOMS[package]) == []


@pytest.mark.parametrize("package", sorted(USES))
def test_packages_import_only_the_packages_they_stand_on(package):
    used = {
        other.split(".")[0]
        for module, others in GRAPH.items()
        if module.split(".")[0] == package
        for other in others
    }
    assert used - {package} == USES[package]


def test_every_folder_of_code_is_a_room_with_its_question():
    folders = {".".join(path.parent.relative_to(ROOT).parts): path.parent for path in PRODUCT}
    rooms = {room for rooms in ROOMS.values() for room in rooms}
    assert set(folders) <= rooms
    for name, folder in folders.items():
        docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
        assert docstring, f"{name} does not say what it answers"


def test_no_folder_holds_more_modules_than_one_can_look_over():
    counts = collections.Counter(
        shown(path.parent) for path in PRODUCT if path.name != "__init__.py"
    )
    assert {name: n for name, n in counts.items() if n > MOST_MODULES} == {}


def test_tests_mirror_the_rooms():
    rooms = {shown(path.parent) for path in PRODUCT} | {"."}
    folders = {
        str(path.parent.relative_to(ROOT / "tests")) for path in (ROOT / "tests").rglob("*.py")
    }
    # `test_contributing.py` puts the toys into rooms; what tries whole runs is about all of them.
    # Solutions that the site shows, which are tests of the reader's.
    assert folders - {"toys", "endurance", "trainers/site/exercises"} <= rooms


def test_no_file_is_a_drawer_for_odds_and_ends():
    assert [shown(p) for p in CODE if p.stem in ("utils", "util", "helpers", "common")] == []


def test_no_file_is_longer_than_300_lines():
    lengths = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_product_code_validates_without_assert():
    found = [
        f"{shown(path)}:{node.lineno}"
        for path in PRODUCT
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assert)
    ]
    assert found == []


def test_test_folders_are_no_packages_and_their_file_names_are_unique():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_top_level_holds_only_the_agreed_names():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout, so what belongs to the project is not known")
    top = {line.partition("/")[0] for line in listed.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} - TOP_LEVEL == set()
    assert set(PACKAGES) <= top


@pytest.mark.parametrize(("name", "fewest"), [("requirements", 10), ("requirements-bench", 2)])
def test_every_requirement_is_pinned_and_has_its_reason(name, fewest):
    lines = (ROOT / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    requirements = [line for line in lines if line.strip() and not line.startswith("#")]
    assert len(requirements) >= fewest
    pinned = re.compile(r"[A-Za-z0-9_.-]+==\d+(\.\d+)+ +# \S.{4,}")
    assert [line for line in requirements if not pinned.fullmatch(line)] == []

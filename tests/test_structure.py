"""The repository's shape: what imports what, how long files are, what lies at the top."""

import ast
import re
import subprocess

import pytest
from places import ROOT

PACKAGES = ("zoo", "trainers", "datasets", "configs")
PRODUCT = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
CODE = PRODUCT + sorted((ROOT / "tests").rglob("*.py"))
TOP_LEVEL = {
    *PACKAGES,
    "tests",
    "requirements.txt",
    "README.md",
    "pyproject.toml",
    "LICENSE",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
}


def shown(path):
    return str(path.relative_to(ROOT))


def imported_packages(source):
    """Names of every package that some Python text imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # A relative import stays in its own package, so it names none.
            found |= {(node.module or "").partition(".")[0]} if node.level == 0 else set()
    return found


def test_imports_are_found_wherever_they_stand():
    source = "import zoo.errors as z\ndef f():\n    from trainers.run import main\nfrom . import x"
    assert imported_packages(source) == {"zoo", "trainers"}


@pytest.mark.parametrize("package", ["zoo", "datasets", "configs"])
def test_lower_packages_import_no_other_package_of_the_project(package):
    files = sorted((ROOT / package).rglob("*.py"))
    assert len(files) > 3
    others = set(PACKAGES) - {package}
    wrong = {
        shown(path): imported & others
        for path in files
        if (imported := imported_packages(path.read_text(encoding="utf-8"))) & others
    }
    assert wrong == {}


# Inside `trainers` as the style sheet has it: run -> train -> the stages -> steps -> losses.
LAYERS = {
    "run": 4,
    "train": 3,
    "loop": 2,
    "evaluation": 2,
    "summaries": 2,
    "checkpoints": 2,
    "steps": 1,
    "losses": 0,
    "optimizers": 0,
}


@pytest.mark.parametrize("module", sorted(LAYERS))
def test_trainers_modules_import_only_downwards(module):
    source = (ROOT / "trainers" / f"{module}.py").read_text(encoding="utf-8")
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "trainers":
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("trainers."):
            imported.add(node.module.partition(".")[2])
    upwards = {name for name in imported if LAYERS.get(name, -1) > LAYERS[module]}
    assert upwards == set()


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


def test_every_requirement_is_pinned_and_has_its_reason():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    requirements = [line for line in lines if line.strip() and not line.startswith("#")]
    assert len(requirements) >= 10
    pinned = re.compile(r"[A-Za-z0-9_.-]+==\d+(\.\d+)+ +# \S.{4,}")
    assert [line for line in requirements if not pinned.fullmatch(line)] == []

"""What `pip install` gives: commands, requirements, and a data package that hides no other.

Hugging Face has a package called `datasets` too: here it is feigned, and in the slow tests real.
"""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib

import imports
import pytest
from forked import users_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Write the project's own files, so that they are for a clone alone, or are parts of a benchmark.
CLONES_ONLY = {
    "trainers.cards",
    "trainers.benchmarks.scale_worker",
    "trainers.benchmarks.loading_worker",
    "trainers.benchmarks.latency",
}


def _setup():
    spec = importlib.util.spec_from_file_location("setup", ROOT / "setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SETUP = _setup()


def requirements():
    """Return who asks for what: "" for what every user gets, else the extra's name."""
    extras = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
    return [(extra, Requirement(line)) for extra, lines in extras.items() for line in lines]


def test_imports_and_names_of_modules_are_renamed_and_nothing_else():
    source = '''
"""See `datasets.load`."""
import datasets
import datasets.text, os
import datasets.text.kinds as kinds
from datasets import load  # é
from sklearn import datasets as bundled
def f():
    "datasets"; from datasets.text.kinds import (
        kind,
    )
    return {"é": "datasets.embedded.digits.Digits", "b": "datasets of."}, f"{kind}.datasets.a"
'''
    assert (
        SETUP.installed_source(source)
        == '''
"""See `datasets.load`."""
import zoo_datasets as datasets
import zoo_datasets.text, zoo_datasets as datasets, os
import zoo_datasets.text.kinds as kinds
from zoo_datasets import load  # é
from sklearn import datasets as bundled
def f():
    "datasets"; from zoo_datasets.text.kinds import (
        kind,
    )
    return {"é": "zoo_datasets.embedded.digits.Digits", "b": "datasets of."}, f"{kind}.datasets.a"
'''
    )


def test_a_name_that_cannot_be_renamed_ends_the_build():
    with pytest.raises(ValueError, match="line 2: begin the f-string"):
        SETUP.installed_source('import a\nb(f"datasets.{a}")\n')


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The packages as a wheel has them, beside another package called `datasets`."""
    site = tmp_path_factory.mktemp("site")
    for package in imports.PACKAGES:
        for path in (ROOT / package).rglob("*"):
            place = site / SETUP.installed_name(package) / path.relative_to(ROOT / package)
            if path.suffix in (".py", ".yaml", ".json"):
                place.parent.mkdir(parents=True, exist_ok=True)
                text = path.read_text(encoding="utf-8")
                renamed = SETUP.installed_source(text) if path.suffix == ".py" else text
                place.write_text(renamed, encoding="utf-8")
    (site / "datasets").mkdir()
    (site / "datasets" / "__init__.py").write_text("class Dataset:\n    of = 'another'\n")
    return site


def test_no_module_of_an_installation_asks_for_the_clones_name(installed):
    renamed = 0
    for path in sorted(installed.rglob("*.py")):
        if path.parent.name == "datasets":
            continue
        source = path.read_text(encoding="utf-8")
        assert imports.needed(source, {"datasets"}) == set(), path
        renamed += len(re.findall(r"\bzoo_datasets\b", source))
        for node in ast.walk(ast.parse(source)):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called.endswith(("import_module", "__import__")) and node.args:
                assert ast.unparse(node.args[0]) != "'datasets'", path
    assert renamed > 100


def in_an_installation(installed, cwd, code):
    """Return what Python printed there."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env=users_environment(PYTHONPATH=str(installed)),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_both_packages_called_datasets_serve_one_program(installed, tmp_path):
    code = (
        "import datasets, sys\n"
        "import trainers.assembly.resolve, zoo_datasets.catalogue\n"
        "assert sys.modules['datasets'] is datasets\n"
        "row = zoo_datasets.catalogue.EMBEDDED_DATASETS['digits']\n"
        "print(datasets.Dataset.of, zoo_datasets.PROJECT, row.builder, len(sys.argv))\n"
    )
    expected = "another keras-fundamentals-zoo zoo_datasets.embedded.digits.Digits 1\n"
    assert in_an_installation(installed, tmp_path, code) == expected


def test_a_module_written_for_the_clone_is_brought_to_an_installations_command(installed, tmp_path):
    (tmp_path / "brought.py").write_text(
        "import datasets.text.kinds\n"
        "from datasets.text import kinds\n"
        "import sys, zoo_datasets.text\n"
        "assert datasets is zoo_datasets and kinds is zoo_datasets.text.kinds\n"
        "assert kinds.__spec__.name == 'zoo_datasets.text.kinds'\n"
        "row = datasets.EmbeddedDataset('a.B', 'classification', 'c')\n"
        "datasets.register_dataset('mine', row)\n"
    )
    code = (
        "import sys; sys.path.remove('')\n"
        "from trainers import scripts\n"
        "words = '--import brought --model mlp --dataset mine --print-config'\n"
        "sys.argv = ['zoo-train', *words.split()]\n"
        "scripts.train()\n"
    )
    assert "  name: mine\n" in in_an_installation(installed, tmp_path, code)


def test_every_command_is_a_script():
    commands = {
        name.removesuffix(".__main__")
        for name, path in imports.modules().items()
        if 'if __name__ == "__main__":\n    ' in path.read_text(encoding="utf-8")
        and not name.startswith("zoo.process.")
    }
    scripts = importlib.import_module("trainers.scripts")
    started = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", list(sys.path))
        patch.setattr(
            scripts.runpy, "run_module", lambda name, **_: started.setdefault(name, script)
        )
        for script, target in PROJECT["scripts"].items():  # noqa: B007
            module, _, function = target.partition(":")
            assert module == "trainers.scripts"
            getattr(scripts, function)()
    assert commands - CLONES_ONLY <= set(started) <= commands
    words = {"zoo": "zoo", "trainers.run": "zoo-train"}
    assert started == {name: words.get(name, f"zoo-{name.rpartition('.')[2]}") for name in started}
    assert len(started) == len(PROJECT["scripts"])


def test_the_versions_that_a_clone_pins_are_admitted_to_an_installation():
    pins = {}
    files = ("requirements.txt", "requirements-bench.txt")
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in files]
    for line in "".join(texts).splitlines():
        if "==" in line:
            name, _, version = line.partition("#")[0].strip().partition("==")
            pins[canonicalize_name(name)] = version
    ranges = {}
    for _, requirement in requirements():
        ranges.setdefault(canonicalize_name(requirement.name), requirement.specifier)
    assert pins.keys() - ranges.keys() == set()
    assert {name: pin for name, pin in pins.items() if not ranges[name].contains(pin)} == {}


def test_users_get_no_tools_of_development_and_every_range_has_two_ends():
    users = {
        canonicalize_name(requirement.name) for extra, requirement in requirements() if not extra
    }
    assert {"tensorflow", "keras", "numpy"} <= users
    assert users.isdisjoint({"pytest", "pytest-xdist", "hypothesis", "ruff", "mypy", "pre-commit"})
    for _, requirement in requirements():
        ends = {each.operator for each in requirement.specifier}
        assert ends in ({"~="}, {"=="}, {">=", "<"}), requirement


def test_whatever_is_imported_is_required():
    """A package of another name than its module has its row."""
    names = {
        "PIL": "pillow", "absl": "absl-py", "google": "protobuf", "ruamel": "ruamel-yaml",
        "sklearn": "scikit-learn", "ai_edge_litert": "ai-edge-litert",
        "mlflow": "mlflow-skinny",
    }  # fmt: skip
    imported = {}
    for path in imports.modules().values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                found = [node.module]
            for module in found:
                top = module.partition(".")[0]
                imported.setdefault(canonicalize_name(names.get(top, top)), path.relative_to(ROOT))
    ours = {*imports.PACKAGES, *map(canonicalize_name, sys.stdlib_module_names)}
    known = {canonicalize_name(requirement.name) for _, requirement in requirements()}
    others = {name: str(path) for name, path in imported.items() if name not in ours}
    assert len(others) > 10
    assert {name: path for name, path in others.items() if name not in known} == {}

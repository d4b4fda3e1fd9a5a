"""The wheel itself, built by pip, beside Hugging Face's `datasets` in either order.

An environment of its own each time, which sees the packages of the one that runs the tests.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from forked import users_environment
from places import ROOT

pytestmark = pytest.mark.slow
OURS, THEIRS = "keras-fundamentals-zoo", "datasets"
# Its own requirements too, of which the tests' environment has few.
HUGGING_FACE = "datasets==5.2.0"
ENVIRONMENT = users_environment(TF_CPP_MIN_LOG_LEVEL="3", PIP_DISABLE_PIP_VERSION_CHECK="1")


def done(*command, cwd=None):
    """Return what a command printed, which must end well."""
    result = subprocess.run(
        list(map(str, command)), cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def fetched(folder, *requirements, deps):
    """Download packages, or skip where the index cannot be reached."""
    command = [sys.executable, "-m", "pip", "download", "-q", "-d", str(folder), *requirements]
    result = subprocess.run(
        command if deps else [*command, "--no-deps"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        pytest.skip(f"pip cannot fetch {requirements}: {result.stderr.splitlines()[-1]}")
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of the files that the project's history holds, and those about to join it."""
    tools = fetched(tmp_path_factory.mktemp("tools"), "setuptools>=77", deps=False)
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = done("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT)
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    # What an earlier build left must not be packed.
    stale = source / "build" / "lib" / "zoo_datasets" / "stale.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    done(
        sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-index",
        "--find-links", tools, "-w", folder, source,
    )  # fmt: skip
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def hugging_face(tmp_path_factory):
    return fetched(tmp_path_factory.mktemp("theirs"), HUGGING_FACE, deps=True)


class Environment:
    """A new virtual environment above the tests' own packages."""

    def __init__(self, folder):
        venv.create(folder, with_pip=False)
        scripts = "Scripts" if os.name == "nt" else "bin"
        self.programs, self._folder = folder / scripts, folder
        self.python = self.programs / "python"
        (self.site / "tests.pth").write_text(f"{sysconfig.get_path('purelib')}\n")

    @property
    def site(self):
        layout = {"base": str(self._folder), "platbase": str(self._folder)}
        return Path(sysconfig.get_path("purelib", vars=layout))

    def install(self, *words):
        done(self.python, "-m", "pip", "install", "-q", "--no-index", *words)

    def uninstall(self, name):
        done(self.python, "-m", "pip", "uninstall", "-q", "-y", name)

    def files(self, name):
        """Return what an installed distribution's record lists."""
        (record,) = self.site.glob(f"{name.replace('-', '_')}-*.dist-info/RECORD")
        return {row[0] for row in csv.reader(record.read_text().splitlines())}

    def theirs_works(self, cwd):
        code = "import datasets; print(datasets.Dataset.from_dict({'a': [1, 2]}).num_rows)"
        assert done(self.python, "-c", code, cwd=cwd) == "2\n"

    def ours_works(self, cwd, run):
        done(
            self.programs / "zoo-train", "--model", "perceptron", "--steps", "2",
            "--histograms", "false", "--run-dir", run, cwd=cwd,
        )  # fmt: skip
        return json.loads((cwd / run / "summary.json").read_text())["final_weights_sha256"]


def test_the_wheel_holds_what_a_run_needs_and_no_package_called_datasets(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    info = next(top for top in tops if top.endswith(".dist-info"))
    assert tops == {"configs", "trainers", "zoo", "zoo_datasets", info}
    assert {f"{top}/py.typed" for top in tops - {info}} <= set(names)
    assert {"zoo/measured.json", "configs/mlp.yaml", "configs/experiments/xor.yaml"} <= set(names)
    row = "nielsen_quadratic_30"
    published = {f"configs/reproduce/{row}.yaml", f"trainers/published/records/{row}.json"}
    assert published <= set(names)
    assert "zoo_datasets/stale.py" not in names
    metadata = zipfile.ZipFile(wheel).read(f"{info}/METADATA").decode()
    assert metadata.split("\n\n", 1)[1] == (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("first", [OURS, THEIRS])
def test_either_package_is_installed_first_works_and_leaves_the_other_whole(
    first, wheel, hugging_face, tmp_path
):
    environment = Environment(tmp_path / "environment")
    words = {
        OURS: ("--no-deps", wheel),
        THEIRS: ("--find-links", hugging_face, HUGGING_FACE),
    }
    for name in (first, *({OURS, THEIRS} - {first})):
        environment.install(*words[name])
    assert environment.files(OURS) & environment.files(THEIRS) == set()
    environment.theirs_works(tmp_path)
    weights = environment.ours_works(tmp_path, "both")
    clones = done(
        sys.executable, "-m", "trainers.run", "--model", "perceptron", "--steps", "2",
        "--histograms", "false", "--run-dir", tmp_path / "clone", cwd=ROOT,
    )  # fmt: skip
    assert clones
    summary = json.loads((tmp_path / "clone" / "summary.json").read_text())
    assert weights == summary["final_weights_sha256"]
    code = (
        "import datasets, trainers, zoo_datasets\n"
        "theirs = datasets.Dataset.from_dict({'a': [1, 2]})\n"
        "ours = zoo_datasets.load('digits', scratch=True)\n"
        "print(theirs.num_rows, ours.splits['train'].size, datasets.__name__)\n"
    )
    assert done(environment.python, "-c", code, cwd=tmp_path) == "2 1077 datasets\n"
    # The one that came first goes, and the other stays whole.
    environment.uninstall(first)
    if first == OURS:
        environment.theirs_works(tmp_path)
        assert not (environment.programs / "zoo-train").exists()
    else:
        assert environment.ours_works(tmp_path, "alone") == weights
        assert not (environment.site / "datasets").exists()

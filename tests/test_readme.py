"""What the READMEs say: commands that exist, files that are there, rooms told in full."""

import ast
import contextlib
import importlib
import re
import shlex
import subprocess

import pytest
from places import ROOT
from ruamel.yaml import YAML

from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
PAGES += sorted(
    path
    for name in ("configs", "zoo", "datasets", "trainers")
    for path in ROOT.glob(f"{name}/**/README.md")
)
ROOMS = [path.parent for path in PAGES if path.parent != ROOT]


def shown(path):
    return str(path.relative_to(ROOT))


def shell_lines(text):
    """Return the lines of all shell blocks, with continued ones joined and comments cut off."""
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [re.sub(r"\s+#.*", "", line).strip() for line in lines if line.strip()]


def commands():
    """Return (page, module, arguments) of every command of the project that a page shows."""
    found = []
    for page in PAGES:
        for line in shell_lines(page.read_text(encoding="utf-8")):
            for command in re.split(r"&&|\$\(", line):
                match = re.search(r"python3? -m ((?:trainers|zoo)[\w.]*)(.*)", command)
                if match:
                    found.append((page, match[1], shlex.split(match[2])))
    return found


COMMANDS = commands()


def test_readme_is_short_and_names_both_commands_once():
    # Beside the table, which has a row for every model.
    assert sum(not line.startswith("| `") for line in README.splitlines()) < 208
    assert README.count(".venv/bin/python -m trainers.run --model lstm\n") == 1
    assert README.count(".venv/bin/python -m pytest\n") == 1


def test_ci_calls_exactly_the_readmes_test_command():
    (command,) = [line for line in shell_lines(README) if line.endswith("-m pytest")]
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("page", "module", "words"),
    COMMANDS,
    ids=[f"{shown(page)}-{' '.join([module, *words])}" for page, module, words in COMMANDS],
)
def test_command_has_the_options_it_is_shown_with(page, module, words, capsys):
    package = (ROOT / module.replace(".", "/")).is_dir()
    main = importlib.import_module(f"{module}.__main__" if package else module).main
    if module == "trainers.run":
        # A run, a study or a module of the reader's own is not here to be opened.
        absent = any(word.startswith("runs/") and word.endswith(".yaml") for word in words)
        if not absent and not {"--import", "--resume"} & set(words):
            invocation = parse(words)
            resolve(invocation.config, invocation.typed)
        return
    with contextlib.suppress(SystemExit):  # by which argparse itself ends
        main(["--help"])
    flags = set(re.findall(r"(--[a-z][a-z-]*)", capsys.readouterr().out))
    own = words[: words.index("--")] if "--" in words else words
    assert {word.partition("=")[0] for word in own if word.startswith("--")} <= flags


def test_enough_commands_are_shown():
    modules = {module for _, module, _ in COMMANDS}
    assert len(COMMANDS) > 20
    assert {
        "trainers.run",
        "trainers.evaluate",
        "trainers.generate",
        "trainers.reproduce",
    } <= modules
    assert {"trainers.launch", "trainers.gradcheck", "trainers.plot"} <= modules


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_link_and_picture_of_a_page_is_there(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    local = [target.partition("#")[0] for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_file_that_a_page_names_is_there(page):
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:configs|zoo|datasets|trainers|tests)/[\w./-]+)`", text)
    missing = [name for name in named if "NAME" not in name and not (ROOT / name).exists()]
    assert missing == []


def test_every_room_has_a_page():
    packages = {
        path.parent
        for name in ("configs", "zoo", "datasets", "trainers")
        for path in (ROOT / name).rglob("__init__.py")
    }
    assert packages == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS, ids=shown)
def test_rooms_page_tells_its_question_and_every_file_once(room):
    text = (room / "README.md").read_text(encoding="utf-8")
    assert re.search(r"^\*\*.*\?.*\*\*$", text, re.MULTILINE)
    for word in ("- In: ", "- Out: ", "- Start with "):
        assert text.count(word) == 1
    listed = re.findall(r"^\| `(\w+\.py)` \| \S", text, re.MULTILINE)
    present = [path.name for path in room.glob("*.py") if path.name != "__init__.py"]
    assert sorted(listed) == sorted(present)


@pytest.mark.parametrize("room", ROOMS, ids=shown)
def test_the_page_and_the_package_ask_the_same_question(room):
    docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
    question, mark, _ = docstring.partition("?")
    if room.parent == ROOT or room.name == "experiments":
        return  # of these the docstring tells how they are used
    assert mark
    assert f"**{question}?" in (room / "README.md").read_text(encoding="utf-8")


def run_arguments(script):
    """Return what a script gives to trainers.run, as a first start does."""
    (line,) = [line for line in script.splitlines() if "-m trainers.run" in line]
    words = shlex.split(line.replace("$run", "run").replace("$resume", ""))
    return words[words.index("trainers.run") + 1 :]


def test_slurm_script_starts_one_worker_a_task_with_known_options():
    script = (ROOT / "trainers" / "distribution" / "slurm.sh").read_text(encoding="utf-8")
    result = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert script.startswith("#!/bin/bash\n#SBATCH ")
    assert "--ntasks-per-node=1" in script
    assert "\nsrun " in script
    assert parse(run_arguments(script)).config.dataset.name == "cifar10"


def test_kubernetes_manifest_has_the_fields_of_a_tfjob_and_known_options():
    manifest = ROOT / "trainers" / "distribution" / "kubernetes.yaml"
    job = YAML(typ="safe", pure=True).load(manifest)
    assert (job["apiVersion"], job["kind"]) == ("kubeflow.org/v1", "TFJob")
    worker = job["spec"]["tfReplicaSpecs"]["Worker"]
    assert worker["restartPolicy"] == "OnFailure"
    pod = worker["template"]["spec"]
    (container,) = pod["containers"]
    # The training operator sets TF_CONFIG in the container of this name alone.
    assert container["name"] == "tensorflow"
    assert {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
    assert container["command"] == ["bash", "-c"]
    (script,) = container["args"]
    result = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert parse(run_arguments(script.split("exec ")[1])).config.model.name == "cnn"

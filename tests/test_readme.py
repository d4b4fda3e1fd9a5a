"""The README's scripts for clusters, as far as they can be checked without one."""

import re
import shlex
import subprocess

import pytest
from places import ROOT
from ruamel.yaml import YAML

from trainers.cli.run_arguments import parse

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language, word):
    """Return the README's code block of a language that holds a word."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    (found,) = [text for text in blocks if word in text]
    return found


def run_arguments(script):
    """Return what a script gives to trainers.run, as a first start does."""
    (line,) = [line for line in script.splitlines() if "-m trainers.run" in line]
    words = shlex.split(line.replace("$run", "run").replace("$resume", ""))
    return words[words.index("trainers.run") + 1 :]


@pytest.mark.parametrize("word", ["#SBATCH", "trainers.launch --workers 2"])
def test_shell_scripts_parse(word):
    script = block("bash", word)
    result = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


def test_slurm_script_starts_one_worker_a_task_with_known_options():
    script = block("bash", "#SBATCH")
    assert script.startswith("#!/bin/bash\n")
    assert "--ntasks-per-node=1" in script
    assert "\nsrun " in script
    assert parse(run_arguments(script)).config.dataset.name == "cifar10"


def test_kubernetes_manifest_has_the_fields_of_a_tfjob_and_known_options():
    job = YAML(typ="safe", pure=True).load(block("yaml", "TFJob"))
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

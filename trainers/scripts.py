"""The commands of an installation: `zoo-train` is `python -m trainers.run`, and so on."""

from __future__ import annotations

import runpy
import sys

from trainers.cli import clone_name


def _python_m(module: str) -> None:
    # The current folder, as for `python -m`: `--import my_models` finds a module there. At the end,
    # so that nothing in it hides an installed package.
    sys.path.append("")
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def zoo() -> None:
    """Run `python -m zoo`."""
    import datasets

    clone_name.answer_to(datasets)  # as the other commands do where they begin
    _python_m("zoo")


def bench() -> None:
    """Run `python -m trainers.bench`."""
    _python_m("trainers.bench")


def compare() -> None:
    """Run `python -m trainers.compare`."""
    _python_m("trainers.compare")


def evaluate() -> None:
    """Run `python -m trainers.evaluate`."""
    _python_m("trainers.evaluate")


def export() -> None:
    """Run `python -m trainers.export`."""
    _python_m("trainers.export")


def generate() -> None:
    """Run `python -m trainers.generate`."""
    _python_m("trainers.generate")


def gradcheck() -> None:
    """Run `python -m trainers.gradcheck`."""
    _python_m("trainers.gradcheck")


def launch() -> None:
    """Run `python -m trainers.launch`."""
    _python_m("trainers.launch")


def plot() -> None:
    """Run `python -m trainers.plot`."""
    _python_m("trainers.plot")


def predict() -> None:
    """Run `python -m trainers.predict`."""
    _python_m("trainers.predict")


def report() -> None:
    """Run `python -m trainers.report`."""
    _python_m("trainers.report")


def reproduce() -> None:
    """Run `python -m trainers.reproduce`."""
    _python_m("trainers.reproduce")


def site() -> None:
    """Run `python -m trainers.site`."""
    _python_m("trainers.site")


def train() -> None:
    """Run `python -m trainers.run`."""
    _python_m("trainers.run")


def tune() -> None:
    """Run `python -m trainers.tune`."""
    _python_m("trainers.tune")

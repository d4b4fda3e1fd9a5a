"""What an installation needs beside `pyproject.toml`: another name for the package `datasets`.

Hugging Face's package is called `datasets` too, and two packages of one name in one environment end
mixed in one folder. So the folder `datasets/` is installed as `zoo_datasets`, and what our code
says of it is renamed as it is copied into a wheel. An editable installation (`pip install -e`) is
the clone itself, with the clone's names.
"""

from __future__ import annotations

import ast
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

CLONED, INSTALLED = "datasets", "zoo_datasets"
_FROM = re.compile(rb"from\s+" + CLONED.encode() + rb"\b")
# A module or what it holds, as in "datasets.embedded.digits.Digits".
_DOTTED = re.compile(rf"{CLONED}(\.\w+)+")


def installed_name(name: str) -> str:
    """Return what a module of the clone is called where it is installed."""
    head, dot, rest = name.partition(".")
    return f"{INSTALLED}{dot}{rest}" if head == CLONED else name


def installed_source(source: str) -> str:
    """Return a module's text with `datasets` renamed in imports and in strings that name modules.

    Nothing else is changed and no line is added, so that a traceback's line is the clone's.

    Raises:
        ValueError: an f-string begins with the name, which cannot be told from prose.
    """
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    for row, start, end, text in sorted(_renamings(ast.parse(source), lines), reverse=True):
        lines[row] = lines[row][:start] + text.encode() + lines[row][end:]
    return b"".join(lines).decode()


def _renamings(tree: ast.Module, lines: list[bytes]) -> Iterator[tuple[int, int, int, str]]:
    """Yield a row, the bytes of it to replace, and the new text."""
    in_f_strings = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            in_f_strings |= {id(part) for part in node.values}
            first = getattr(node.values[0], "value", None) if node.values else None
            if isinstance(first, str) and first.startswith(f"{CLONED}."):
                raise ValueError(f"line {node.lineno}: begin the f-string with {{__name__}}")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if installed_name(alias.name) != alias.name:
                    # `import datasets.text` makes the name `datasets` known too.
                    text = installed_name(alias.name)
                    if alias.name != CLONED and not alias.asname:
                        text += f", {INSTALLED}"
                    text += f" as {alias.asname or CLONED}"
                    yield alias.lineno - 1, alias.col_offset, alias.end_col_offset or 0, text
        elif isinstance(node, ast.ImportFrom) and not node.level:
            if found := _FROM.match(lines[node.lineno - 1], node.col_offset):
                yield node.lineno - 1, found.end() - len(CLONED), found.end(), INSTALLED
        elif isinstance(node, ast.Constant) and id(node) not in in_f_strings:
            found = isinstance(node.value, str) and _DOTTED.fullmatch(node.value)
            if found:
                start = lines[node.lineno - 1].index(CLONED.encode(), node.col_offset)
                yield node.lineno - 1, start, start + len(CLONED), INSTALLED


class BuildPython(build_py):
    """Copies the packages, and renames what they say of `datasets`."""

    def run(self) -> None:
        """Copy into an empty folder: what an earlier build left there would be packed too."""
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()

    def build_module(self, module: str, module_file: str, package: Any) -> Any:
        """Copy one module, renamed."""
        done = super().build_module(module, module_file, package)
        if not self.editable_mode:
            path = Path(done[0])
            path.write_bytes(installed_source(path.read_bytes().decode()).encode())
        return done


if __name__ == "__main__":
    # A package of the clone is found by its folder's name, and so is an editable one.
    packages = find_packages(include=["configs*", "datasets*", "trainers*", "zoo*"])
    if "editable_wheel" in sys.argv:
        setup(packages=packages, cmdclass={"build_py": BuildPython})
    else:
        setup(
            packages=[installed_name(name) for name in packages],
            package_dir={INSTALLED: CLONED},
            cmdclass={"build_py": BuildPython},
        )

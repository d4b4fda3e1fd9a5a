"""Which module of the project needs which, read from the source: lazy and string imports too."""

import ast
import re

from places import ROOT

PACKAGES = ("configs", "zoo", "datasets", "trainers")
_DOTTED = re.compile(r"[a-z_]\w*(\.\w+)+\.?")


def modules():
    """Return the path of every module by its dotted name; a package is its `__init__.py`."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def needed(source, known):
    """Return what some Python text needs of the `known` modules, wherever it says so.

    A string that is a dotted name stands for the module that it begins with, as "zoo.mlp" does, a
    class in it, or the beginning of an f-string; other strings are prose.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {_longest(alias.name, known) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            found |= {_longest(f"{node.module}.{alias.name}", known) for alias in node.names}
        elif isinstance(node, ast.Constant) and _DOTTED.fullmatch(str(node.value)):
            found.add(_longest(str(node.value).rstrip("."), known))
    return found - {None}


def _longest(name, known):
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name or None


def graph():
    """Return module -> the modules that it needs, itself left out."""
    known = modules()
    return {
        name: needed(path.read_text(encoding="utf-8"), known) - {name}
        for name, path in known.items()
    }


def room_of(module, rooms):
    """Return the room a module is in: the longest of the names that it begins with."""
    return max((room for room in rooms if module == room or module.startswith(f"{room}.")), key=len)


def upward(edges, rooms):
    """Return the needs that run from a room to a later one, as "who -> whom"."""
    order = {room: place for place, room in enumerate(rooms)}
    return [
        f"{module} -> {other}"
        for module, others in sorted(edges.items())
        for other in sorted(others)
        if order[room_of(other, rooms)] > order[room_of(module, rooms)]
    ]

"""Which array belongs to which variable: by path, or by order where Keras has counted layers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from zoo.weights.variable_names import layer_of

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Matches:
    """What fits, by the names of the model's variables.

    Args:
        taken: the name in the source, of each variable that fits.
        not_taken: why not, of each of the others, as in "(64, 10) -> (64, 5)".
        unused: names in the source that nothing in the model stands for.
    """

    taken: dict[str, str] = field(default_factory=dict)
    not_taken: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)


def matches(source: Mapping[str, Shape], model: Mapping[str, Shape]) -> Matches:
    """Return what of a source fits a model; both are shapes by name, in order.

    The same path belongs together. What is left belongs together where only the counters differ
    that Keras puts behind the names of layers, "dense_3" for the second of a model: by order.
    A layer is taken whole, or not at all.
    """
    pairs = {name: name for name in model if name in source}
    used = set(pairs.values())
    counted = {counter: name for name, counter in _counted(source).items() if name not in used}
    for name, counter in _counted(model).items():
        if name not in pairs and counter in counted:
            pairs[name] = counted.pop(counter)
    reasons = {
        name: f"{source[pairs[name]]} -> {shape}" if name in pairs else "not in the source"
        for name, shape in model.items()
        if name not in pairs or source[pairs[name]] != shape
    }
    left = {layer_of(name) for name in reasons}
    for name in model:
        if layer_of(name) in left:
            reasons.setdefault(name, "its layer is not taken whole")
    return Matches(
        {name: pairs[name] for name in model if name not in reasons},
        {name: reasons[name] for name in model if name in reasons},
        [name for name in source if name not in set(pairs.values())],
    )


def _counted(names: Iterable[str]) -> dict[str, str]:
    """Return names whose layers are numbered by order: "net/dense_7/kernel" as "dense#1/kernel".

    What is above a layer is left out: a subclassed model that is loaded has other paths there.
    """
    seen: dict[str, list[tuple[str, str]]] = {}
    found = {}
    for name in names:
        path, _, own = name.rpartition("/")
        own, _, again = own.partition("#")
        kind = re.sub(r"_[0-9]+$", "", path.rpartition("/")[2])
        layers = seen.setdefault(kind, [])
        if (path, again) not in layers:
            layers.append((path, again))
        found[name] = f"{kind}#{layers.index((path, again)) + 1}/{own}"
    return found

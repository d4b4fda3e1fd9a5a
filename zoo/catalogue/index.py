"""Finds the built-in models by reading their files, without importing them.

Importing a model's file imports Keras and TensorFlow, which takes seconds; listing models and
reading their options must not. The files are therefore parsed, and what the decorator and the
signature say is read from the syntax tree. This works because both hold literals only, which
is checked: anything else fails with the file and the line.
"""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from zoo.catalogue.entries import ModelEntry, check_metadata_names
from zoo.catalogue.signatures import literal, parsed_options
from zoo.errors import ModelError

PACKAGE = Path(__file__).parents[1]


@cache
def built_in_models() -> Mapping[str, ModelEntry]:
    """Every model registered in a file of this package, by name."""
    return MappingProxyType(read_models(PACKAGE))


def read_models(folder: Path, package: str = "zoo") -> dict[str, ModelEntry]:
    """Read the models of every Python file in a folder and the folders in it.

    Args:
        folder: the folder to read.
        package: the package that the folder is.

    Raises:
        ModelError: a decorator or signature that cannot be read, with its file and line, or two
            models of one name.
    """
    models: dict[str, ModelEntry] = {}
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        # Parsing costs 20 times this search, and most files register nothing.
        if "\n@register_model" not in source:
            continue
        module = ".".join([package, *path.relative_to(folder).with_suffix("").parts])
        for function in ast.walk(ast.parse(source, str(path))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for decorator in filter(_is_registration, function.decorator_list):
                entry = _read_entry(path, module, function, decorator)
                if entry.name in models:
                    raise ModelError(
                        f"{path}:{decorator.lineno}: the name {entry.name!r} is already taken by "
                        f"{models[entry.name].module}; choose another name"
                    )
                models[entry.name] = entry
    return models


@cache
def modules_with_custom_objects() -> tuple[str, ...]:
    """Modules of this package that register a layer or function for Keras's loader."""
    return tuple(
        ".".join(["zoo", *path.relative_to(PACKAGE).with_suffix("").parts])
        for path in sorted(PACKAGE.rglob("*.py"))
        if "\n@keras.saving.register_keras_serializable(" in path.read_text(encoding="utf-8")
    )


def _is_registration(decorator: ast.expr) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(function, ast.Name) and function.id == "register_model"


def _read_entry(
    path: Path, module: str, function: ast.FunctionDef, decorator: ast.expr
) -> ModelEntry:
    try:
        name, metadata = _read_decorator(function.name, decorator)
        options = parsed_options(function, metadata.pop("ranges", {}))
        return ModelEntry(
            name=name,
            module=module,
            builder=function.name,
            summary=(ast.get_docstring(function) or "").partition("\n")[0],
            options=options,
            **metadata,
        )
    except ValueError as error:
        raise ModelError(f"{path}:{decorator.lineno}: {error}") from error


def _read_decorator(function_name: str, decorator: ast.expr) -> tuple[str, dict[str, Any]]:
    if not isinstance(decorator, ast.Call):
        raise ValueError("write @register_model(...) with parentheses")
    values = {
        keyword.arg or "**": literal(keyword.value, keyword.arg or "**")
        for keyword in decorator.keywords
    }
    if decorator.args:
        values["name"] = literal(decorator.args[0], "name")
    name = values.pop("name", function_name)
    check_metadata_names(values)
    return name, values

"""Reads a model's options from its builder's signature, parsed or live.

The files of this package are read as syntax trees, so that nothing is imported; a user's
builder is a function that already exists. Both end in one syntax tree for each annotation, and
so in the same options.
"""

import ast
import dataclasses
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from zoo.catalogue.options import Option, parse_interval
from zoo.catalogue.words import CHOICES, VALUED
from zoo.errors import ModelOptionError

_SCALARS = ("int", "float", "str", "bool")
_TUPLES = ("tuple[int, ...]", "tuple[float, ...]", "int | tuple[int, ...]")
_ALLOWED_ANNOTATIONS = (
    "int, float, str, bool, tuple[int, ...], tuple[float, ...], int | tuple[int, ...], "
    "Literal[...], Activation, Initializer, BiasInitializer, each also with | None"
)


def parsed_options(function: ast.FunctionDef, ranges: Mapping[str, str]) -> dict[str, Option]:
    """Return the options of a parsed function: its keyword-only parameters.

    Args:
        function: a builder.
        ranges: intervals of number options by name.

    Raises:
        ValueError: an option without a type or a literal default, or of a type not allowed.
    """
    arguments = function.args
    _demand_first_two([each.arg for each in [*arguments.posonlyargs, *arguments.args]])
    return _make_options(
        (
            (
                parameter.arg,
                parameter.annotation,
                ... if default is None else literal(default, parameter.arg),
            )
            for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        ),
        ranges,
        documented(ast.get_docstring(function) or ""),
    )


def signature_options(builder: Callable[..., Any], ranges: Mapping[str, str]) -> dict[str, Option]:
    """Read the keyword-only parameters of a function.

    Args:
        builder: called as `builder(input_shape, num_classes, **options)`.
        ranges: intervals of number options by name.

    Raises:
        ValueError: an option that is not keyword-only, has no type or default, or has a type
            that is not allowed.
    """
    parameters = list(inspect.signature(builder).parameters.values())
    _demand_first_two([each.name for each in parameters if each.kind is not each.KEYWORD_ONLY])
    return _make_options(
        (
            (
                each.name,
                None if each.annotation is each.empty else _annotation_tree(each.annotation),
                ... if each.default is each.empty else each.default,
            )
            for each in parameters[2:]
        ),
        ranges,
        documented(inspect.getdoc(builder) or ""),
    )


def documented(docstring: str) -> dict[str, str]:
    """Return what a docstring's "Args" say of each parameter, on one line without its full stop."""
    section = re.search(r"^Args:\n((?:[ ]+.*\n?|\n(?=[ ]))*)", docstring, re.MULTILINE)
    found = re.findall(
        r"^    (\w[\w, ]*): (.*(?:\n     +.*)*)", section[1] if section else "", re.MULTILINE
    )
    return {
        name.strip(): " ".join(text.split()).removesuffix(".")
        for names, text in found
        for name in names.split(",")
    }


def literal(expression: ast.expr, name: str) -> Any:
    """Return the value of a literal expression.

    Raises:
        ValueError: the expression is not a literal.
    """
    try:
        return ast.literal_eval(expression)
    except ValueError:
        raise ValueError(
            f"{name}={ast.unparse(expression)} is not a literal; write its value out"
        ) from None


def _demand_first_two(positional: list[str]) -> None:
    if positional != ["input_shape", "num_classes"]:
        raise ValueError(
            f"the builder's positional parameters are {positional}; allowed: input_shape, "
            "num_classes; put the options after a *, as keyword-only parameters"
        )


def _annotation_tree(annotation: Any) -> ast.expr:
    # An annotation may be a type, a typing construct, or its source as a string.
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return ast.Constant(text)


def _make_options(
    parameters: Iterable[tuple[str, ast.expr | None, Any]],
    ranges: Mapping[str, str],
    told: Mapping[str, str],
) -> dict[str, Option]:
    options = {}
    for name, annotation, default in parameters:
        # An ellipsis stands for no default; None is a value.
        if annotation is None or default is ...:
            raise ValueError(f"option {name!r} needs a type and a default")
        option = _make_option(name, annotation, default, ranges.get(name))
        options[name] = dataclasses.replace(option, help=told.get(name, ""))
    if unknown := sorted(set(ranges) - set(options)):
        raise ValueError(f"ranges has {unknown}, which are not options; allowed: {list(options)}")
    return options


def _make_option(
    name: str, annotation: ast.expr, default: Any, interval: str | None = None
) -> Option:
    """Build an option from its annotation's syntax tree.

    Raises:
        ValueError: the annotation is none of the allowed ones, or the default does not fit it.
    """
    base, optional = _split_optional(annotation)
    text = ast.unparse(base).removeprefix("typing.")
    choices: tuple[Any, ...] = ()
    valued = False
    # A live annotation is `Annotated[str, 'Activation']`, a parsed one the name alone.
    word = re.fullmatch(r"(?:Annotated\[str, ')?(\w+)(?:'\])?", text)
    if word and word[1] in CHOICES:
        text, choices, valued = "str", CHOICES[word[1]], word[1] in VALUED
    elif text.startswith("Literal["):
        choices = _literal_choices(base)
    elif text not in (*_SCALARS, *_TUPLES):
        raise ValueError(
            f"option {name!r} has the type {ast.unparse(annotation)}; "
            f"allowed: {_ALLOWED_ANNOTATIONS}"
        )
    if interval is not None:
        parse_interval(interval)
    kind = text + (" | None" if optional else "")
    option = Option(name, kind, default, choices, interval, valued=valued)
    try:
        option.check(default, "")
    except ModelOptionError:
        raise ValueError(
            f"option {name!r} has the default {default!r}; allowed: {option.allowed}"
        ) from None
    return option


def _split_optional(annotation: ast.expr) -> tuple[ast.expr, bool]:
    """Separates `X | None` (also spelt `Optional[X]`) into X and True."""
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        if ast.unparse(annotation.right) == "None":
            return annotation.left, True
    elif isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).endswith(
        "Optional"
    ):
        return annotation.slice, True
    return annotation, False


def _literal_choices(annotation: ast.expr) -> tuple[Any, ...]:
    if not isinstance(annotation, ast.Subscript):
        return ()
    choices = ast.literal_eval(annotation.slice)
    return choices if isinstance(choices, tuple) else (choices,)

"""From a command line to a resolved configuration: defaults < recipe < command line.

The parser is built from the dataclasses of `configs.schema` plus the options of the chosen model
and optimizer, read without importing TensorFlow. jsonargparse converts and checks types; what it
and our own checks reject becomes one line naming the flag, what was given and what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentError, ArgumentParser, Namespace

import configs
import zoo
from trainers import optimizers, problems
from trainers.arguments import ALIASES, Argument, arguments

_SWITCHES = {
    "resume": "continue the run in --run-dir from its newest intact checkpoint",
    "print-config": "print the resolved configuration and stop",
    "dry-run": "build, train two steps, evaluate, write nothing",
}


@dataclass(frozen=True)
class Invocation:
    """What one command line asks for: a configuration and what to do with it."""

    config: configs.Config
    run_dir: Path | None
    resume: bool
    print_config: bool
    dry_run: bool


def parse(argv: list[str], saved_config: str = "config.yaml") -> Invocation:
    """Resolve a command line.

    Precedence, weakest first: (1) the defaults of `configs.schema`; (2) the recipe: the resumed
    run's `saved_config`, else `--config FILE`, else `configs/<model>.yaml`; (3) the command line.

    Raises:
        ConfigError: unknown key, wrong type, value out of bounds, or a combination that cannot run.
    """
    argv = [hyphenated(argument) for argument in argv]
    peek = _peek(argv)
    recipe = _recipe(peek, saved_config)
    model = peek.get("model.name") or _section(recipe, "model").get("name") or "mlp"
    optimizer = peek.get("optimizer.name") or _section(recipe, "optimizer").get("name") or "adam"
    # A recipe's options belong to its own model and optimizer; under another name they would
    # be unknown or, worse, known and meant for something else.
    if _section(recipe, "model").get("name", model) != model:
        recipe.pop("problem", None)
    recipe = _drop_foreign(recipe, "model", model)
    recipe = _drop_foreign(recipe, "optimizer", optimizer)
    entries = arguments(str(model), str(optimizer))
    parser = _parser(entries)
    _apply_recipe(parser, entries, recipe)
    namespace = _parse_args(parser, entries, argv)
    return Invocation(
        config=_config(namespace, {key.replace("-", "_") for key in peek}),
        run_dir=Path(namespace.run_dir) if namespace.run_dir else None,
        resume=namespace.resume,
        print_config=namespace.print_config,
        dry_run=namespace.dry_run,
    )


def help_text(argv: list[str]) -> str:
    """Return the help, with the options of the model and optimizer that `argv` names."""
    peek = _peek([hyphenated(argument) for argument in argv])
    model, optimizer = peek.get("model.name", "mlp"), peek.get("optimizer.name", "adam")
    text: str = _parser(arguments(model, optimizer)).format_help()
    for alias, key in ALIASES.items():
        text = text.replace(f"--{key} ", f"--{alias} ")
    return text


def hyphenated(argument: str) -> str:
    """Spell a flag with hyphens and its full dotted key; leave values alone."""
    if not re.match(r"--[A-Za-z]", argument):
        return argument
    flag, equals, value = argument[2:].partition("=")
    flag = flag.replace("_", "-")
    return f"--{ALIASES.get(flag, flag)}{equals}{value}"


def _peek(argv: list[str]) -> dict[str, Any]:
    """Return the flags present and their raw values, before any of them is known to be right."""
    found: dict[str, Any] = {}
    for index, argument in enumerate(argv):
        if argument.startswith("--"):
            flag, equals, value = argument[2:].partition("=")
            following = argv[index + 1] if index + 1 < len(argv) else ""
            found[flag] = value if equals else ("" if following.startswith("--") else following)
            if flag in _SWITCHES:
                found[flag] = True
    return found


def _recipe(peek: dict[str, Any], saved_config: str) -> dict[str, Any]:
    if peek.get("resume"):
        if peek.get("config"):
            raise configs.ConfigError(
                "--resume continues the run's own configuration, so --config does not apply; "
                "leave one of them out"
            )
        if not peek.get("run-dir"):
            raise configs.ConfigError("--resume needs --run-dir RUN_DIR: the run to continue")
        saved = Path(peek["run-dir"]) / saved_config
        if not saved.is_file():
            raise configs.ConfigError(
                f"{peek['run-dir']} holds no {saved_config}, so there is no run to resume; "
                "check --run-dir, or leave --resume out to start one there"
            )
        return configs.load_recipe(saved)
    if peek.get("config"):
        return configs.load_recipe(peek["config"])
    name = peek.get("model.name") or "mlp"
    _require_model(name)
    path = configs.recipe_path(name)
    return configs.load_recipe(path) if path.is_file() else {}


def _section(recipe: dict[str, Any], name: str) -> dict[str, Any]:
    section = recipe.get(name, {})
    if isinstance(section, str):
        return {"name": section}
    return section if isinstance(section, dict) else {}


def _drop_foreign(recipe: dict[str, Any], section: str, name: str) -> dict[str, Any]:
    values = _section(recipe, section)
    if values and values.get("name", name) != name:
        return {**recipe, section: {"name": name}}
    return recipe


def _require_model(name: str) -> None:
    if not zoo.is_model(name):
        zoo.model_card(name)  # raises the registry's own error, with the nearest match


def _parser(entries: list[Argument]) -> ArgumentParser:
    parser = ArgumentParser(
        exit_on_error=False,
        allow_abbrev=False,
        prog="python -m trainers.run",
        description="Train a registered model on its recipe, or on what you choose.",
        epilog="Hyphens and underscores both work. `--model NAME --help` shows NAME's options.",
    )
    for entry in entries:
        parser.add_argument(entry.flag, type=entry.type, default=entry.default, help=entry.help)
    parser.add_argument("--config", type=str, help="a recipe instead of configs/<model>.yaml")
    parser.add_argument("--run-dir", type=str, help="run folder (default: runs/<model>-<time>)")
    for name, text in _SWITCHES.items():
        parser.add_argument(f"--{name}", action="store_true", help=text)
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def _apply_recipe(parser: ArgumentParser, entries: list[Argument], recipe: dict[str, Any]) -> None:
    flat = dict(_flatten(recipe))
    allowed = {entry.key for entry in entries}
    for key in flat:
        if key not in allowed:
            hint = configs.nearest(key, allowed)
            raise configs.ConfigError(f"recipe key {key!r} is not known{hint}")
    try:
        parser.parse_object(_nested(flat), defaults=False)
        parser.set_defaults(flat)
    except (ArgumentError, TypeError, KeyError, OverflowError) as error:
        raise configs.ConfigError(one_line(str(error))) from error


def _flatten(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in values.items():
        if not isinstance(key, str):
            raise configs.ConfigError(f"recipe key {key!r} is not a word")
        path = f"{prefix}{key}".replace("-", "_")
        if isinstance(value, Mapping):
            pairs += _flatten(value, f"{path}.")
        elif not prefix and path in ("model", "dataset", "loss", "optimizer"):
            pairs.append((f"{path}.name", value))
        else:
            pairs.append((path, value))
    return pairs


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in flat.items():
        section, dot, name = key.partition(".")
        if dot:
            result.setdefault(section, {})[name] = value
        else:
            result[key] = value
    return result


def _parse_args(parser: ArgumentParser, entries: list[Argument], argv: list[str]) -> Namespace:
    others = {f"--{name}" for name in (*_SWITCHES, "config", "run-dir", "debug")}
    flags = {entry.flag for entry in entries} | others
    sequences = {entry.flag for entry in entries if entry.is_sequence}
    rewritten: list[str] = []
    for argument in argv:
        flag, equals, value = argument.partition("=")
        if argument.startswith("--") and flag not in flags:
            shown = {f"--{alias}" for alias, key in ALIASES.items() if f"--{key}" in flags} | flags
            raise configs.ConfigError(
                f"unknown option {flag}{configs.nearest(flag, shown)} --help lists them all"
            )
        # `--model.hidden-units 100,50` is what one types; the parser reads `[100,50]`.
        if equals and flag in sequences:
            argument = f"{flag}={_bracketed(value)}"
        elif rewritten and rewritten[-1] in sequences:
            argument = _bracketed(argument)
        rewritten.append(argument)
    try:
        return parser.parse_args(rewritten)
    except ArgumentError as error:
        raise configs.ConfigError(one_line(str(error))) from error
    except OverflowError as error:
        raise configs.ConfigError(f"a number is too large ({error}); give a smaller one") from error


def _bracketed(value: str) -> str:
    return value if value.startswith("[") or value == "null" else f"[{value}]"


def _config(namespace: Namespace, given: set[str]) -> configs.Config:
    values = namespace.as_dict()
    if "epochs" in given and "steps" not in given:
        values["steps"] = None
    if "steps" in given and "epochs" not in given:
        values["epochs"] = None
    if optimizers.find(values["optimizer"]["name"]).whole_dataset:
        if "batch_size" in given and values["batch_size"] != "full":
            raise configs.ConfigError(
                f"optimizer {values['optimizer']['name']!r} uses the whole training set per "
                "update, so --batch-size does not apply; --micro-batch-size bounds its memory"
            )
        values["batch_size"] = "full"
    config = configs.from_dict(values)
    configs.check(config)
    optimizers.check(config.optimizer)
    options = zoo.model_options(config.model.name)
    for name, value in config.model.options.items():
        options[name].check(value, config.model.name)
    problems.check(config)
    return config


def one_line(message: str) -> str:
    """Turn jsonargparse's paragraph into: which key, what was given, what is allowed."""
    key = re.search(r'Parser key "([^"]+)"', message)
    given = re.search(r"Given value: (.*)|Got value: (.*)", message)
    if not key or not given:
        return " ".join(message.split())
    value = next(group for group in given.groups() if group is not None)
    wanted = re.findall(
        r"Expected an? (?:<class '(?:typing\.)?(\w+)'>|((?:typing\.)?\S.*?))(?:\.| Got|$)",
        message,
        re.M,
    )
    allowed = " or ".join(dict.fromkeys((a or b).replace("typing.", "") for a, b in wanted))
    allowed = re.sub(r"\bNoneType\b", "null", allowed)
    allowed = re.sub(r"Literal\[(.*?)\]", r"\1", allowed)
    return f"--{key.group(1).replace('_', '-')} cannot be {value.strip()!r}; allowed: {allowed}"

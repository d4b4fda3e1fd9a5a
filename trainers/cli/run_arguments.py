"""From a command line to a configuration: defaults < recipe < command line.

jsonargparse holds the options in their groups, converts and checks types, takes the recipe as
defaults, and prints versions and completions. Written by hand here is what it cannot do:

- the model and the optimizer are looked for in the words first, and with them the recipe is read:
  which options there are depends on both, and on `--config`;
- `--model mlp` stands for the section's name, which a parser with `--model.units` would take for
  all of the section;
- hyphens and underscores are the same in a flag;
- options of a recipe that mean something else under another model or optimizer fall away;
- its messages are paragraphs: they become one line, with the flag and the nearest that exists.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentError, ArgumentParser

import configs
import datasets
import zoo
from trainers.cli import extensions, parser
from trainers.cli.carried import carried_over
from trainers.cli.options import GROUPS, Argument, arguments
from trainers.objectives.losses import LOSSES
from trainers.optimizers.catalogue import OPTIMIZERS, find

_SWITCHES = {
    "resume": "continue the run in --run-dir from its newest intact checkpoint",
    "print-config": "print the resolved configuration and stop",
    "dry-run": "build, train two steps, evaluate, write nothing",
}
_SHELLS = ("bash", "zsh", "tcsh")
# Completion is for a word; `alias zoo-train='python -m trainers.run'` makes one of the command.
_COMPLETED = "zoo-train"


@dataclass(frozen=True)
class Invocation:
    """What one command line asks for: a configuration and what to do with it.

    Args:
        config: not resolved yet.
        typed: the dotted keys that the user gave; None where all of the configuration is meant.
        notes: what of the recipe was left out, a line each.
        run_dir: where to write, if it was given.
        resume: continue the run that is there.
        print_config: print the configuration only.
        dry_run: two steps only.
        shell: print a completion for it only.
    """

    config: configs.Config
    typed: frozenset[str] | None
    notes: list[str]
    run_dir: Path | None
    resume: bool
    print_config: bool
    dry_run: bool
    shell: str | None


@dataclass(frozen=True)
class _Recipe:
    """Flat values, whether the user wrote them, and what was left out of them."""

    values: dict[str, Any]
    is_own: bool
    notes: list[str]


def parse(argv: Sequence[str], saved_config: str = "config.yaml") -> Invocation:
    """Read a command line.

    Precedence, weakest first: (1) the defaults of `configs.schema`; (2) the recipe: the resumed
    run's `saved_config`, else `--config FILE`, else `configs/<model>.yaml`; (3) the command line.

    Raises:
        ConfigError: unknown key, wrong type, value out of bounds, or a combination that cannot run.
    """
    rest, imports = extensions.brought(argv)
    words = [_full(word) for word in rest]
    peek = _peek(words)
    recipe = _read(peek, saved_config, imports)
    entries, run_parser = _parser_for(peek, recipe)
    namespace = parser.parse(run_parser, words)
    given = frozenset(key.replace("-", "_") for key in peek)
    config = _config(namespace.as_dict(), given, entries)
    typed = given | frozenset(recipe.values) if recipe.is_own else given
    return Invocation(
        config=replace(config, imports=tuple(imports)),
        typed=None if namespace.resume else typed,
        notes=recipe.notes,
        run_dir=Path(namespace.run_dir) if namespace.run_dir else None,
        resume=namespace.resume,
        print_config=namespace.print_config,
        dry_run=namespace.dry_run,
        shell=namespace.print_completion,
    )


def saved_config(
    run_dir: Path, changes: Mapping[str, Any], imports: Sequence[str] = ()
) -> configs.Config:
    """Return the configuration of a saved run, with `changes` by dotted key.

    Raises:
        ConfigError: the file is damaged, or the run needs modules that are not imported.
    """
    peek = {"run-dir": str(run_dir), "resume": True}
    recipe = _read(peek, "config.yaml", imports)
    entries, run_parser = _parser_for(peek, recipe)
    values = run_parser.get_defaults().as_dict()
    nested = configs.nested({**configs.flattened(values), **changes})
    return replace(_config(nested, frozenset(), entries), imports=tuple(imports))


def help_text(argv: Sequence[str]) -> str:
    """Return the help, with the options of the model and optimizer that `argv` names.

    The defaults in it are those that run: of the recipe, and resolved.
    """
    from trainers.assembly.resolve import resolve

    rest, imports = extensions.brought(argv)
    peek = _peek([_full(word) for word in rest])
    recipe = _read(peek, "config.yaml", imports)
    entries, run_parser = _parser_for(peek, recipe)
    config = _config(run_parser.get_defaults().as_dict(), frozenset(), entries)
    # What cannot run as it is is shown as it stands, to be mended.
    with contextlib.suppress(configs.ConfigError, zoo.ModelError):
        config = resolve(config).config
    defaults = configs.flattened(configs.to_dict(config))
    actions = {action.dest: action for action in run_parser._actions}
    for entry in entries:
        shown = configs.scalar_text(defaults[entry.key])
        none = f", {entry.none}" if entry.none and defaults[entry.key] is None else ""
        actions[entry.key].shown_default = shown + none  # type: ignore[attr-defined]
    return run_parser.format_help()


def completion(invocation: Invocation) -> str:
    """Return the script that completes the command's options in a shell.

    Raises:
        ConfigError: the package shtab is missing.
    """
    config = invocation.config
    entries = arguments(config.model.name, config.optimizer.name)
    run_parser = _parser(entries)
    run_parser.prog = _COMPLETED
    try:
        return run_parser.get_completion_script(f"shtab-{invocation.shell}")
    except ValueError as error:
        raise configs.ConfigError(f"{error} Install the versions in requirements.txt") from error


def _full(word: str) -> str:
    """Spell a flag with hyphens, and a section's own as its name: --model is --model.name."""
    word = parser.hyphenated(word)
    flag, equals, value = word.partition("=")
    if flag.removeprefix("--") in configs.NAMED_SECTIONS and flag.startswith("--"):
        return f"{flag}.name{equals}{value}"
    return word


def _peek(words: Sequence[str]) -> dict[str, Any]:
    """Return the keys present and their raw values, before any of them is known to be right."""
    short = {
        argument.short_flag: argument.flag
        for argument in arguments("mlp", "adam")
        if argument.is_short
    }
    found: dict[str, Any] = {}
    for index, word in enumerate(words):
        if word.startswith("--"):
            flag, equals, value = word.partition("=")
            following = words[index + 1] if index + 1 < len(words) else ""
            key = short.get(flag, flag).removeprefix("--")
            found[key] = value if equals else ("" if following.startswith("--") else following)
            if key in _SWITCHES:
                found[key] = True
    return found


def _read(peek: Mapping[str, Any], saved_config: str, imports: Sequence[str]) -> _Recipe:
    """Return the recipe that a command line means, for the model and optimizer that it names."""
    values, is_own, where = _file(peek, saved_config)
    needed = values.pop("imports", None) or []
    extensions.require_brought([str(name) for name in needed], imports, where)
    flat = configs.flattened(values)
    named = {
        key: peek[key.replace("_", "-")]
        for key in ("model.name", "optimizer.name")
        if key.replace("_", "-") in peek
    }
    flat, notes = carried_over(flat, named)
    return _Recipe(flat, is_own, notes)


def _file(peek: Mapping[str, Any], saved_config: str) -> tuple[dict[str, Any], bool, str]:
    """Return a recipe's values, whether the user wrote them, and what to call it."""
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
        return configs.load_recipe(saved), True, f"the run in {peek['run-dir']}"
    if peek.get("config"):
        path = Path(peek["config"])
        is_own = not configs.is_shipped(path)
        return configs.load_recipe(path), is_own, f"the recipe {path}"
    name = peek.get("model.name") or "mlp"
    card = zoo.model_card(name)  # raises the registry's own error, with the nearest match
    path = configs.recipe_path(name)
    if path.is_file():
        return configs.load_recipe(path), False, f"the recipe {path}"
    values: dict[str, Any] = {"model": name}
    if card.default_dataset:
        values["dataset"] = card.default_dataset
    return values, False, f"model {name!r}"


def _parser_for(peek: Mapping[str, Any], recipe: _Recipe) -> tuple[list[Argument], ArgumentParser]:
    model = peek.get("model.name") or recipe.values.get("model.name", "mlp")
    optimizer = peek.get("optimizer.name") or recipe.values.get("optimizer.name", "adam")
    entries = arguments(str(model), str(optimizer))
    run_parser = _parser(entries)
    _apply_recipe(run_parser, {entry.key for entry in entries}, recipe.values)
    run_parser.set_defaults({"model.name": model, "optimizer.name": optimizer})
    return entries, run_parser


def _parser(entries: Collection[Argument]) -> ArgumentParser:
    run_parser = parser.make_parser(
        "python -m trainers.run",
        "Train a registered model on its recipe, configs/<model>.yaml, or on what you choose. "
        "`--model NAME --help` shows NAME's options and what its recipe makes of them.",
        usage="python -m trainers.run [--model NAME] [options]",
    )
    lists = _lists()
    for title in GROUPS:
        group = run_parser.add_argument_group(title)
        for entry in entries:
            if entry.group == title:
                flags = dict.fromkeys((entry.flag, entry.short_flag))
                # The section's own flag would hide its options: it is rewritten by `_full`.
                named = entry.key.endswith(".name")
                action = group.add_argument(
                    *([entry.flag] if named else flags),
                    type=entry.type,
                    default=entry.default,
                    help=entry.help + lists.get(entry.key, ""),
                    metavar=entry.metavar,
                )
                action.typed_flag = entry.short_flag
    run_parser.add_argument(
        "--config", type=str, metavar="FILE", help="a recipe instead of configs/<model>.yaml"
    )
    run_parser.add_argument(
        "--run-dir", type=str, metavar="FOLDER", help="run folder (default: runs/<model>-<time>)"
    )
    for name, text in _SWITCHES.items():
        run_parser.add_argument(f"--{name}", action="store_true", help=text)
    run_parser.add_argument(
        "--print-completion",
        choices=_SHELLS,
        metavar="{bash,zsh,tcsh}",
        help=f"print a script that completes {_COMPLETED}, an alias of this command",
    )
    return run_parser


def _lists() -> dict[str, str]:
    """Return what there is to choose from, by key."""
    sets = [*datasets.list_datasets(), "or a fitting name of TensorFlow Datasets"]
    named = {
        "model.name": zoo.list_models(),
        "dataset.name": sets,
        "loss.name": ["auto", *LOSSES],
        "optimizer.name": list(OPTIMIZERS),
    }
    return {key: f": {', '.join(words)}" for key, words in named.items()}


def _apply_recipe(
    run_parser: ArgumentParser, allowed: Collection[str], flat: Mapping[str, Any]
) -> None:
    for key in flat:
        if key not in allowed:
            hint = configs.nearest(key, allowed)
            raise configs.ConfigError(f"recipe key {key!r} is not known{hint}")
    try:
        run_parser.parse_object(configs.nested(flat), defaults=False)
        run_parser.set_defaults(dict(flat))
    except (ArgumentError, TypeError, KeyError, OverflowError) as error:
        raise configs.ConfigError(parser.one_line(str(error))) from error


def _config(
    values: dict[str, Any], given: frozenset[str], entries: Collection[Argument]
) -> configs.Config:
    if "epochs" in given and "steps" not in given:
        values["steps"] = None
    if "steps" in given and "epochs" not in given:
        values["epochs"] = None
    name = values["optimizer"]["name"]
    if find(name).whole_dataset and "batch_size" in given and values["batch_size"] != "full":
        raise configs.ConfigError(
            f"optimizer {name!r} uses the whole training set per update, so --batch-size does not "
            "apply; --micro-batch-size bounds its memory"
        )
    flat, keys = configs.flattened(values), {entry.key for entry in entries}
    config = configs.from_dict(configs.nested({k: v for k, v in flat.items() if k in keys}))
    configs.check(config)
    return config

"""From a command line to a configuration: defaults < recipe < file < command line.

jsonargparse holds the options in their groups, takes the recipe as defaults, and prints versions
and completions. Written by hand here is what it cannot do:

- the model and the optimizer are looked for in the words first, and with them the recipe is read:
  which options there are depends on both, and on `--config`;
- `--model mlp` stands for the section's name, which a parser with `--model.units` would take for
  all of the section;
- hyphens and underscores are the same in a flag;
- a word means on the command line what it means in a recipe (`typed_arguments`);
- options of a recipe that mean something else under another model or optimizer fall away;
- its messages are paragraphs: they become one line, with the flag and the nearest that exists.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import configs
import zoo
from trainers.cli import chosen_recipe, extensions, parser
from trainers.cli.options import Argument
from trainers.cli.run_parser import parser_for
from trainers.cli.seed_list import seeds_of
from trainers.cli.typed_arguments import Read
from trainers.optimizers.catalogue import find
from zoo.process.shell import typed_path
from zoo.weights.names import is_name

_LISTS = ("dataset.target", "dataset.drop", "freeze")
PATHS = {
    "dataset.data_dir": "--data-dir",
    "dataset.data_path": "--data-path",
    "init_from": "--init-from",
}
"""The paths of a configuration by dotted key, and where they are typed."""


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
        seeds: train once for each of them; none where the configuration's own is meant.
        lr_find: try rising learning rates only.
    """

    config: configs.Config
    typed: frozenset[str] | None
    notes: list[str]
    run_dir: Path | None
    resume: bool
    print_config: bool
    dry_run: bool
    shell: str | None
    seeds: tuple[int, ...] = ()
    lr_find: bool = False


def parse(
    argv: Sequence[str], saved: Callable[[Path], dict[str, Any]] = chosen_recipe.config_yaml
) -> Invocation:
    """Read a command line.

    Precedence, weakest first: (1) the defaults of `configs.schema`; (2) the model's recipe,
    `configs/<model>.yaml`; (3) `--config FILE`; (4) the command line. What `saved` gives for a
    resumed run's folder is complete, and stands for (2) and (3).

    Raises:
        ConfigError: unknown key, wrong type, value out of bounds, or a combination that cannot run.
    """
    rest, imports = extensions.brought(argv)
    words = [chosen_recipe.full(word) for word in rest]
    _require_one_list(words)
    peek = chosen_recipe.peek(words)
    recipe = chosen_recipe.read(peek, saved, imports)
    entries, run_parser = parser_for(peek, recipe)
    namespace = parser.parse(run_parser, words)
    given = frozenset(key.replace("-", "_") for key in peek)
    # What a run has saved is a path by now; what a recipe or the command line has was typed.
    typed_keys = given if namespace.resume else None
    config = with_absolute_paths(checked_config(namespace.as_dict(), given, entries), typed_keys)
    typed = given | recipe.own
    seeds = () if namespace.seeds is None else seeds_of(namespace.seeds)
    if seeds and "seed" in given:
        raise configs.ConfigError("--seed and --seeds are given; leave one of them out")
    if seeds:
        config, typed = replace(config, seed=seeds[0]), typed | {"seed"}
    return Invocation(
        config=replace(config, imports=tuple(imports)),
        typed=None if namespace.resume else typed,
        notes=recipe.notes,
        run_dir=None if namespace.run_dir is None else typed_path(namespace.run_dir, "--run-dir"),
        resume=namespace.resume,
        print_config=namespace.print_config,
        dry_run=namespace.dry_run,
        shell=namespace.print_completion,
        seeds=seeds,
        lr_find=namespace.lr_find,
    )


def _require_one_list(words: Sequence[str]) -> None:
    """Raise `ConfigError` for a list in two flags, of which the last alone would count."""
    for key in _LISTS:
        name = key.rpartition(".")[2]
        flags = [word for word in words if word.partition("=")[0] in (f"--{key}", f"--{name}")]
        if len(flags) > 1:
            raise configs.ConfigError(
                f"--{name} is given {len(flags)} times, and takes one list, parted by commas; give "
                f"--{name} once, as in A,B"
            )


def saved_config(
    run_dir: Path,
    changes: Mapping[str, Any],
    imports: Sequence[str] = (),
    saved: Callable[[Path], dict[str, Any]] = chosen_recipe.config_yaml,
) -> configs.Config:
    """Return the configuration of a saved run, as `saved` gives it, with `changes` by dotted key.

    Raises:
        ConfigError: the file is damaged, or the run needs modules that are not imported.
    """
    peek = {"run-dir": str(run_dir.absolute()), "resume": True}
    recipe = chosen_recipe.read(peek, saved, imports)
    entries, run_parser = parser_for(peek, recipe)
    values = run_parser.get_defaults().as_dict()
    nested = configs.nested({**configs.flattened(values), **changes})
    config = with_absolute_paths(checked_config(nested, frozenset(), entries), changes.keys())
    return replace(config, imports=tuple(imports))


def help_text(argv: Sequence[str], resolved: Callable[[configs.Config], configs.Config]) -> str:
    """Return the help, with the options of the model and optimizer that `argv` names.

    The defaults in it are those that run: of the recipe, and resolved.

    Args:
        argv: the command line; of its other values none is read.
        resolved: from a configuration to the one that runs.
    """
    rest, imports = extensions.brought(argv)
    peek = chosen_recipe.peek([chosen_recipe.full(word) for word in rest])
    recipe = chosen_recipe.read(peek, chosen_recipe.config_yaml, imports)
    entries, run_parser = parser_for(peek, recipe)
    config = _built(run_parser.get_defaults().as_dict(), entries)
    # What cannot run yet, as a model without a recipe, is shown as it stands.
    with contextlib.suppress(configs.ConfigError, zoo.ModelError):
        configs.check(config)
        config = resolved(config)
    defaults = configs.flattened(configs.to_dict(config))
    actions = {action.dest: action for action in run_parser._actions}
    for entry in entries:
        shown = configs.scalar_text(defaults[entry.key])
        none = f", {entry.none}" if entry.none and defaults[entry.key] is None else ""
        actions[entry.key].shown_default = shown + none  # type: ignore[attr-defined]
    return run_parser.format_help()


def checked_config(
    values: dict[str, Any], given: frozenset[str], entries: Collection[Argument]
) -> configs.Config:
    """Return the configuration of nested values, of which the user gave those at `given` keys.

    Raises:
        ConfigError: a value is of a wrong type or out of bounds, or a combination cannot run.
    """
    if "epochs" in given and "steps" not in given:
        values["steps"] = None
    if "steps" in given and "epochs" not in given:
        values["epochs"] = None
    config = _built(values, entries)
    name = config.optimizer.name
    if find(name).whole_dataset and "batch_size" in given and config.batch_size != "full":
        raise configs.ConfigError(
            f"optimizer {name!r} uses the whole training set per update, so --batch-size does not "
            "apply; --micro-batch-size bounds its memory"
        )
    configs.check(config)
    return config


def with_absolute_paths(config: configs.Config, typed: Collection[str] | None) -> configs.Config:
    """Return a configuration whose paths are absolute, so that its run is opened from anywhere.

    Args:
        config: of which every path is as it was typed.
        typed: the dotted keys that hold what was typed; None means all.
    """
    found: dict[str, dict[str, Any]] = {"": {}, "dataset": {}}
    for key, flag in PATHS.items():
        section, _, name = key.rpartition(".")
        value = getattr(getattr(config, section) if section else config, name)
        if key == "init_from" and value is not None and is_name(value):
            continue  # trained weights of the zoo, which lie nowhere
        if value is not None and (typed is None or key in typed):
            found[section][name] = str(typed_path(value, flag).absolute())
    return replace(config, dataset=replace(config.dataset, **found["dataset"]), **found[""])


def _built(values: dict[str, Any], entries: Collection[Argument]) -> configs.Config:
    flat, keys = configs.flattened(values), {entry.key for entry in entries}
    read = {k: v.value if isinstance(v, Read) else v for k, v in flat.items() if k in keys}
    return configs.from_dict(configs.nested(read))

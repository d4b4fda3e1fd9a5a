"""Which weights can be trained and published: what a recipe is of, `MODEL:DATASET`."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import configs
import zoo

_FOLDER = Path(configs.__file__).parent
_ROOM = "weights"


@dataclass(frozen=True)
class Publishable:
    """A recipe whose weights may come with the zoo.

    Args:
        name: a model and what it is trained on, as in "cnn:mnist".
        path: of the recipe.
        command: that runs it.
    """

    name: str
    path: Path
    command: str

    @property
    def recipe(self) -> str:
        """The recipe's path from the project's root."""
        return f"configs/{self.path.relative_to(_FOLDER).as_posix()}"

    def config(self, data_dir: str | None) -> configs.Config:
        """Return the recipe's configuration, not resolved yet.

        Args:
            data_dir: where prepared TFDS data lie.
        """
        values = configs.flattened(configs.load_recipe(self.path))
        if data_dir:
            values["dataset.data_dir"] = data_dir
        config = configs.from_dict(configs.nested(values))
        configs.check(config)
        return config


def require_run_of(row: Publishable, run_dir: Path) -> None:
    """Raise `ConfigError` if a run was of another recipe than a row's is now."""
    ran = configs.flattened(configs.load_recipe(run_dir / "config.yaml"))
    for key, value in configs.flattened(configs.load_recipe(row.path)).items():
        if configs.plain(ran.get(key)) != configs.plain(value):
            raise configs.ConfigError(
                f"{run_dir} was trained with {key} {ran.get(key)!r}, and {row.recipe} says "
                f"{value!r} now; move the folder away, and the weights are trained anew"
            )


def matching(pattern: str) -> list[Publishable]:
    """Return what matches a pattern of names.

    Raises:
        ConfigError: nothing does.
    """
    every = publishable()
    wanted = pattern if ":" in pattern else f"{pattern}:*"
    found = [row for name, row in every.items() if fnmatchcase(name, wanted)]
    if not found:
        raise configs.ConfigError(
            f"no recipe is of the weights {pattern!r}{configs.instead(pattern, every)}"
        )
    return found


def publishable() -> dict[str, Publishable]:
    """Return every recipe of weights by name: those made for it, and every model's own."""
    rows = {}
    for model in zoo.list_models():
        path = configs.recipe_path(model)
        if path.is_file():
            name = _name(path)
            rows[name] = Publishable(name, path, f"python -m trainers.run --model {model}")
    for path in sorted((_FOLDER / _ROOM).glob("*.yaml")):
        name = _name(path)
        command = f"python -m trainers.run --config configs/{_ROOM}/{path.name}"
        rows[name] = Publishable(name, path, command)
    return dict(sorted(rows.items()))


def _name(path: Path) -> str:
    values = configs.flattened(configs.load_recipe(path))
    return f"{values['model.name']}:{values['dataset.name']}"

"""A finished model with what it says of itself: raw inputs in, answers out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import configs
from trainers.errors import CheckpointError
from trainers.runs.folder import read_saved_config, require_run
from zoo.process.shell import command_line, shown

if TYPE_CHECKING:
    import keras

    from zoo import WeightsCard

ANSWERS = ("classes", "numbers", "symbols")
# What models do instead of answering for each example, by their task.
_INSTEAD = {
    "generation": (
        "it draws pictures from noise, or points",
        "`python -m trainers.generate {}` does so",
    ),
    "reconstruction": ("it gives pictures back", "`tensorboard --logdir {}` shows them"),
    "control": ("it acts in an environment", "`python -m trainers.evaluate {}` plays episodes"),
}


@dataclass(frozen=True)
class Predictor:
    """A model that maps raw inputs to answers.

    Args:
        model: as `zoo.deployable` made it.
        inputs: of its preparation: what it takes, and
        outputs: what its answers are.
        answer: from raw inputs, a tensor or a dictionary of them, to answers.
    """

    model: keras.Model
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    answer: Callable[[Any], Any]

    @classmethod
    def of(cls, model: keras.Model) -> Predictor:
        """Return a model with its preparation around it as a predictor.

        Raises:
            CheckpointError: it has no preparation, or no answer for each example.
        """
        import zoo

        found = zoo.described(model)
        inputs, outputs = found["inputs"], found["outputs"]
        if not inputs or outputs.get("kind") not in ANSWERS:
            raise CheckpointError(
                f"model {model.name!r} does not map raw inputs to classes, numbers or symbols, so "
                "it predicts nothing of its own; use it by zoo.load_model"
            )
        return cls(model, inputs, outputs, _graph(model))

    @property
    def names(self) -> list[str]:
        """What an answer's numbers stand for: classes, symbols or targets."""
        names = list(self.outputs.get("names") or [])
        if names:
            return names
        width = self.model.output_shape[-1]
        if self.outputs["kind"] == "numbers":
            return ["target"] if width == 1 else [f"target {n}" for n in range(1, width + 1)]
        return [str(number) for number in range(width)]

    def entrance(self) -> Predictor:
        """Return what only prepares: its answers are the inputs of the trained model, to the bit.

        It serves every kind but "symbols".
        """
        import keras

        prepares = keras.Model(self.model.input, self.model.get_layer("preparation").output)
        return Predictor(prepares, self.inputs, self.outputs, _graph(prepares))

    def predict(self, raw: Any) -> np.ndarray:
        """Return the answers `[batch, names]` to one batch of raw inputs.

        Args:
            raw: as `datasets.raw.RawExamples` gives it: an array, a list of pictures of any sizes,
                strings, or a dictionary of columns `[batch, 1]` or `[batch]`.
        """
        import tensorflow as tf

        kind = self.inputs["kind"]
        if kind == "images" and isinstance(raw, list):
            return self._pictures(raw)
        if kind == "table":
            return np.asarray(self.answer(self._columns(raw)))
        if kind == "symbols":
            words = [str(word) for word in raw]
            lengths = np.array([len(word) for word in words])
            answers = np.asarray(self.answer(tf.constant(words)))
            # Behind a string's own end is padding.
            return answers[np.arange(len(words)), lengths - 1]
        dtype = "uint8" if kind == "images" else "float32"
        return np.asarray(self.answer(np.asarray(raw, dtype)))

    def _pictures(self, pictures: list[np.ndarray]) -> np.ndarray:
        sizes: dict[tuple[int, ...], list[int]] = {}
        for number, picture in enumerate(pictures):
            sizes.setdefault(picture.shape, []).append(number)
        answers = [np.zeros(0)] * len(pictures)
        for numbers in sizes.values():
            found = self.answer(np.stack([pictures[number] for number in numbers]))
            for number, answer in zip(numbers, np.asarray(found), strict=True):
                answers[number] = answer
        return np.stack(answers)

    def _columns(self, raw: dict[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        found = {}
        for column in self.inputs["columns"]:
            values = np.asarray(raw[column["name"]]).reshape(-1, 1)
            number = column["kind"] == "number"
            found[column.get("input", column["name"])] = tf.constant(
                values.astype(np.float32) if number else values.astype(object),
                tf.float32 if number else tf.string,
            )
        return found


def _graph(model: keras.Model) -> Callable[[Any], Any]:
    """Return a model's call as one graph for batches of any size, of which XLA takes one each."""
    import keras
    import tensorflow as tf

    # Without names: TensorFlow warns of those of columns that it does not allow.
    form = keras.tree.map_structure(lambda each: tf.TensorSpec(each.shape, each.dtype), model.input)
    return tf.function(
        lambda raw: model(raw, training=False), input_signature=[form], autograph=False
    )


def model_file(path: Path | WeightsCard) -> Path | WeightsCard:
    """Return the model file of a run's folder, or a model file or trained weights themselves.

    Raises:
        ConfigError: there is none, or its model has no answer for each example.
    """
    if not isinstance(path, Path):
        _require_answers(path.model, f"from Python, zoo.load_model({path.name!r}) does")
        return path
    if path.suffix == ".keras" and not path.is_dir():
        if not path.exists():
            raise configs.ConfigError(f"{shown(path)} is not there; give a run's folder or model")
        return path
    require_run(path)
    _require_answers(_model_of(path), None, path)
    if not (path / "model.keras").is_file():
        raise configs.ConfigError(
            f"{shown(path)} has no model.keras: the run is not finished; continue it with "
            f"`{command_line('python -m trainers.run', '--run-dir', path, '--resume')}`"
        )
    return path / "model.keras"


def load(path: Path | WeightsCard) -> Predictor:
    """Return the predictor in a model file, or of trained weights.

    Raises:
        CheckpointError: it is damaged, refused, or has no preparation.
        zoo.ModelFileError: the weights are damaged.
    """
    import zoo

    if not isinstance(path, Path):
        return Predictor.of(zoo.load_model(path.name))
    try:
        model = zoo.load_model(path)
    except zoo.ModelFileError as error:
        raise CheckpointError(
            f"{error} (or continue the run with --resume, which writes the file anew)"
        ) from error
    try:
        return Predictor.of(model)
    except CheckpointError as error:
        raise CheckpointError(
            f"{shown(path)}: {error}; a run of an earlier release writes its model with its "
            "preparation when it is resumed"
        ) from error


def _model_of(run_dir: Path) -> str | None:
    """Return the name of a run's model, if its configuration has one."""
    model = read_saved_config(run_dir).get("model")
    name = model.get("name") if isinstance(model, dict) else model
    return name if isinstance(name, str) else None


def _require_answers(name: str | None, next_step: str | None, run_dir: Path | None = None) -> None:
    """Raise `ConfigError` where a model's task tells that it answers otherwise."""
    import zoo

    if name is None or not zoo.is_model(name):
        return
    what, how = _INSTEAD.get(zoo.model_card(name).task, (None, ""))
    if what:
        shown_by = next_step or how.format(shown(run_dir or Path()))
        raise configs.ConfigError(
            f"model {name!r} predicts nothing of single inputs: {what}; {shown_by}"
        )

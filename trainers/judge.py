"""The judge of generated images: our own `cnn`, trained on the same data with its labels.

Its last hidden layer gives the features that distances are measured in, its predictions say which
class an image shows. It is trained at a run's begin from a fixed seed and kept in the run's
folder, so that all figures of a run are by the same judge.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

import datasets
import zoo
from trainers.run_folder import replace_file

_FEATURES = "dense_activation"
_UNITS = 64
_BATCH_SIZE = 64
_IMAGES_PER_CALL = 500
_FILE, _RECORD = "judge.keras", "judge.json"


class Judge:
    """Looks at images.

    Args:
        model: a `cnn` with a hidden layer before its scores.
        accuracy: its share of right predictions on the test split.
    """

    def __init__(self, model: keras.Model, accuracy: float) -> None:
        self.model, self.accuracy = model, accuracy
        inside = keras.Model(model.inputs, [model.get_layer(_FEATURES).output, model.output])
        self._inside = tf.function(lambda images: inside(images, training=False))

    def look(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return features `[images, units]`, float32, and predicted classes `[images]`."""
        features, classes = [], []
        for start in range(0, len(images), _IMAGES_PER_CALL):
            seen = self._inside(tf.constant(images[start : start + _IMAGES_PER_CALL]))
            features.append(np.asarray(seen[0]))
            classes.append(np.argmax(seen[1], axis=-1))
        return np.concatenate(features), np.concatenate(classes)


class JudgeKeeper:
    """Has the judge of a run: the one in its folder if that fits, a newly trained one if not.

    Args:
        dataset: what it learns to classify.
        steps: updates of its training.
    """

    def __init__(self, dataset: datasets.Dataset, steps: int) -> None:
        self._dataset, self._steps = dataset, steps
        self._judge: Judge | None = None

    @property
    def judge(self) -> Judge:
        """The judge, trained now if there is none yet."""
        if self._judge is None:
            self._judge = train(self._dataset, self._steps)
        return self._judge

    def read(self, folder: Path) -> None:
        """Take the folder's judge, if it has one of this data and training."""
        self._judge = self._judge or self._saved(folder)

    def begin(self, folder: Path | None) -> None:
        """Have the judge ready, and keep it in the run's folder if there is one."""
        if folder is None:
            return
        self.read(folder)
        if self._judge is None:
            self._save(folder)

    def _record(self, content: bytes, accuracy: float) -> dict[str, Any]:
        return {
            "dataset_fingerprint": self._dataset.fingerprint,
            "steps": self._steps,
            "sha256": hashlib.sha256(content).hexdigest(),
            "test_accuracy": accuracy,
        }

    def _saved(self, folder: Path) -> Judge | None:
        try:
            content = (folder / _FILE).read_bytes()
            record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
            accuracy = float(record["test_accuracy"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if record != self._record(content, accuracy):
            return None
        return Judge(zoo.load_model(folder / _FILE), accuracy)

    def _save(self, folder: Path) -> None:
        temporary = folder / f".tmp-{_FILE}"
        try:
            self.judge.model.save(temporary)
            content = temporary.read_bytes()
        finally:
            temporary.unlink(missing_ok=True)
        replace_file(folder / _FILE, content)
        # After it: a record says which file it is about.
        record = json.dumps(self._record(content, self.judge.accuracy), indent=2) + "\n"
        replace_file(folder / _RECORD, record.encode())


def train(dataset: datasets.Dataset, steps: int) -> Judge:
    """Train a judge by the recipe of `cnn`, whatever a run's own seed and precision are."""
    # Not at the top: assembling a run imports its problem's module, and so this one.
    from trainers import command_line
    from trainers.assembly import assemble, resolve
    from trainers.feed import Feed
    from trainers.loop import Loop

    batch_size = min(_BATCH_SIZE, dataset.splits["train"].size)
    config = resolve(
        command_line.parse(
            [
                *("--model", "cnn", "--dataset", dataset.name),
                *("--model.dense-units", str(_UNITS)),
                *("--batch-size", str(batch_size), "--steps", str(steps)),
            ]
        ).config
    )
    policy = keras.config.dtype_policy()
    try:
        parts = assemble(config, dataset)
    finally:
        keras.config.set_dtype_policy(policy)
    print(f"training the judge, a cnn, for {steps:,} updates", file=sys.stderr)
    feed, loop, step = Feed.of(dataset, batch_size, config.seed), Loop(parts.step, parts.mode), 0
    while step < steps:
        stretch = feed.stretch(step, steps - step)
        loop.run(*stretch)
        step += stretch.length
    accuracy = parts.evaluation.measure(dataset.splits["test"])["accuracy"]
    print(f"the judge's test accuracy is {accuracy:.4f}", file=sys.stderr)
    return Judge(cast(keras.Model, parts.step.model), accuracy)

"""The classifier in whose features samples are compared: our own `cnn`, trained with labels.

Its last hidden layer gives the features that distances are measured in, its predictions say which
class an image shows. It is trained at a run's begin from a fixed seed and kept in the run's
folder, so that all figures of a run are by the same classifier.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import configs
import datasets
import zoo
from trainers.engine.compiling import compiled
from trainers.output.files import replace_file, replaced
from trainers.problems.supervised.fit import fit, supervised_step

_FEATURES = "dense_activation"
_UNITS = 64
_BATCH_SIZE = 64
_IMAGES_PER_CALL = 500
# So few that a run can be stopped meanwhile.
_UPDATES_PER_CALL = 50
_FILE, _RECORD = "feature_classifier.keras", "feature_classifier.json"


class FeatureClassifier:
    """Looks at images.

    Args:
        model: a `cnn` with a hidden layer before its scores.
        accuracy: its share of right predictions on the test split.
    """

    def __init__(self, model: keras.Model, accuracy: float) -> None:
        self.model, self.accuracy = model, accuracy
        inside = keras.Model(model.inputs, [model.get_layer(_FEATURES).output, model.output])
        self._inside = compiled(lambda images: inside(images, training=False), "graph")

    def look(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return features `[images, units]`, float32, and predicted classes `[images]`."""
        features, classes = [], []
        for start in range(0, len(images), _IMAGES_PER_CALL):
            seen = self._inside(tf.constant(images[start : start + _IMAGES_PER_CALL]))
            features.append(np.asarray(seen[0]))
            classes.append(np.argmax(seen[1], axis=-1))
        return np.concatenate(features), np.concatenate(classes)


class ClassifierKeeper:
    """Has the classifier of a run: the one in its folder if that fits, a newly trained one if not.

    Args:
        dataset: what it learns to classify.
        steps: updates of its training.
    """

    def __init__(self, dataset: datasets.Dataset, steps: int) -> None:
        self._dataset, self._steps = dataset, steps
        self._classifier: FeatureClassifier | None = None

    @property
    def classifier(self) -> FeatureClassifier:
        """The classifier, trained now if there is none yet."""
        if self._classifier is None:
            self._classifier = train(self._dataset, self._steps)
        return self._classifier

    def read(self, folder: Path) -> None:
        """Take the folder's classifier, if it has one of this data and training."""
        self._classifier = self._classifier or self._saved(folder)

    def begin(self, folder: Path | None) -> None:
        """Have the classifier ready, and keep it in the run's folder if there is one."""
        if folder is None:
            return
        self.read(folder)
        if self._classifier is None:
            self._save(folder)

    def _record(self, content: bytes, accuracy: float) -> dict[str, Any]:
        record = {
            "dataset_fingerprint": self._dataset.fingerprint,
            "steps": self._steps,
            "sha256": hashlib.sha256(content).hexdigest(),
            "test_accuracy": accuracy,
        }
        return {**record, "seal": hashlib.sha256(json.dumps(record).encode()).hexdigest()}

    def _saved(self, folder: Path) -> FeatureClassifier | None:
        path, record_path = folder / _FILE, folder / _RECORD
        if not path.exists() and not record_path.exists():
            return None
        try:
            content = path.read_bytes()
            record = json.loads(record_path.read_text(encoding="utf-8"))
            accuracy = float(record["test_accuracy"])
            expected = self._record(content, accuracy)
            # Records of earlier releases have no seal.
            if record == {key: expected[key] for key in expected if key in record or key != "seal"}:
                return FeatureClassifier(zoo.load_model(path), accuracy)
        except (OSError, ValueError, KeyError, TypeError, zoo.ModelFileError):
            pass
        print(
            f"warning: {path} or {record_path.name} is damaged or missing; it is trained anew",
            file=sys.stderr,
        )
        return None

    def _save(self, folder: Path) -> None:
        with replaced(folder / _FILE) as temporary:
            self.classifier.model.save(temporary)
            content = temporary.read_bytes()
        # After it: a record says which file it is about.
        record = json.dumps(self._record(content, self.classifier.accuracy), indent=2) + "\n"
        replace_file(folder / _RECORD, record.encode())


def train(dataset: datasets.Dataset, steps: int) -> FeatureClassifier:
    """Train a classifier by the recipe of `cnn`, whatever a run's own seed and precision are."""
    recipe = configs.recipe("cnn")
    splits, policy = dataset.splits, keras.config.dtype_policy()
    keras.utils.set_random_seed(recipe.seed)
    keras.config.set_dtype_policy("float32")
    try:
        model = zoo.create_model(
            "cnn",
            num_classes=dataset.num_classes,
            input_shape=dataset.input_shape,
            **{**recipe.model.options, "dense_units": _UNITS},
        )
        step = supervised_step(
            model, "classes", recipe.optimizer, loss=recipe.loss, total_steps=steps
        )
        print(f"training the feature classifier, a cnn, for {steps:,} updates", file=sys.stderr)
        curve = fit(
            step,
            splits["train"],
            splits["test"],
            batch_size=_BATCH_SIZE,
            steps=steps,
            every=steps,
            seed=recipe.seed,
            most_updates=_UPDATES_PER_CALL,
        )
    finally:
        keras.config.set_dtype_policy(policy)
    (accuracy,) = curve.test["accuracy"]
    print(f"its test accuracy is {accuracy:.4f}", file=sys.stderr)
    return FeatureClassifier(model, accuracy)

"""What TensorBoard shows: scalars, histograms, the graph and the configuration."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader

from trainers import replicas
from trainers.steps import Batch, Step


def drop_later_events(folder: Path, last_step: int) -> None:
    """Remove events after `last_step`, so that a resumed run shows no step twice.

    A record that a kill cut short ends its file's readable part and is dropped with the rest.
    A run that starts over from step 0 writes its step-0 events again, so nothing is kept then.
    """
    for path in sorted(folder.glob("events.out.tfevents.*")):
        if last_step == 0:
            path.unlink()
            continue
        # As bytes: the parsing loader turns the graph into a summary as well, one more each time.
        records = list(RawEventFileLoader(str(path)).Load())
        temporary = path.with_name(f".{path.name}.tmp")
        with tf.io.TFRecordWriter(str(temporary)) as writer:
            for record in records:
                if tf.compat.v1.Event.FromString(record).step <= last_step:
                    writer.write(record)
        temporary.replace(path)


class Summaries:
    """Event files under `run/train` and `run/validation`.

    A full disk or any other failure to write stops the summaries with one warning; the training
    goes on, since nothing in it depends on them.
    """

    def __init__(self, run: Path, last_step: int) -> None:
        self._broken = False
        self._writers: dict[str, Any] = {}
        for split in ("train", "validation"):
            self._guarded(partial(self._open, run / split, last_step))

    def _open(self, folder: Path, last_step: int) -> None:
        drop_later_events(folder, last_step)
        # TensorFlow reads `[` in a path as a pattern when looking for files, not when writing.
        self._writers[folder.name] = tf.summary.create_file_writer(str(folder))

    def _guarded(self, action: Callable[[], None]) -> None:
        if self._broken:
            return
        try:
            action()
        except (tf.errors.OpError, OSError) as error:
            self._broken = True
            reason = " ".join(str(error).split())[:200]
            print(f"warning: no more TensorBoard summaries: {reason}", file=sys.stderr)

    def _write(self, split: str, write: Callable[[], None]) -> None:
        def write_and_flush() -> None:
            with self._writers[split].as_default():
                write()
            self._writers[split].flush()

        self._guarded(write_and_flush)

    def scalars(self, split: str, values: dict[str, float], step: int) -> None:
        """Write one point of every figure."""

        def write() -> None:
            for name, value in values.items():
                tf.summary.scalar(name, value, step=step)

        self._write(split, write)

    def text(self, name: str, markdown: str, step: int = 0) -> None:
        """Write a text page."""
        self._write("train", lambda: tf.summary.text(name, markdown, step=step))

    def graph(self, step: Step, batch: Batch) -> None:
        """Write the graph of one forward pass with its loss and metric."""
        spec = tf.nest.map_structure(lambda t: tf.TensorSpec([None, *t.shape[1:]], t.dtype), batch)
        graph = tf.function(step.measure).get_concrete_function(spec).graph
        self._write("train", lambda: tf.summary.graph(graph))

    def histograms(self, histograms: dict[str, np.ndarray], step: int) -> None:
        """Write one histogram per name."""

        def write() -> None:
            for name, values in histograms.items():
                tf.summary.histogram(name, values, step=step)

        self._write("train", write)

    def images(self, name: str, images: np.ndarray, step: int) -> None:
        """Write pictures `[images, rows, columns, channels]`, float in [0, 1] or uint8."""
        count = len(images)
        self._write("train", lambda: tf.summary.image(name, images, step=step, max_outputs=count))

    def close(self) -> None:
        """Finish the files."""
        for split in self._writers:
            self._write(split, self._writers[split].close)


class Probe:
    """Look inside the model on a fixed batch, without changing anything.

    The same training examples are used at every logging point, without dropout and with the
    moving statistics of batch normalization, so that curves over time are comparable and logging
    more or less often leaves the trained weights as they are.
    """

    def __init__(self, step: Step, batch: Batch) -> None:
        self._step, self.batch = step, batch
        model = step.inspected
        self._inside = keras.Model(_inputs(model), layer_outputs(model))
        self._inputs = step.probe_inputs(batch)
        self._gradients = tf.function(lambda batch: replicas.run(step.probe, batch))
        self._activations = tf.function(lambda inputs: self._inside(inputs, training=False))

    def histograms(self) -> tuple[dict[str, np.ndarray], float]:
        """Return values by name for weights, gradients and activations, and the gradient's norm."""
        found: dict[str, np.ndarray] = {}
        variables = self._step.inspected.trainable_variables
        gradients = self._gradients(self.batch)
        for variable, gradient in zip(variables, gradients, strict=True):
            found[f"weights/{variable.path}"] = np.asarray(variable.numpy())
            found[f"gradients/{variable.path}"] = np.asarray(gradient)
        for name, values in self._activations(self._inputs).items():
            # A recurrent layer gives its final state beside its outputs, a nested model may give
            # several.
            first = tf.nest.flatten(values)[0]
            found[f"activations/{name}"] = np.asarray(tf.cast(first, tf.float32))
        return found, float(tf.linalg.global_norm(gradients))


def layer_outputs(model: keras.Model) -> dict[str, Any]:
    """Return the symbolic outputs of every layer by name, "nested/layer" inside nested models."""
    found: dict[str, Any] = {}
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        # A nested model's own `output` belongs to its own graph, not to its call in this one.
        found[layer.name] = keras.Operation.output.fget(layer)
        if isinstance(layer, keras.Model):
            inside = keras.Model(_inputs(layer), layer_outputs(layer))
            outputs = inside(keras.Operation.input.fget(layer))
            found |= {f"{layer.name}/{name}": values for name, values in outputs.items()}
    return found


def _inputs(model: keras.Model) -> Any:
    """Return symbolic inputs in the form that the model is called with."""
    return model.inputs[0] if isinstance(model, keras.Sequential) else model.input

"""Small runs of every model that shares its batches, to compare one device with several.

As a script it trains them all in one worker of a cluster: TensorFlow starts once for all.
"""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

import configs
import datasets
import zoo
from trainers.assembly.assemble import assemble
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse
from trainers.distribution import replicas
from trainers.distribution.place import place
from trainers.distribution.signals import StopSignals
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop

UPDATES_PER_CALL = 2


@dataclass(frozen=True)
class Case:
    """One model and how it is trained, on `size` examples in batches of 8, or of 3.

    A batch of 3 has shares of 1 and 2 rows, or over four replicas of 0 and 1, which is also what
    19 examples end in; 17 end in a batch of one row, so that all shares but one are empty.
    """

    model: str
    arguments: str = ""
    size: int = 19
    resident: bool = True
    batch_size: int = 8
    updates: int = 6


_SMALL = {
    "autoencoder": "--model.kind denoising --model.noise 0 --model.hidden-units [5] "
    "--model.latent-dim 2",
    "bi_lstm": "--model.units 4",
    "char_lstm": "--model.units 4 --model.embedding-dim 3 --model.dropout 0 --warmup-steps 0",
    "cnn": "--model.filters [3,4] --model.dense-units 5 --model.dropout 0",
    "gru": "--model.units 4 --model.embedding-dim 3",
    "lenet": "--model.variant lenet1",
    "lstm": "--model.units 4 --model.embedding-dim 3",
    "lstm_classifier": "--model.units 4",
    "lstm_regressor": "--model.units 4",
    "mlp": "--model.hidden-units [6] --model.dropout 0",
    "resnet": "--model.filters 2",
}
_EVERYTHING = (
    "--clip-norm 0.2 --loss.l2 0.01 --micro-batch-size 3 --weight-decay 0.01 --ema-momentum 0.9 "
    "--schedule cosine --warmup-steps 2 --model.max-norm 0.5"
)
_GRAPH = "--compile graph"
_UNEVEN = {"size": 9, "batch_size": 3}
_VARIED = "--shift 0.3 --rotate 30 --flip both --contrast 0.5 --elastic 3 --elastic-sigma 1"

CASES = {
    "autoencoder": Case("autoencoder", f"--clip-norm 0.1 {_GRAPH}", **_UNEVEN),
    "autoencoder partial": Case("autoencoder", "--loss mse"),
    "bi_lstm": Case("bi_lstm", _GRAPH, **_UNEVEN),
    "char_lstm": Case("char_lstm", "--clip-norm 0.1", batch_size=3, updates=7),
    "char_lstm streamed": Case("char_lstm", _GRAPH, batch_size=3, updates=7, resident=False),
    "cnn": Case("cnn", size=17),
    "cnn batch": Case("cnn", "--model.normalization batch --optimizer sgd", size=17),
    "cnn batch streamed": Case(
        "cnn", "--model.normalization batch --optimizer momentum", resident=False
    ),
    "gru": Case("gru", _GRAPH, **_UNEVEN),
    "lenet": Case("lenet", size=17, updates=2),
    "linear_regression": Case("linear_regression", f"--optimizer sgd {_GRAPH}"),
    "lstm": Case("lstm", "--clip-norm 0.1 --micro-batch-size 2"),
    "lstm streamed": Case("lstm", f"--optimizer adagrad {_GRAPH}", resident=False, **_UNEVEN),
    "lstm_classifier": Case("lstm_classifier", f"--optimizer momentum {_GRAPH}", **_UNEVEN),
    "lstm_classifier partial": Case("lstm_classifier", size=17),
    "lstm_regressor": Case("lstm_regressor", f"--optimizer adam {_GRAPH}", **_UNEVEN),
    "mlp": Case("mlp", size=17),
    "mlp batch": Case("mlp", f"--model.normalization batch --optimizer sgd {_GRAPH}", size=17),
    "mlp everything": Case("mlp", f"{_EVERYTHING} --model.normalization layer {_GRAPH}"),
    "mlp streamed": Case("mlp", "--optimizer momentum", size=17, resident=False),
    "mlp varied streamed": Case("mlp", f"{_VARIED} --optimizer sgd", size=17, resident=False),
    "mlp weight": Case("mlp", f"--model.normalization weight {_GRAPH}", size=17),
    "perceptron": Case("perceptron", "--loss mse --optimizer momentum --compile xla", size=17),
    "resnet": Case("resnet", "--optimizer sgd --learning-rate 0.05", size=9, updates=2),
    "rosenblatt": Case("rosenblatt", f"--optimizer sgd {_GRAPH}", resident=False),
}


def dataset_of(case: Case) -> datasets.Dataset:
    """Random examples that fit the model's task; symbols with very uneven padding."""
    task = zoo.model_card(case.model).task
    names = {"reconstruction": "classification"}
    splits = {
        name: _split(task, case, seed, case.size + 5 * seed)
        for seed, name in enumerate(("train", "validation", "test"))
    }
    return datasets.Dataset(
        name="random",
        version="1",
        task=names.get(task, task),
        input_shape=splits["train"].inputs.shape[1:],
        num_classes=1 if task == "regression" else 5,
        class_names=() if task == "regression" else tuple("abcde"),
        splits=splits,
        oracle_loss={},
        fingerprint="",
        contiguous=task == "next_character",
    )


def _split(task: str, case: Case, seed: int, size: int) -> datasets.Split:
    random = np.random.default_rng(seed)
    masks = {}
    weights = np.ones(size, np.float32)
    if task.startswith("next"):
        text = random.integers(0, 5, size * 6 + 1).astype(np.int32)
        inputs, targets = (text[i : i + size * 6].reshape(size, 6) for i in (0, 1))
        weights = np.ones((size, 6), np.float32)
        if task == "next_symbol":
            weights = (np.arange(6) < random.choice([1, 2, 6], (size, 1))).astype(np.float32)
            masks = {"late": weights * (np.arange(6) > 2)}
    elif task == "regression":
        shape = (4, 2) if case.model == "lstm_regressor" else (4,)
        inputs = random.normal(size=(size, *shape)).astype(np.float32)
        if len(shape) == 2:
            inputs[::3, 2:] = np.nan  # padding
        targets = random.normal(size=(size, 1)).astype(np.float32)
    else:
        inputs = random.uniform(size=(size, 4, 4, 1)).astype(np.float32)
        targets = random.integers(0, 5, size).astype(np.int32)
    return datasets.Split(inputs, targets, weights, masks, resident=case.resident)


def train(case: Case) -> dict[str, np.ndarray]:
    """Train in the scope at hand; return every call's sums, every variable, every figure."""
    argv = f"--model {case.model} {_SMALL.get(case.model, '')} {case.arguments} --seed 3"
    argv += f" --batch-size {case.batch_size} --steps {case.updates}"
    plan = resolve(parse(argv.split()).config)
    data = dataset_of(case)
    parts = assemble(plan, data)
    replicas.separate_seeds(parts.step.model)
    varied = bool(plan.config.augmentation.varied)
    feed = Feed.of(data, case.batch_size, plan.config.seed, varied=varied)
    loop, step = Loop(parts.step, parts.mode), 0
    found = {}
    while step < case.updates:
        stretch = feed.stretch(step, min(UPDATES_PER_CALL, case.updates - step))
        sums, weight, bad = loop.run(*stretch)
        found[f"sums {step}"] = np.asarray([*np.asarray(sums), float(weight), bad])
        step += stretch.length
    for name, value in parts.evaluation.measure(data.splits["validation"]).items():
        found[f"validation {name}"] = np.asarray(value)
    for group, variables in parts.step.variables.items():
        for number, variable in enumerate(variables):
            found[f"{group} {number} {variable.name}"] = np.asarray(variable.numpy())
    found["rate"] = np.asarray(parts.step.weights.learning_rate)
    found["copies differ"] = np.asarray(differing_copies(parts.step))
    return found


def differing_copies(step: Any) -> int:
    """Return how many variables have other values on other devices, beside random seeds."""
    count = 0
    for variable in (v for group in step.variables.values() for v in group):
        first, *others = tf.distribute.get_strategy().experimental_local_results(variable.value)
        if not variable.path.endswith("seed_generator_state"):
            count += any(not np.array_equal(first, other) for other in others)
    return count


def save(path: str, results: dict[str, dict[str, np.ndarray]]) -> None:
    """Write the results of cases to one file."""
    np.savez(path, **{f"{c}|{k}": v for c, found in results.items() for k, v in found.items()})


def load(path: str) -> dict[str, dict[str, np.ndarray]]:
    """Read what `save` has written."""
    results: dict[str, dict[str, np.ndarray]] = {}
    with np.load(path) as file:
        for key in file.files:
            case, name = key.split("|", 1)
            results.setdefault(case, {})[name] = file[key]
    return results


def main(output: str, parts: str, names: list[str]) -> None:
    """Train the named cases on a CPU in `parts`, or as the worker that TF_CONFIG says."""
    with StopSignals() as stop:
        placement = place(configs.Config(epochs=1, replicas=int(parts) or None), stop)
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})  # as its caller
    index = placement.cluster.index if placement.cluster else 0
    with placement.scope():
        save(f"{output}.{index}.npz", {name: train(CASES[name]) for name in names})
        placement.barrier()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])

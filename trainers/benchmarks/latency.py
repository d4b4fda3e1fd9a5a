"""How long a trained model takes for one example on one core: `benchmarks.latency cnn:mnist`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from trainers.cli.exit import run_main
from trainers.cli.parser import command_parser, parse_command

_WARM, _CALLS = 50, 400
_ONE_THREAD = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
}


def latency_ms(model: str | Path) -> float:
    """Return the processor time of one example in milliseconds, measured in a process of its own.

    Args:
        model: a `.keras` file, or the name of trained weights, as in "cnn:mnist".
    """
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            __name__,
            str(model.resolve() if isinstance(model, Path) else model),
        ],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **_ONE_THREAD},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


def main(argv: list[str]) -> None:
    """Print the median over calls of processor time, which other processes do not lengthen.

    The model is the trained one, without its preparation, as one graph of one example; a sequence
    whose length is open has 64 steps.
    """
    parser = command_parser("benchmarks.latency", "Milliseconds of one example on one core.")
    parser.add_argument("model", type=str, help="a .keras file, or weights such as cnn:mnist")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    import trainers.cli.quiet  # noqa: F401

    print(_measured(arguments.model))


def _measured(given: str) -> float:
    import keras
    import tensorflow as tf

    import zoo

    model = zoo.trained_model(zoo.load_model(given))
    if any(layer.name == "generator" for layer in model.layers):
        model = model.get_layer("generator")
    zeros = keras.tree.map_structure(
        lambda each: tf.zeros([1, *(size or 64 for size in each.shape[1:])], each.dtype),
        model.input,
    )
    call = tf.function(lambda inputs: model(inputs, training=False))
    seconds = []
    for _ in range(_WARM + _CALLS):
        start = time.process_time()
        keras.tree.map_structure(lambda each: each.numpy(), call(zeros))
        seconds.append(time.process_time() - start)
    return 1000 * statistics.median(seconds[_WARM:])


if __name__ == "__main__":
    run_main(main)

"""The same training on one device, several replicas and several workers: equality and speed."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import Namespace

import configs
import zoo
from trainers.assembly.resolve import resolve
from trainers.benchmarks.scaling_model import Machine, Work, efficiency, update_seconds
from trainers.distribution.local_workers import environment_of, free_addresses
from trainers.errors import UserError
from trainers.problems import catalogue as problems

if TYPE_CHECKING:
    from trainers.assembly.assemble import Assembly

_TOLERANCE = 1e-5
PLACEMENTS = {
    "1 device": (1, 1),
    "2 replicas": (2, 1),
    "4 replicas": (4, 1),
    "2 workers": (1, 2),
    "3 workers": (1, 3),
}
# Speeds are taken where the cores are not shared by more processes than there are.
_TIMED = ("1 device", "2 replicas", "2 workers")


# NVIDIA's data sheet of the A100: 312 TFLOP/s in bfloat16; one 200 Gb/s adapter a GPU. The rest is
# assumed: 30 % of the peak, 5 us a message, 200 us of dispatch an update, 1 GB/s of input.
A100 = Machine(
    flops_per_second=312e12,
    utilization=0.3,
    bytes_per_second=25e9,
    latency_seconds=5e-6,
    overhead_seconds=200e-6,
    input_bytes_per_second=1e9,
)
_GPUS = (1, 2, 8, 64)
_WIDE = {"name": "char_lstm", "model": {"units": 512}}
_ON_PAPER: dict[str, tuple[int, dict[str, Any]]] = {
    "char_lstm of 512 units, 512 windows": (512, _WIDE),
    "char_lstm of 512 units, 8,192 windows": (8192, _WIDE),
    "cnn, batch 128": (128, {"name": "cnn"}),
    "cnn, batch 65,536": (65536, {"name": "cnn"}),
}


def measure(arguments: Namespace) -> dict[str, Any]:
    """Return what every placement computes and how fast, and how far they lie apart.

    Args:
        arguments: of the command; so many `updates` must agree, a speed is timed for `seconds`.
    """
    results = train_everywhere(arguments.updates, arguments.seconds)
    return {"placements": results, "largest_difference": largest(results)}


def table(result: dict[str, Any]) -> str:
    """Return all tables, and how far the placements lie apart."""
    import trainers.cli.quiet  # noqa: F401

    return (
        f"{tables(result['placements'])}\n\nlargest difference "
        f"{result['largest_difference']:.1e}, allowed {_TOLERANCE:g}"
    )


def check(result: dict[str, Any]) -> None:
    """Raise `UserError` if placements that must compute the same do not."""
    if result["largest_difference"] > _TOLERANCE:
        raise UserError(
            f"placements differ by up to {result['largest_difference']:.1e}, allowed is "
            f"{_TOLERANCE:g}; see the table above"
        )


def cases() -> dict[str, dict[str, Any]]:
    """Return every model that shares batches among replicas, without dropout, by name.

    Each as arguments of `configs.recipe`. Dropout draws other numbers on every replica, so that it
    has no equal on one device.
    """
    found: dict[str, dict[str, Any]] = {}
    for name in zoo.list_models():
        if not problems.of_model(name).distributes:
            continue
        options = zoo.model_options(name)
        plain: dict[str, Any] = {"dropout": 0.0} if "dropout" in options else {}
        found[name] = {"name": name, "model": plain}
        if "normalization" in options and "batch" in options["normalization"].choices:
            # In a batch of one example, batch normalization leaves 0 and rounding errors. A ReLU's
            # slope and Adam's division blow these up; a smooth unit and plain descent do not.
            found[f"{name} with batch normalization"] = {
                "name": name,
                "model": {**plain, "activation": "tanh", "normalization": "batch"},
                "optimizer": {"name": "sgd", "learning_rate": 0.01},
            }
    if "char_lstm" in found:
        found["char_lstm"]["model"]["units"] = 32
        found["char_lstm"]["dataset"] = {"window_steps": 16}
    if "autoencoder" in found:
        # The variational kind draws its codes, other ones on every replica.
        found["autoencoder"]["model"] |= {"kind": "denoising", "noise": 0.0}
    return found


def timed() -> dict[str, dict[str, Any]]:
    """Return the runs whose speed is measured, by name."""
    wide = {"dropout": 0.0, "hidden_units": [1000]}
    return {
        "mlp, batch 32": {"name": "mlp", "model": {"dropout": 0.0}},
        "mlp of 1,000 units, batch 512": {"name": "mlp", "model": wide, "batch_size": 512},
        "cnn, batch 128": {"name": "cnn", "batch_size": 128},
    }


def train_everywhere(updates: int, seconds: float) -> dict[str, Any]:
    """Train everywhere; return, by placement, losses, weights' differences and speeds."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name, (replicas, workers) in PLACEMENTS.items():
            print(f"training on {name}", file=sys.stderr)
            output = Path(temporary) / name
            output.mkdir()
            arguments = [f"--cases={json.dumps(cases())}", f"--replicas={replicas}"]
            arguments += [f"--timed={json.dumps(timed() if name in _TIMED else {})}"]
            arguments += [f"--updates={updates}", f"--seconds={seconds}", f"--output={output}"]
            _run(workers, arguments)
            results[name] = json.loads((output / "figures.json").read_text(encoding="utf-8"))
        reference = Path(temporary) / "1 device"
        for name in PLACEMENTS:
            results[name]["differences"] = {
                case: _differences(case, results, name, reference, Path(temporary) / name)
                for case in cases()
            }
    return results


def _run(workers: int, arguments: list[str]) -> None:
    command = [sys.executable, "-m", "trainers.benchmarks.scale_worker", *arguments]
    addresses = free_addresses(workers)
    processes = [
        subprocess.Popen(command, env=environment_of(addresses, index)) for index in range(workers)
    ]
    codes = [process.wait() for process in processes]
    if any(codes):
        raise UserError(f"a process of the benchmark ended with {codes}; see its message above")


def _differences(
    case: str, results: dict[str, Any], name: str, reference: Path, output: Path
) -> dict[str, float]:
    import numpy as np

    alone = np.asarray(results["1 device"]["losses"][case])
    # Relative to the largest loss where that is above 1, as a mean of squares in the data's units.
    scale = max(1.0, float(np.abs(alone).max()))
    losses = (np.asarray(results[name]["losses"][case]) - alone) / scale
    with np.load(reference / f"{case}.npz") as first, np.load(output / f"{case}.npz") as second:
        weights = [np.abs(first[key] - second[key]).max(initial=0) for key in first.files]
    return {"loss": float(np.abs(losses).max()), "weights": float(max(weights))}


def exchanged_bytes(case: dict[str, Any]) -> int:
    """Return what every replica adds to the sum over all in one update, in bytes."""
    step = _assembled(case).step
    # Gradients in float32, the figures' sums in float64, and the batch's weight.
    parameters = sum(
        variable.value.shape.num_elements() for variable in step.model.trainable_variables
    )
    return 4 * parameters + 8 * len(step.names) + 4


def _assembled(case: dict[str, Any]) -> Assembly:
    from trainers.assembly.assemble import assemble
    from trainers.assembly.data import load_data

    dataset, plan, _ = load_data(resolve(configs.recipe(**case)))
    return assemble(plan, dataset)


def tables(results: dict[str, Any]) -> str:
    """Return as Markdown tables what was measured, and what is expected of GPUs on paper."""
    others = [name for name in PLACEMENTS if name != "1 device"]
    rows = ["| largest difference from 1 device: loss / weight | " + " | ".join(others) + " |"]
    rows += ["|---|" + "---|" * len(others)]
    for case in cases():
        cells = [results[name]["differences"][case] for name in others]
        shown = " | ".join(f"{cell['loss']:.0e} / {cell['weights']:.0e}" for cell in cells)
        rows.append(f"| {case} | {shown} |")
    rows += ["", "| updates per second | " + " | ".join(_TIMED) + " | exchange | bytes |"]
    rows += ["|---|" + "---:|" * (len(_TIMED) + 2)]
    for case, recipe in timed().items():
        speeds = {name: results[name]["updates_per_second"][case] for name in _TIMED}
        shown = " | ".join(f"{speed:,.0f}" for speed in speeds.values())
        # The workers share the cores that one device has alone, so the exchange is what takes
        # longer.
        exchange = 1000 * (1 / speeds["2 workers"] - 1 / speeds["1 device"])
        rows.append(f"| {case} | {shown} | {exchange:.1f} ms | {exchanged_bytes(recipe):,} |")
    return "\n".join([*rows, "", *paper_rows()])


def paper_rows() -> list[str]:
    """Return the table of `trainers.benchmarks.scaling_model` for the GPUs of `A100`."""
    from zoo.catalogue.flops import flops_per_example

    rows = ["| on paper: examples per second | " + " | ".join(f"{n} GPUs" for n in _GPUS) + " |"]
    rows += ["|---|" + "---:|" * len(_GPUS)]
    for case, (batch_size, recipe) in _ON_PAPER.items():
        parts = _assembled(recipe)
        model, train = parts.step.model, parts.dataset.splits["train"]
        work = Work(
            flops_per_example(model),
            batch_size,
            4 * model.count_params(),
            train.inputs.nbytes / train.size,
        )
        cells = []
        for devices in _GPUS:
            speed = batch_size / update_seconds(work, A100, devices)
            cells.append(f"{speed:,.0f} ({efficiency(work, A100, devices):.0%})")
        rows.append(f"| {case} | " + " | ".join(cells) + " |")
    return rows


def largest(results: dict[str, Any]) -> float:
    """Return the largest difference of any loss or weight."""
    return max(
        value
        for result in results.values()
        for differences in result["differences"].values()
        for value in differences.values()
    )

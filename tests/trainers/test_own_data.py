"""Pictures, a table, arrays and a text of one's own: from the files to every format, as typed."""

import csv
import io
import json
import re
import shlex

import numpy as np
import pytest
from forked import Command, users_environment
from PIL import Image
from places import ROOT

pytestmark = pytest.mark.slow
WAIT_SECONDS = 600
FORMATS = {"keras": ".keras", "saved_model": "", "onnx": ".onnx", "litert": ".tflite"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A user's folder with data of four kinds."""
    path = tmp_path_factory.mktemp("user")
    random = np.random.default_rng(0)
    make_pictures(path / "pictures", random)
    make_table(path / "houses.csv", random)
    make_arrays(path / "cells.npz", random)
    words = ("the", "weights", "learn", "slowly", "and", "a", "gradient", "never", "rests", "\n")
    text = " ".join(words[(i * i + i // 7) % len(words)] for i in range(4000))
    (path / "book.txt").write_text(text, encoding="utf-8")
    return path


def make_pictures(path, random):
    """200 PNGs of two sizes: bright above, or bright below."""
    for number in range(200):
        name, size = ("sky", "sea")[number % 2], ((24, 32), (20, 20))[number // 2 % 2]
        pixels = random.integers(0, 120, (*size, 3))
        half = slice(0, size[0] // 2) if name == "sky" else slice(size[0] // 2, None)
        pixels[half] += 90
        (path / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(path / name / f"{number:03}.png")


def make_table(path, random):
    """50,000 rows with categories and gaps, sorted by what is to be predicted."""
    size, rooms = random.normal(90, 30, 50_000), random.integers(1, 7, 50_000)
    place = random.choice(["town", "coast", "hills", ""], 50_000)
    worth = size / 10 + rooms + 5 * (place == "coast") + random.normal(0, 0.5, 50_000)
    rows = []
    for row in np.argsort(worth):
        shown = f"{size[row]:.2f}" if random.random() > 0.05 else ""
        rows.append([shown, rooms[row], place[row], "dear" if worth[row] > 13 else "cheap"])
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["size", "rooms", "place", "class"], *rows])


def make_arrays(path, random):
    """Four measurements in their own units, and what grows with them."""
    X = random.normal([5, 100, -3, 1e4], [1, 30, 0.1, 2e3], (1500, 4))
    y = 0.1 * X[:, 1] - 4 * X[:, 0] + X[:, 3] / 500 + random.normal(0, 0.2, 1500)
    np.savez(path, X=X, y=y)


@pytest.fixture(scope="module")
def typed(folder):
    """Run a command as it is typed in the user's folder; returns what it printed."""

    def run(line, stdin=None):
        python, dash_m, module, *argv = shlex.split(line)
        assert (python, dash_m) == ("python", "-m")
        environment = users_environment(PYTHONPATH=str(ROOT))
        with Command(module, *argv, cwd=folder, env=environment, stdin=stdin) as process:
            out, told = process.communicate(timeout=WAIT_SECONDS)
            assert process.returncode == 0, (line, told)
            return out

    return run


CASES = {
    "pictures": (
        "--model cnn --dataset images --data-path pictures --image-size 16x16",
        "--dataset images --data-path pictures",
    ),
    "houses": (
        "--model mlp --dataset table --data-path houses.csv --target class",
        "--dataset table --data-path houses.csv",
    ),
    "cells": (
        "--model mlp --dataset arrays --data-path cells.npz",
        "--dataset arrays --data-path cells.npz",
    ),
    "book": (
        "--model char_lstm --dataset text --data-path book.txt --model.units 32 --batch-size 8 "
        "--window-steps 32 --warmup-steps 0",
        "--dataset text --data-path book.txt",
    ),
}
EPOCHS = {"pictures": (4, 8), "houses": (1, 2), "cells": (10, 20), "book": (2, 4)}


@pytest.fixture(scope="module")
def trained(typed, folder):
    """The folder of a case's run, trained, and gone on with, when it is first asked for."""

    def run(name):
        first, last = EPOCHS[name]
        if not (folder / "runs" / name).exists():
            typed(
                f"python -m trainers.run {CASES[name][0]} --schedule constant "
                f"--learning-rate 0.003 --epochs {first} --run-dir runs/{name}"
            )
            typed(f"python -m trainers.run --run-dir runs/{name} --resume --epochs {last}")
        return folder / "runs" / name

    return run


def figures(typed, line):
    return json.loads(typed(f"python -m trainers.evaluate {line} --json"))


@pytest.mark.parametrize("name", CASES)
def test_runs_go_on_and_are_measured_on_their_own_and_on_other_data(name, trained, typed):
    summary = json.loads((trained(name) / "summary.json").read_text(encoding="utf-8"))
    found = figures(typed, f"runs/{name}")
    assert found["loss"] == summary["best"]["test"]["loss"]
    other = figures(typed, f"runs/{name} {CASES[name][1]}")
    if name == "book":
        assert other["bits_per_character"] < 2.5
    elif name == "cells":
        assert min(found["targets"]["target"]["r2"], other["targets"]["target"]["r2"]) > 0.9
    else:
        assert min(found["accuracy"], other["accuracy"]) > 0.9
        counts = sum(each["support"] for each in other["classes"].values())
        assert counts == {"pictures": 200, "houses": 50_000}[name]


def test_predictions_of_all_files_are_as_right_as_evaluate_says(trained, typed, folder):
    for name, inputs in {"pictures": "pictures", "houses": "houses.csv"}.items():
        trained(name)
        line = f"python -m trainers.predict runs/{name} {inputs} --top 1 --format csv"
        rows = list(csv.DictReader(io.StringIO(typed(line))))
        if name == "pictures":
            true = [row["file"].split("/")[1] for row in rows]
        else:
            with (folder / "houses.csv").open(newline="", encoding="utf-8") as file:
                true = [row["class"] for row in csv.DictReader(file)]
        right = np.mean([row["class_1"] == label for row, label in zip(rows, true, strict=True)])
        other = figures(typed, f"runs/{name} {CASES[name][1]}")
        assert right == pytest.approx(other["accuracy"], abs=1e-4)


def test_numbers_are_predicted_in_their_own_units_and_text_goes_on(trained, typed, folder):
    trained("cells"), trained("book")
    with np.load(folder / "cells.npz") as cells:
        y = cells["y"]
    found = json.loads(typed("python -m trainers.predict runs/cells cells.npz --format json"))
    said = np.array([row["values"]["target"] for row in found])
    r2 = 1 - np.mean((said - y) ** 2) / y.var()
    other = figures(typed, f"runs/cells {CASES['cells'][1]}")
    assert r2 == pytest.approx(other["targets"]["target"]["r2"], abs=1e-4)
    (row,) = json.loads(
        typed("python -m trainers.predict runs/book --text 'the weig' --format json")
    )
    assert row["predictions"][0]["class"] == "h"


def test_standard_input_and_output_pipe(trained, typed, folder):
    trained("houses")
    with (folder / "houses.csv").open("rb") as file:
        head = b"".join(file.readline() for _ in range(4))
    (folder / "head.csv").write_bytes(head)
    line = "python -m trainers.predict runs/houses {} --format csv"
    with (folder / "head.csv").open("rb") as file:
        piped = typed(line.format("-"), stdin=file.fileno())
    assert piped == typed(line.format("head.csv"))
    assert len(piped.splitlines()) == 4


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", CASES)
def test_every_run_is_exported_to_every_format_and_compared(name, form, trained, typed):
    output = trained(name).with_name(f"{name}-{form}{FORMATS[form]}")
    told = typed(f"python -m trainers.export runs/{name} --format {form} --output {output}")
    assert output.exists()
    assert float(re.search(r"largest difference (\S+) on", told)[1]) <= 1e-5


def test_eight_bit_numbers_cost_little_and_say_what(trained, typed):
    output = trained("pictures").with_name("pictures-int8.tflite")
    told = typed(
        f"python -m trainers.export runs/pictures --format litert --quantize int8 --output {output}"
    )
    found = re.search(r"int8 +accuracy (\S+) on the test split, .* has (\S+)", told)
    assert abs(float(found[1]) - float(found[2])) <= 0.1

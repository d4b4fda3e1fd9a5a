"""Data of one's own in a notebook, of four kinds: trained, resumed, measured, used, exported."""

import os

import pytest
from places import ROOT

MADE = """
import os
import numpy as np
import pandas as pd
from PIL import Image
import trainers

random = np.random.default_rng(0)
for name, level in (("dark", 40), ("light", 160)):
    os.makedirs(f"pictures/{name}")
    for number in range(100):
        shape = (28, 28) if number % 2 else (40, 30)
        pixels = random.integers(level, level + 60, shape).astype("uint8")
        Image.fromarray(pixels).save(f"pictures/{name}/{number}.png")
n = 50_000
table = pd.DataFrame({"age": random.integers(18, 90, n) * 1.0})
table["job"] = random.choice(list("abc"), n)
table.loc[::17, "age"] = np.nan
table["buys"] = np.where((table["age"] > 50) ^ (table["job"] == "a"), "yes", "no")
table.to_csv("table.csv", index=False)
x = random.normal(size=(400, 5)).astype("float32")
y = x @ np.arange(5.0)[:, None] + 100
open("book.txt", "w").write("the quick brown fox jumps over the lazy dog. " * 500)
short = {"schedule": "constant", "histograms": False, "warmup_steps": 0, "verbose": False}
short["report"] = False


def used(run, inputs, tolerance=1e-5):
    run.resume(epochs=run.config.epochs + 1, verbose=False)
    assert run.evaluate("test") == run.summary["best"]["test"]
    answers = run.predict(inputs)
    assert np.abs(trainers.open(run.path).predict(inputs) - answers).max() <= tolerance
    for format in ("keras", "saved_model", "onnx", "litert"):
        assert run.export(format, output=f"{run.path}/exported-{format}" + {
            "keras": ".keras", "onnx": ".onnx", "litert": ".tflite"}.get(format, "")).exists()
    print(run.path.name.split("-")[0], answers.shape)
    return answers
"""
CELLS = [
    MADE,
    """
run = trainers.fit("cnn", "pictures", image_size="28x28", epochs=4, learning_rate=0.01, **short)
used(run, ["pictures/dark/0.png", "pictures/light/1.png"])
print(run.names, run.evaluate("pictures")["accuracy"] > 0.9)
""",
    """
run = trainers.fit("mlp", "table.csv", target="buys", epochs=1, learning_rate=0.01, **short)
again = trainers.fit("mlp", table, target="buys", epochs=1, learning_rate=0.01, **short)
print(run.summary["final_weights_sha256"] == again.summary["final_weights_sha256"])
used(run, table.drop(columns="buys"))
print(run.names, run.evaluate(table)["accuracy"] > 0.95)
""",
    """
run = trainers.fit("linear_regression", (x, y), epochs=60, learning_rate=0.05, **short)
answers = used(run, x)
print(np.abs(answers - y).mean() < 0.5)
""",
    """
run = trainers.fit("char_lstm", "book.txt", epochs=2, units=16, window_steps=32, **short)
used(run, ["the quick", "over the l"])
""",
]


@pytest.mark.slow
def test_four_kinds_of_own_data_go_the_whole_way(tmp_path):
    nbclient = pytest.importorskip("nbclient", reason="nbclient is in the extra `dev`")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("pandas", reason="pandas is in the extra `dev`")
    for package in ("onnxruntime", "tf2onnx", "ai_edge_litert"):
        pytest.importorskip(package, reason=f"{package} is in the extra `export`")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in CELLS])
    client = nbclient.NotebookClient(
        notebook, timeout=900, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env={**os.environ, "PYTHONPATH": str(ROOT)})
    told = [
        "".join(each.text for each in cell.outputs if each.get("name") == "stdout")
        for cell in notebook.cells
    ]
    assert told == [
        "",
        "cnn (2, 2)\n['dark', 'light'] True\n",
        "True\nmlp (50000, 2)\n['no', 'yes'] True\n",
        "linear_regression (400, 1)\nTrue\n",
        "char_lstm (2, 28)\n",
    ]

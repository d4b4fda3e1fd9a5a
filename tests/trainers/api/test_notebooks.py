"""In a notebook's kernel, under other settings of Keras, and beside trackers."""

import os
import re
import runpy
import subprocess
import sys
import types
from pathlib import Path

import keras
import pytest
from places import ROOT

import configs
import trainers
import zoo
from trainers.api.shown import page
from trainers.runs import progress

README = (ROOT / "trainers/api/README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def carried_out(word, folder, given):
    """What the README's example with a word in it leaves, by name."""
    path = folder / "example.py"
    path.write_text(next(block for block in EXAMPLES if word in block), encoding="utf-8")
    return runpy.run_path(path, given)


def test_notebooks_bar_is_drawn_again_and_escapes_what_it_shows():
    class Handle:
        def update(self, shown):
            drawn.append(shown._repr_html_())

    drawn, bar = [], progress.NotebookProgress(40, 0)
    bar._handle = Handle()
    bar.update(10, {"loss": 0.5}, 1000)
    bar.line("epoch 1  <b>")
    bar.update(20, {"loss": 0.25}, 1000)  # at once after the last: left for the next
    bar.__exit__()
    assert 'value="10" max="40"' in drawn[0]
    assert "epoch 1  &lt;b&gt;" in drawn[1]
    assert len(drawn) == 3
    assert "20/40&ensp;loss 0.2500" in drawn[2]


@pytest.mark.slow
def test_run_in_a_kernel_shows_its_progress_and_itself(tmp_path):
    nbclient = pytest.importorskip("nbclient", reason="nbclient is in the extra `dev`")
    nbformat = pytest.importorskip("nbformat")
    cells = [
        "import trainers, keras, matplotlib\nbefore = matplotlib.rcParams['backend']",
        "run = trainers.fit('perceptron', 'digits', epochs=3, run_dir='run', histograms=False)",
        "run",
        "run.plot()",
        "again = trainers.fit('perceptron', 'digits', epochs=3, run_dir='again', verbose=False)",
        "print(run.summary['final_weights_sha256'] == again.summary['final_weights_sha256'],\n"
        "      matplotlib.rcParams['backend'] == before, run.predict(run.model.input_shape and\n"
        "      __import__('numpy').zeros((2, 8, 8, 1), 'uint8')).shape)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env=environment)
    outputs = [cell.outputs for cell in notebook.cells]
    bars = [o.data["text/html"] for o in outputs[1] if o.output_type == "display_data"]
    assert any('value="102" max="102"' in bar and "validation" in bar for bar in bars)
    texts = "".join(o.text for o in outputs[1] if o.output_type == "stream")
    assert texts == f"perceptron on digits -> {Path('run')}\n"
    page = outputs[2][0].data["text/html"]
    assert "<table>" in page
    assert "data:image/png;base64" in page
    assert "image/png" in outputs[3][-1].data
    assert not outputs[4]
    assert outputs[5][0].text == "True True (2, 10)\n"


def test_page_of_a_run_escapes_names_and_leaves_out_what_is_not_there():
    shown = page("run of <b>", {"test": {"loss": 0.5}, "<i>": {"accuracy": 0.25}}, None)
    assert "<b>run of &lt;b&gt;</b>" in shown
    assert "<tr><th>test</th><td>0.5000</td><td></td></tr>" in shown
    assert "<tr><th>&lt;i&gt;</th><td></td><td>0.2500</td></tr>" in shown
    assert "<img" not in shown


def test_keras_that_computes_by_another_library_is_one_line(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(zoo.ModelError, match="Keras computes by 'jax' in this process"):
        trainers.fit("perceptron", "digits", steps=1)


def test_another_package_called_datasets_is_one_line(monkeypatch):
    foreign = types.ModuleType("datasets")
    foreign.__file__ = "/site-packages/datasets/__init__.py"
    monkeypatch.setitem(sys.modules, "datasets", foreign)
    with pytest.raises(configs.ConfigError, match=r"/site-packages/datasets/__init__.py; install"):
        _ = trainers.fit


@pytest.mark.slow
def test_settings_for_another_library_are_mended_before_keras_is_imported(tmp_path):
    (tmp_path / "keras.json").write_text(
        '{"floatx": "float64", "backend": "jax", "image_data_format": "channels_first"}'
    )
    code = (
        "import trainers; run = trainers.fit('perceptron', 'digits', steps=1, verbose=False); "
        "import keras; print(run.summary['steps'], keras.config.floatx())"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "KERAS_HOME": str(tmp_path)}
    mended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**environment, "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert mended.stdout == "1 float64\n", mended.stderr


# SQLAlchemy's newest release warns of what MLflow asks of it.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.slow
def test_readmes_callback_writes_to_mlflow(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="mlflow-skinny is in the extra `track`")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    names = carried_out("MLflowCallback", tmp_path, {})
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    (found,) = client.search_runs([client.get_experiment_by_name("digits").experiment_id])
    assert found.data.params["model.name"] == "perceptron"
    expected = names["run"].history["val_loss"][-1]
    assert found.data.metrics["val_loss"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.slow
def test_readmes_callback_writes_to_wandb_offline(tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="wandb is in the extra `track`")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    carried_out("WandbCallback", tmp_path, {})
    written = list((tmp_path / "wandb").glob("offline-run-*/run-*.wandb"))
    assert written[0].stat().st_size > 1000

"""TensorBoard's pages of three runs, read in a browser as a user sees them."""

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest
from browser import chromium, opened

pytestmark = pytest.mark.slow

_WAIT_MS = 60_000
RUNS = ("mlp-narrow", "mlp-wide", "perceptron")


@pytest.fixture(scope="module")
def runs(train_here, tmp_path_factory):
    """Three runs in one folder."""
    folder = tmp_path_factory.mktemp("runs")
    short = ["--report", "true", "--epochs", "2", "--schedule", "constant"]
    for name, units in (("mlp-narrow", "8"), ("mlp-wide", "32")):
        train_here(folder / name, "--model", "mlp", "--model.hidden-units", units, *short)
    train_here(folder / "perceptron", "--model", "perceptron", *short)
    return folder


@pytest.fixture(scope="module")
def board(runs):
    """The address of a TensorBoard that has read them."""
    with serving(runs) as address:
        yield address


@contextmanager
def serving(folder):
    """Return a context with the address of `tensorboard --logdir folder`, which ends with it."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder)]
    words += ["--port", str(port), "--load_fast", "false"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process, address = subprocess.Popen(words, **silent), f"http://localhost:{port}"
    try:
        until(lambda: len(read(f"{address}/data/runs")) == 3 * len(RUNS))
        yield address
    finally:
        process.terminate()
        process.wait(30)


def read(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.loads(answer.read())
    except OSError:
        return []


def until(true, seconds=120):
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "TensorBoard has not read the runs"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@contextmanager
def page_of(browser, board, name):
    size = {"width": 1600, "height": 1200}
    with opened(browser, f"{board}/#{name}", viewport=size) as page:
        yield page


def seen(page, text):
    page.get_by_text(text).first.wait_for(timeout=_WAIT_MS)


def test_hparams_has_a_row_for_every_run_with_settings_and_figures(board, browser, runs):
    summaries = {name: json.loads((runs / name / "summary.json").read_text()) for name in RUNS}
    with page_of(browser, board, "hparams") as page:
        for name in RUNS:
            seen(page, re.compile(rf"^\s*{name}\s*$"))
        for title in ("model.hidden_units", "Best/test/accuracy", "Best/validation/loss"):
            seen(page, title)
        seen(page, re.compile(r"\[32\]"))
        for summary in summaries.values():
            seen(page, f"{summary['best']['test']['accuracy']:.5g}"[:6])


def test_custom_scalars_have_train_and_validation_in_one_chart(board, browser):
    with page_of(browser, board, "custom_scalars") as page:
        seen(page, "Learning curves")
        seen(page, "Step size, gradient and speed")
        # Three runs of two splits each, all in the chart of the loss, and in that of accuracy.
        page.get_by_text("Matches (6)").nth(1).wait_for(timeout=_WAIT_MS)
        page.get_by_text("Matches (6)").first.click()
        for name in RUNS:
            for split in ("train", "validation"):
                seen(page, f"{name}/{split}")


def test_time_series_offers_settings_as_columns(board, browser):
    with page_of(browser, board, "timeseries") as page:
        for name in RUNS:
            seen(page, f"{name}/validation")
        seen(page, "Best/test/accuracy")


def test_images_have_titles_steps_and_their_run(board, browser):
    with page_of(browser, board, "images&tagFilter=confusion") as page:
        seen(page, "Confusion matrix")
        seen(page, "tag: confusion")


def test_curves_of_every_class_are_shown(board, browser):
    with page_of(browser, board, "pr_curves") as page:
        for number in (0, 1):
            seen(page, f"precision_recall/{number}")
        seen(page, "mlp-wide/validation")


def test_text_has_the_configuration_of_every_run(board, browser):
    with page_of(browser, board, "text&tagFilter=config") as page:
        seen(page, "hidden_units:")
        seen(page, "tag: config")


def test_projector_has_every_classifiers_last_hidden_layer(board):
    plugin = f"{board}/data/plugin/projector"
    until(lambda: set(read(f"{plugin}/runs")) == set(RUNS))
    shapes = {}
    for name in RUNS:
        (embedding,) = read(f"{plugin}/info?run={name}")["embeddings"]
        assert embedding["tensorName"] == "last_hidden_layer"
        shapes[name] = embedding["tensorShape"]
    assert shapes == {"mlp-narrow": [300, 8], "mlp-wide": [300, 32], "perceptron": [300, 64]}


def test_figures_say_what_they_are(board):
    tags = read(f"{board}/data/plugin/scalars/tags")
    assert "higher is better" in tags["mlp-wide"]["Best/test/accuracy"]["description"]
    assert tags["mlp-wide/validation"]["loss"]["description"].startswith("<p>Mean <strong>loss")

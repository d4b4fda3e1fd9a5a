"""What anybody may give each reader, and what may come of it: an answer or one of our errors.

Every property is a function of one drawn input and a folder of its own. Any error that is not
among `OURS` ends it, and so does one of more than one line.
"""

import contextlib
import hashlib
import io
import json
import zipfile
from functools import cache

import h5py
import numpy as np
from file_contents import pictures, table_files
from hypothesis import strategies as st
from safetensors.numpy import save

import configs
import datasets
import zoo
from datasets.own.pictures import decode
from datasets.raw.reading import read_raw
from datasets.text.text_files import read_text_files
from trainers.assembly.resolve import resolve
from trainers.cli.exit import describe
from trainers.cli.options import arguments
from trainers.cli.run_arguments import parse
from trainers.distribution import cluster
from trainers.errors import UserError
from trainers.problems.text import vocabulary
from trainers.reports import curves
from trainers.runs import checkpoints
from trainers.runs.logs import metrics
from zoo.catalogue import model_files

OURS = (configs.ConfigError, zoo.ModelError, datasets.DataError, UserError)
MODELS = ("mlp", "policy", "gan", "char_lstm")
KEYS = sorted({each.key for model in MODELS for each in arguments(model, "adam")})
FLAGS = ["--" + key.replace("_", "-") for key in KEYS]
WORDS = ["null", "~", "true", "on", "1e999", "-1", "0", "3", "0x1F", "12:30", ".nan", "{}"]
WORDS += ["mlp", "cnn", "adam", "newton", "digits", "full", "cosine", "relu", "&a", "*a", "!!int 3"]
WORDS += ["9" * 400, "5", "1_0", "", " ", "- a", "? b", "|", ">", "%", "---", "...", "<<: 3"]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
scalars |= st.sampled_from(WORDS)
short_words = st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(short_words, inner, max_size=3),
    max_leaves=8,
)


def utf8(text):
    return text.encode("utf-8", "replace")


def encoded(value):
    return json.dumps(value).encode()


@contextlib.contextmanager
def ours():
    """Let pass what users are told; anything else is a fault."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    except OURS as error:
        code, text = describe(error)
        assert code in (2, 3, 4, 5, 6, 7), (code, text)
        assert "\n" not in text


@st.composite
def damaged(draw, content):
    """Bytes with some cut out, put in, or replaced."""
    content = bytearray(content)
    for _ in range(draw(st.integers(0, 4))):
        at, length = draw(st.integers(0, len(content))), draw(st.sampled_from([0, 1, 2, 8, 60]))
        content[at : at + length] = draw(st.binary(max_size=8))
    return bytes(content)


def recipe_texts():
    shipped = [configs.recipe_path(name).read_bytes() for name in configs.recipes()]
    words = st.sampled_from(WORDS) | st.text(max_size=8)
    lines = st.lists(st.tuples(st.sampled_from(KEYS), words), max_size=5)
    return st.one_of(
        st.sampled_from(shipped).flatmap(damaged),
        st.binary(max_size=60),
        lines.map(lambda pairs: utf8("\n".join(f"{key}: {word}" for key, word in pairs))),
        st.dictionaries(st.sampled_from(KEYS), values, max_size=4).map(encoded),
    )


def recipe_file(content, folder):
    """A file of any bytes is a configuration, which gives itself again, or is refused."""
    path = folder / "recipe.yaml"
    path.write_bytes(content)
    with ours():
        config = resolve(parse(["--config", str(path)]).config).config
        path.write_text(configs.to_yaml(config), encoding="utf-8")
        assert resolve(parse(["--config", str(path)]).config).config == config


def command_line(pairs, folder):
    """Any words for any options are a configuration or are refused."""
    with ours():
        resolve(parse([f"{flag}={word}" for flag, word in pairs]).config)


def python_values(changes, folder):
    """Any values from Python are a configuration or are refused."""
    with ours():
        resolve(configs.recipe("mlp", **configs.nested(changes)))


def texts_of_a_configuration(text, folder):
    """What is written of a text is read as that text."""
    config = configs.Config(devices=text, epochs=1)
    path = folder / "config.yaml"
    with ours():
        configs.check(config)
        path.write_text(configs.to_yaml(config), encoding="utf-8")
        assert parse(["--config", str(path)]).config.devices == text


@cache
def checkpoint_files():
    content = save({"model/0000": np.ones((2, 3), np.float32), "interval/weight": np.zeros(())})
    manifest = {"format": checkpoints.FORMAT, "step": 3}
    manifest["metadata"] = {"config": {}, "best_step": None}
    manifest["sha256"] = {"state.safetensors": hashlib.sha256(content).hexdigest()}
    return content, encoded(manifest)


def checkpoint(drawn, folder):
    """A checkpoint of any bytes, its seals right or not, is read or refused."""
    content, manifest, resealed = drawn
    path = folder / "step-000000003"
    path.mkdir(exist_ok=True)
    if resealed:
        digest = hashlib.sha256(content).hexdigest()
        with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
            told = json.loads(manifest)
            told["sha256"]["state.safetensors"] = digest
            manifest = json.dumps(told).encode()
    (path / "state.safetensors").write_bytes(content)
    (path / "manifest.json").write_bytes(manifest)
    seal = hashlib.sha256(manifest).hexdigest() if resealed else "0" * 64
    (path / "manifest.sha256").write_text(seal)
    with ours():
        checkpoints.load_newest(folder)


def checkpoint_inputs():
    content, manifest = checkpoint_files()
    manifests = damaged(manifest) | values.map(encoded)
    return st.tuples(damaged(content), manifests, st.booleans())


METRICS = b"step,epoch,split,name,value\n1,0.5,train,loss,2.25\n2,1,validation,loss,2.0\n"


def metrics_table(content, folder):
    """A metrics.csv of any bytes is read row by row, and drawn or refused."""
    (folder / "metrics.csv").write_bytes(content)
    metrics.read(folder / "metrics.csv")
    for column in ("epoch", "step"):
        with ours():
            curves.curves(folder, column)


def summary(content, folder):
    """A summary.json of any bytes tells of the best possible loss, or of none."""
    (folder / "summary.json").write_bytes(content)
    with ours():
        curves.oracle_loss(folder)


def vocabulary_file(content, folder):
    """A vocabulary of any bytes is one, or is refused."""
    (folder / vocabulary.FILE).write_bytes(content)
    with ours():
        characters = vocabulary.read(folder)
        assert all(isinstance(each, str) for each in characters)


def text_file(content, folder):
    """A text of any bytes is read or refused; what is UTF-8 is read as it is."""
    path = folder / "book.txt"
    path.write_bytes(content)
    with ours():
        passages = read_text_files("text", path, 0.1)
        assert sum(each.stop - each.start for each in passages.values()) > 0


def own_table(drawn, folder):
    """A table of any bytes becomes splits without a value that is no number, or is refused."""
    (ending, content), options = drawn
    path = folder / f"table{ending}"
    path.write_bytes(content)
    with ours():
        data = datasets.load("table", data_path=path, target="label", **options)
        for split in data.splits.values():
            assert np.isfinite(split.inputs).all()
            assert np.isfinite(split.targets).all()


def table_inputs():
    files = st.sampled_from(table_files())
    contents = files.flatmap(lambda file: st.tuples(st.just(file[0]), damaged(file[1])))
    tasks = st.sampled_from(["auto", "classification", "regression"])
    options = {"task": tasks, "drop": st.sampled_from([None, "unusable"])}
    options["encoding"] = st.sampled_from([None, "cp1252", "utf-16"])
    return st.tuples(contents, st.fixed_dictionaries(options))


def picture(content, folder):
    """Any bytes are a picture of eight bits or are refused."""
    with ours():
        pixels = decode(content, 3, "x")
        assert pixels.dtype == np.uint8
        assert pixels.shape[2] == 3


def array_file():
    np.save(content := io.BytesIO(), np.ones((3, 2)))
    return content.getvalue()


def raw_numbers(content, folder):
    """Any bytes are rows of two numbers for a finished model or are refused."""
    with ours():
        examples = read_raw({"kind": "numbers", "shape": [2]}, [content])
        assert all(np.isfinite(batch).all() for batch in examples.batches(8))


def cluster_words(text, folder):
    """A TF_CONFIG of any text is a cluster or is refused."""
    with ours():
        cluster.parse(text)


@cache
def model_members():
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file["layers/dense/vars/0"] = np.ones((3, 2), np.float32)
    layer = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}}
    configuration = {"module": "keras", "class_name": "Sequential", "config": {"layers": [layer]}}
    return json.dumps(configuration).encode(), weights.getvalue()


def model_file(drawn, folder):
    """A .keras file of any configuration and weights is safe to load or is refused."""
    configuration, weights, tail = drawn
    path = folder / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", b"{}")
        archive.writestr("config.json", configuration)
        archive.writestr("model.weights.h5", weights)
    if tail is not None:
        path.write_bytes(path.read_bytes()[:-tail])
    with ours():
        model_files.require_safe(path)


def model_inputs():
    configuration, weights = model_members()
    configurations = damaged(configuration) | values.map(encoded)
    return st.tuples(configurations, damaged(weights), st.none() | st.integers(1, 200))


def json_like(content):
    return damaged(content) | values.map(encoded) | st.binary(max_size=40)


OPTIONS = st.tuples(st.sampled_from(FLAGS), st.sampled_from(WORDS) | st.text(max_size=9))
TEXTS = st.text(max_size=80)
SUMMARY = b'{"final": {"validation": {"loss": 1.0, "oracle_loss": 0.5}}}'
CLUSTER = b'{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 0}}'
PROPERTIES = {
    recipe_file: recipe_texts(),
    command_line: st.lists(OPTIONS, max_size=4),
    python_values: st.dictionaries(st.sampled_from(KEYS), values, max_size=3),
    texts_of_a_configuration: st.text(max_size=30) | st.sampled_from(WORDS),
    checkpoint: checkpoint_inputs(),
    metrics_table: damaged(METRICS) | st.binary(max_size=80) | TEXTS.map(utf8),
    summary: json_like(SUMMARY),
    vocabulary_file: json_like('["a", "b", "é", "\\n"]'.encode()),
    text_file: st.binary(max_size=200) | TEXTS.map(lambda text: text.encode("utf-16", "replace")),
    own_table: table_inputs(),
    picture: st.sampled_from(pictures()).flatmap(damaged) | st.binary(max_size=60),
    raw_numbers: st.sampled_from([array_file(), b"1,2\n3,4\n"]).flatmap(damaged),
    cluster_words: TEXTS | json_like(CLUSTER).map(lambda text: text.decode("utf-8", "replace")),
    model_file: model_inputs(),
}

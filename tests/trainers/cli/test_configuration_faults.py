"""Configurations that cannot be, in files, typed and from Python: exit code 2, nothing written.

Whatever is refused here is refused by the command itself, before TensorFlow is waited for.
"""

import itertools
import json
import types
import typing

import pytest

import configs
import datasets
import zoo
from trainers import plot, reproduce, run
from trainers.cli.exit import describe
from trainers.cli.options import arguments

pytestmark = pytest.mark.usefixtures("before_tensorflow")
ERRORS = (configs.ConfigError, zoo.ModelError, datasets.DataError)
TYPOS = {
    "batch_sise": "batch_size",
    "model.hiden_units": "model.hidden_units",
    "dataset.data_dirr": "dataset.data_dir",
    "loss.huberdelta": "loss.huber_delta",
    "optimizer.learning_rat": "optimizer.learning_rate",
    "optimizer.bta_1": "optimizer.beta_1",
    "problem.horizon_step": "problem.horizon_steps",
}
UNIONS = (typing.Union, types.UnionType)
HUGE = 10**400
# JSON is YAML: what a file may give where a word or a number should stand.
VALUES = ["null", '""', "[]", "{}", "[[[1]]]", '{"a": {"b": 1}}', str(HUGE), "1e999", "-1e999"]
VALUES += [".nan", "true", '"3"', "[3]", "[null]", "{3: 4}", '"a\\nb"', '"\\u0000"', '"x\\ud800"']
VALUES += ["2026-01-31", "12:30:45", "'" + "x" * 20_000 + "'", str(2**62), "-1", "0x", "é☃"]
MODELS = [("mlp", "momentum"), ("policy", "adam"), ("gan", "adagrad"), ("char_lstm", "sgd")]
MODELS += [
    ("autoencoder", "batch_gd"),
    ("linear_regression", "newton"),
    ("lstm", "natural_gradient"),
]
FIELDS = list(
    {
        argument.key: (model, optimizer, argument)
        for model, optimizer in reversed(MODELS)
        for argument in arguments(model, optimizer)
    }.values()
)


def refused(argv, folder):
    """The line and the code with which the command refuses; nothing is there afterwards."""
    with pytest.raises(ERRORS) as caught:
        run.main([*argv, "--run-dir", str(folder / "run")])
    assert not (folder / "run").exists()
    code, text = describe(caught.value)
    assert "\n" not in text
    return code, text


def written(folder, text):
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return ["--config", str(path)]


def of(model, optimizer, key, value):
    """A file that names a model and an optimizer, and gives one setting a value, as text."""
    names = {"model.name": model, "optimizer.name": optimizer}
    lines = [f"{name}: {word}" for name, word in names.items() if name != key]
    return "\n".join([*lines, f"{key}: {value}"])


@pytest.mark.parametrize("typo", sorted(TYPOS))
def test_fault_34_unknown_key_leads_to_the_nearest(typo, tmp_path):
    """In a file, typed and from Python.

    Seen to fail without the refusal of unknown keys in the recipe's reader, in the parser, in
    `configs.from_dict` and in `resolve`, each alone.
    """
    model = "policy" if typo.startswith("problem") else "mlp"
    nearest = TYPOS[typo]
    code, text = refused(written(tmp_path, of(model, "adam", typo, 3)), tmp_path)
    assert code == 2
    assert f"recipe key {typo!r} is not known; did you mean {nearest!r}?" in text
    code, text = refused(["--model", model, "--" + typo.replace("_", "-"), "3"], tmp_path)
    assert code == 2
    assert f"did you mean '--{nearest.replace('_', '-')}'?" in text
    section, _, name = typo.rpartition(".")
    changes = {section: {name: 3}} if section else {name: 3}
    with pytest.raises(ERRORS, match=name):
        run.resolve(configs.recipe(model, **changes))


def takes(hint, value):
    """Whether a value is of a type, told here by other means than the product's."""
    kinds = typing.get_args(hint) if typing.get_origin(hint) in UNIONS else (hint,)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    for kind in kinds:
        if typing.get_origin(kind) is typing.Literal:
            fits = isinstance(value, str) and value in typing.get_args(kind)
        elif typing.get_origin(kind) is tuple:
            fits = isinstance(value, list) and all(type(item) is int for item in value)
        elif kind is float:
            fits = number and (isinstance(value, float) or abs(value) < 2**1000)
        else:
            fits = type(value) is kind
        if fits:
            return True
    return False


def require_refused(model, optimizer, argument, value, folder):
    """Check that a file with one such setting is refused, unless it is a value of its type."""
    file = written(folder, of(model, optimizer, argument.key, value))
    try:
        given = configs.flattened(configs.load_recipe(file[1]))
    except configs.ConfigError:
        given = None  # no file at all holds it
    fits = given is not None and takes(argument.type, given.get(argument.key, given))
    if fits and value not in OUTSIDE:
        return
    if value == str(2**62) and takes(argument.type, 0.5):
        return  # much, for a number that is not counted
    code, text = refused(file, folder)
    word = argument.key.removesuffix(".name").rpartition(".")[2]
    assert code == 2, (argument.key, text)
    assert word in text.replace("-", "_") or "recipe.yaml, line" in text, (argument.key, text)


# What has a setting's type and cannot be its value.
OUTSIDE = ["''", "' '", '"a\\nb"', '"\\u0000"', '"x\\ud800"', "'" + "x" * 20_000 + "'", str(HUGE)]
OUTSIDE += [str(2**62), "1e999", "-1e999", ".nan", "1e39", "-1"]
ALL_VALUES = list(dict.fromkeys([*VALUES, *OUTSIDE]))


def test_fault_55_null_empty_nested_or_huge_value_is_refused_naming_its_field(tmp_path):
    """In every setting of every kind of model: null, what its type just admits, others in turn.

    Seen to fail without the refusal in `configs.typed`, without the check of text, and without the
    bounds of whole numbers, of other numbers and of options.
    """
    turn, count = itertools.cycle(ALL_VALUES[1:]), itertools.count()
    for model, optimizer, argument in FIELDS:
        near = OUTSIDE[:6] if takes(argument.type, "word") else []
        near += ["1e39"] if takes(argument.type, 0.5) else []
        near += [str(2**62)] if takes(argument.type, 3) else []
        # The longer form gives every field all of them.
        fitting = [near[next(count) % len(near)]] if near else []
        for value in ("null", next(turn), *fitting):
            require_refused(model, optimizer, argument, value, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("value", ALL_VALUES, ids=lambda value: value[:12])
def test_fault_55_every_value_is_refused_in_every_field(value, tmp_path):
    """Seen to fail as the shorter test is."""
    for model, optimizer, argument in FIELDS:
        require_refused(model, optimizer, argument, value, tmp_path)


@pytest.mark.parametrize(
    "value", ["null", "sometimes", "1:30", "1_0", "on", "", "[1]", "{}", "5 #"]
)
def test_fault_35_wrong_type_is_refused_alike_in_a_file_and_typed(value, tmp_path):
    """Seen to fail without the refusal in `configs.typed`; four with the reading of YAML 1.1."""
    for key, flag in (("seed", "--seed"), ("histograms", "--histograms"), ("epochs", "--epochs")):
        if key == "epochs" and value in ("null", ""):
            continue
        quoted = json.dumps(value) if value != "null" else "null"
        for argv in (["--model", "mlp", f"{flag}={value}"], written(tmp_path, f"{key}: {quoted}")):
            code, text = refused(argv, tmp_path)
            assert code == 2
            assert text.startswith(f"{flag} cannot be ")


def test_fault_35_null_where_none_is_allowed_is_refused_from_python_too():
    """Each field of each section; seen to fail without the check of types in `configs.check`."""
    nullable = {f"dataset.{name}" for name in ("data_dir", "data_path", "pattern", "encoding")}
    nullable |= {f"optimizer.{name}" for name in ("learning_rate", "weight_decay", "clip_norm")}
    nullable |= {
        "optimizer.ema_momentum",
        "optimizer.epoch_rates",
        "early_stopping_patience",
        "replicas",
        "devices",
        "profile",
        "track",
    }
    nullable |= {"epochs", "steps", "init_from", "freeze", "loss.class_weights"}
    nullable |= {"model.max_norm", "model.output_initializer"}
    nullable |= {f"dataset.{name}" for name in ("sequence_steps", "train_sequences")}
    nullable |= {"dataset.relevant_symbols", "stop_when_right", "right_within", "right_loss_below"}
    nullable |= {f"dataset.{name}" for name in ("train_size", "binarize", "expand_shifts")}
    nullable |= {f"dataset.{name}" for name in ("image_size", "channels", "target", "drop")}
    nullable |= {f"dataset.{what}_column" for what in ("weight", "group")}
    nullable |= {f"dataset.{what}_key" for what in ("input", "target")}
    nullable |= {f"{what}_every_steps" for what in ("log", "evaluate", "checkpoint")}
    for argument in arguments("mlp", "momentum"):
        section, _, name = argument.key.rpartition(".")
        changes = {section: {name: None}} if section else {name: None}
        if argument.key in nullable - {"epochs"}:
            configs.recipe("mlp", **changes)
            continue
        with pytest.raises((configs.ConfigError, zoo.ModelOptionError)) as caught:
            run.resolve(configs.recipe("mlp", **{"optimizer": "momentum", **changes}))
        assert describe(caught.value)[0] == 2
        assert name.removesuffix("name") in str(caught.value).replace("-", "_")


NAMES = {
    "--model=mpl": "'mlp'",
    "--dataset=digitz": "'digits'",
    "--optimizer=adamm": "'adam'",
    "--loss=hube": "'huber'",
    "--activation=relo": "'relu'",
    "--initializer=heh": "'he'",
    "--normalization=bach": "'batch'",
    "--schedule=cosin": "'cosine'",
    "--precision=float3": "'float32'",
    "--compile=xl": "'xla'",
    "--strategy=mirored": "'mirrored'",
    "--best-by=metrik": "'metric'",
}


@pytest.mark.parametrize("word", sorted(NAMES))
def test_fault_37_unknown_name_is_refused_with_the_nearest_and_all_that_there_are(word, tmp_path):
    """Of every registry and every list of choices; each was seen to fail without its refusal."""
    argv = [word] if word.startswith("--model=") else ["--model", "mlp", word]
    code, text = refused(argv, tmp_path)
    assert code in (2, 3)
    assert (code == 3) == word.startswith("--dataset") or code == 2
    assert f"did you mean {NAMES[word]}" in text
    assert "allowed" in text


def test_fault_37_unknown_environment_algorithm_experiment_or_axis_is_refused(tmp_path):
    """Seen to fail without the refusal of each, one at a time."""
    (tmp_path / "config.yaml").touch()
    for main, argv, wanted in (
        (run.main, ["--model", "policy", "--dataset", "cartpol"], "cartpole"),
        (run.main, ["--model", "policy", "--problem.algorithm", "reinforc"], "reinforce"),
        (run.main, ["--model", "autoencoder", "--model.kind", "denoisin"], "denoising"),
        (reproduce.main, ["xorr"], "xor"),
        (plot.main, [str(tmp_path), "--axis", "log-stp"], "log-step"),
    ):
        with pytest.raises(ERRORS) as caught:
            main(argv)
        code, text = describe(caught.value)
        assert code == 2
        assert f"did you mean {wanted!r}" in text

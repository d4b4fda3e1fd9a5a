"""From arguments to a configuration, and from mistakes to one line."""

from pathlib import Path

import pytest

import configs
import zoo
from trainers.assembly.resolve import resolve
from trainers.cli.exit import describe
from trainers.cli.options import arguments
from trainers.cli.run_arguments import PATHS, parse


@pytest.fixture
def recipe(tmp_path):
    def write(text):
        path = tmp_path / "recipe.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def message_of(argv):
    with pytest.raises((configs.ConfigError, zoo.ModelError)) as caught:
        resolve(parse(argv).config)
    code, text = describe(caught.value)
    assert code == 2
    assert "\n" not in text
    return text


def test_recipe_beats_default_and_command_line_beats_recipe(recipe):
    path = recipe("seed: 5\nbatch_size: 7\nepochs: 2\nloss: {huber_delta: 3.0}")
    config = parse(["--config", path, "--batch-size", "9"]).config
    assert config.micro_batch_size == configs.Config().micro_batch_size
    assert (config.seed, config.batch_size, config.epochs) == (5, 9, 2)
    assert config.loss == configs.LossConfig("auto", 3.0)


def test_models_own_recipe_is_used_without_config():
    for name in filter(zoo.is_model, configs.recipes()):
        shipped = configs.load_recipe(configs.recipe_path(name))
        assert parse(["--model", name]).config.epochs == shipped.get("epochs")


def test_file_lies_over_its_models_recipe_as_the_command_line_does(recipe):
    for file, words in (
        ("model: cnn\nseed: 3", ["--model", "cnn", "--seed", "3"]),
        ("seed: 3", ["--seed", "3"]),
        ("model: lstm\nsteps: 7", ["--model", "lstm", "--steps", "7"]),
        ("model: policy\nepochs: 2", ["--model", "policy", "--epochs", "2"]),
        ("optimizer: sgd", ["--optimizer", "sgd"]),
        ("optimizer: batch_gd", ["--optimizer", "batch_gd"]),
        ("model: cnn\noptimizer: newton", ["--model", "cnn", "--optimizer", "newton"]),
        (
            "model: {name: mlp, hidden_units: [7]}\noptimizer: {learning_rate: 0.5}",
            ["--model", "mlp", "--model.hidden-units", "7", "--learning-rate", "0.5"],
        ),
    ):
        assert parse(["--config", recipe(file)]).config == parse(words).config
    shipped = parse(["--model", "cnn"]).config
    assert parse(["--config", recipe("model: cnn")]).config == shipped
    assert parse(["--config", recipe("")]).config == parse([]).config


def test_what_a_file_leaves_out_of_the_recipe_is_told(recipe):
    path = recipe("optimizer: sgd")
    assert parse(["--config", path]).notes == [
        f"recipe {path}, optimizer sgd: the recipe's learning_rate 0.003 of optimizer 'adam' "
        "left out"
    ]


def test_another_model_on_the_command_line_brings_its_own_recipe_under_the_file(recipe):
    path = recipe("model: {name: mlp, hidden_units: [3]}\nbatch_size: 9")
    invocation = parse(["--config", path, "--model", "lstm"])
    expected = parse(["--model", "lstm", "--batch-size", "9"])
    assert invocation.config == expected.config
    assert invocation.notes == [
        "--model lstm: the recipe's hidden_units [3] of model 'mlp' left out"
    ]


@pytest.mark.parametrize("name", configs.recipes())
def test_shipped_recipe_and_a_copy_of_it_are_the_same_alone_and_over_the_models(recipe, name):
    path = configs.recipe_path(name)
    alone = resolve(configs.recipe(name)).config
    assert resolve(parse(["--config", str(path)]).config).config == alone
    assert resolve(parse(["--config", recipe(path.read_text())]).config).config == alone


def test_run_folders_configuration_is_complete_and_gives_exactly_itself(recipe):
    words = ["--model", "mlp", "--optimizer", "momentum", "--clip-norm", "null", "--steps", "5"]
    config = resolve(parse([*words, "--schedule", "constant"]).config).config
    invocation = parse(["--config", recipe(configs.to_yaml(config))])
    assert invocation.config == config
    assert invocation.notes == []


@pytest.mark.parametrize(
    "flag", ["--batch-size", "--batch_size", "--optimizer.learning-rate", "--learning_rate"]
)
@pytest.mark.parametrize("joined", [True, False])
def test_hyphen_and_underscore_and_equals_sign_mean_the_same(flag, joined):
    argv = [f"{flag}=8"] if joined else [flag, "8"]
    config = parse(["--model", "mlp", *argv]).config
    assert 8 in (config.batch_size, config.optimizer.learning_rate)


def test_every_short_flag_reaches_its_key():
    words = {"model": "cnn", "dataset": "digits", "optimizer": "sgd", "loss": "hinge"}
    words |= {"activation": "tanh", "initializer": "he", "normalization": "batch"}
    words |= {"task": "regression", "resize": "crop", "channels": "3", "flip": "both"}
    words |= {"schedule": "linear", "warmup-steps": "7", "window-steps": "7", "split-seed": "7"}
    words |= {"held-out": "last", "train-on": "all", "train-size": "7", "expand-shifts": "7"}
    words |= {"sequence-steps": "20", "train-sequences": "7", "relevant-symbols": "2"}
    short = {each.short_flag: each.key for each in arguments("mlp", "adam") if each.is_short}
    short |= {f"--{section}": f"{section}.name" for section in configs.NAMED_SECTIONS}
    assert len(short) >= 20
    for flag, key in short.items():
        value = words.get(flag.removeprefix("--"), "0.25")
        config = parse(["--epochs", "1", flag, value]).config
        expected = str(Path(value).absolute()) if flag in PATHS.values() else value
        assert str(configs.flattened(configs.to_dict(config))[key]) == expected


def test_sequence_option_is_typed_with_commas():
    for argv in (
        ["--model.hidden-units", "100,50"],
        ["--model.hidden_units=100,50"],
        ["--model.hidden-units", "[100, 50]"],
    ):
        assert parse(["--model", "mlp", *argv]).config.model.options["hidden_units"] == [100, 50]
    one = parse(["--model", "mlp", "--model.hidden-units", "100"]).config
    assert one.model.options["hidden_units"] == [100]


def test_epochs_given_replace_a_recipes_steps_and_the_reverse(recipe):
    path = recipe("steps: 50")
    assert parse(["--config", path]).config.steps == 50
    config = parse(["--config", path, "--epochs", "2"]).config
    assert (config.epochs, config.steps) == (2, None)
    config = parse(["--model", "mlp", "--steps", "3"]).config
    assert (config.epochs, config.steps) == (None, 3)


def test_epochs_and_steps_together_or_missing_are_refused(recipe):
    both = message_of(["--model", "mlp", "--epochs", "1", "--steps", "2"])
    assert both == "both of epochs and steps given; give exactly one, e.g. --epochs 10"
    neither = message_of(["--config", recipe("epochs: null")])
    assert neither == "neither of epochs and steps given; give exactly one, e.g. --epochs 10"


def test_whole_dataset_optimizer_takes_no_batch_size():
    for argv in (
        ["--model", "mlp", "--optimizer", "batch_gd"],
        ["--optimizer=batch_gd", "--batch-size=full"],
    ):
        assert resolve(parse(argv).config).config.batch_size == "full"
    assert message_of(["--optimizer", "batch_gd", "--batch-size", "32"]) == (
        "optimizer 'batch_gd' uses the whole training set per update, so --batch-size does not "
        "apply; --micro-batch-size bounds its memory"
    )


def test_recipes_optimizer_settings_are_dropped_under_another_optimizer(recipe):
    path = recipe("optimizer: {name: momentum, momentum: 0.5, learning_rate: 7.0}\nepochs: 1")
    kept = parse(["--config", path, "--optimizer", "momentum"]).config.optimizer
    assert (kept.options["momentum"], kept.learning_rate) == (0.5, 7.0)
    changed = parse(["--config", path, "--optimizer", "adam"]).config.optimizer
    assert changed == parse(["--optimizer", "adam"]).config.optimizer
    changed = parse(["--config", path, "--optimizer", "sgd"]).config.optimizer
    assert changed == configs.OptimizerConfig("sgd", schedule="cosine")


def test_recipes_model_options_are_dropped_under_another_model(recipe):
    path = recipe("model: {name: mlp, hidden_units: [3]}\nepochs: 1")
    config = parse(["--config", path, "--model", "cnn"]).config
    assert config.model.name == "cnn"
    assert "hidden_units" not in config.model.options


MISTAKES = {
    ("--model", "ltsm"): "no model is called 'ltsm'; did you mean 'lstm'? allowed: autoencoder, ",
    ("--optimizer", "adm"): "unknown optimizer 'adm'; did you mean 'adam'? allowed: batch_gd, ",
    ("--lerning-rate", "1"): "unknown option --lerning-rate; did you mean '--learning-rate'? ",
    ("--model.hiden-units", "3"): "did you mean '--model.hidden-units'? --help lists them all",
    ("--loss", "huberr"): "unknown loss 'huberr'; did you mean 'huber'? allowed: auto, mse, ",
    ("--learning-rate", "fast"): "--optimizer.learning-rate cannot be 'fast'; allowed: float",
    ("--learning-rate", "-1"): "optimizer.learning_rate is -1.0; give ",
    ("--learning-rate", "nan"): "--optimizer.learning-rate cannot be 'nan'; allowed: float",
    ("--batch-size", "1.5"): "--batch-size cannot be '1.5'; allowed: int or ",
    ("--model.hidden-units", "3,x"): "--model.hidden-units cannot be ",
    ("--model.dropout", "1.5"): "model 'mlp' got dropout=1.5; allowed: float in [0, 1)",
    ("--epochs",): "epochs",
    ("--resume",): "--resume needs --run-dir RUN_DIR: the run to continue",
    ("stray",): "stray",
}


@pytest.mark.parametrize("argv", sorted(MISTAKES), ids=" ".join)
def test_mistake_is_answered_in_one_line_with_the_way_out(argv):
    extra = [] if argv[0] in ("--model", "--epochs") else ["--model", "mlp"]
    assert MISTAKES[argv] in message_of([*extra, *argv])


RECIPE_MISTAKES = {
    "batch_sise: 3": "recipe key 'batch_sise' is not known; did you mean 'batch_size'?",
    "model: {name: mlp, units: 3}": "recipe key 'model.units' is not known; did you mean ",
    "optimizer: {name: adam, momentum: 0.9}": "recipe key 'optimizer.momentum' is not known",
    "optimizer: adamm": "unknown optimizer 'adamm'; did you mean 'adam'?",
    "model: cn": "no model is called 'cn'; did you mean 'cnn'?",
    "1: 2": "line 1: the key 1 is not a word",
    "null: 2": "line 1: the key null is not a word",
    "? [1, 2]\n: 3": "line 1: the key [1, 2] is not a word",
    "batch-size: 3\nbatch_size: 4": "recipe key 'batch_size' is given twice; leave one out",
    "model.name: cnn\nmodel: mlp": "recipe key 'model.name' is given twice; leave one out",
    "optimizer: {clip-norm: 1, clip_norm: 2}": "recipe key 'optimizer' is given twice",
    "problem: 3": "recipe key 'problem' is not known",
    "imports: 3": "--imports cannot be 3; allowed: a list of words",
    "learning: 1": "recipe key 'learning' is not known; --help lists them all",
    "seed: {a: 1}": "--seed cannot be {'a': 1}; allowed: int",
    "seed: {}": "--seed cannot be {}; allowed: int",
    "seed: [1]": "--seed cannot be ",
    "epochs: 2020-01-01": "--epochs cannot be ",
    "optimizer: [adam]": "recipe key 'optimizer' is ['adam']; give a name, as in `optimizer: adam`",
    "loss: 3": "--loss cannot be ",
    "batch_size: 0": "batch_size is 0; give --batch-size a number at least 1",
    "model: ": "recipe key 'model' is null; give a name, as in `model: mlp`",
    "max_resident_gib: 1": "is not known",
    "dataset: {max_resident_gib: " + "9" * 400 + "}": "999; allowed: float",
}


@pytest.mark.parametrize("text", sorted(RECIPE_MISTAKES))
def test_mistake_in_a_recipe_is_answered_in_one_line(recipe, text):
    extra = "" if "epochs" in text else "\nepochs: 1"
    assert RECIPE_MISTAKES[text] in message_of(["--config", recipe(text + extra)])


def test_resume_of_no_run_says_so(tmp_path):
    assert message_of(["--resume", "--run-dir", str(tmp_path)]) == (
        f"{tmp_path} holds no config.yaml, so there is no run to resume; "
        "check --run-dir, or leave --resume out to start one there"
    )


def test_resume_with_a_recipe_of_its_own_is_refused(tmp_path):
    argv = ["--run-dir", str(tmp_path), "--resume", "--config", "x.yaml"]
    with pytest.raises(configs.ConfigError, match="--config does not apply"):
        parse(argv)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [("target", "--target=u", "--dataset.target=v"), ("drop", "--drop=u", "--drop=v")],
)
def test_a_list_in_two_flags_is_refused(name, first, second):
    words = ["--model", "mlp", "--dataset", "table", "--data-path", "t.csv"]
    config = parse([*words, f"--{name}=u,v"]).config
    assert getattr(config.dataset, name) == "u,v"
    with pytest.raises(configs.ConfigError, match=rf"--{name} is given 2 times.* --{name} once"):
        parse([*words, first, second])

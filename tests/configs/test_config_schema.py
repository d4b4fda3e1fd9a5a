"""Every field of the schema: wrong types, out-of-range values, and the way to text and back."""

import dataclasses
import re
import typing

import pytest

import configs
import zoo
from trainers.assembly.resolve import resolve
from trainers.cli.exit import describe
from trainers.cli.options import arguments
from trainers.cli.run_arguments import parse
from trainers.optimizers import catalogue as optimizers
from trainers.problems import catalogue as problems

FIELDS = {argument.key: argument for argument in arguments("mlp", "momentum")}
NUMBERS = {key for key, a in FIELDS.items() if a.type in (int, float)} | {
    key for key, a in FIELDS.items() if {int, float} & set(typing.get_args(a.type))
}


def metadata():
    found = {}
    sections = {"": configs.Config, "model.": configs.ModelConfig, "loss.": configs.LossConfig}
    sections |= {"dataset.": configs.DatasetConfig, "optimizer.": configs.OptimizerConfig}
    for prefix, section in sections.items():
        for entry in dataclasses.fields(section):
            found[prefix + entry.name] = dict(entry.metadata)
    return found


BOUNDS = {key: bounds for key, bounds in metadata().items() if key in NUMBERS}


def refused(key, value):
    """The one line that refuses `value` for `key` on the command line."""
    length = [] if key in ("epochs", "steps") else ["--epochs", "1"]
    words = ["--model", "mlp", "--optimizer", "momentum", *length]
    with pytest.raises((configs.ConfigError, zoo.ModelOptionError)) as caught:
        resolve(parse([*words, f"{FIELDS[key].flag}={value}"]).config)
    message = str(caught.value)
    assert "\n" not in message
    assert describe(caught.value)[0] == 2
    return message


def test_every_number_of_the_schema_is_bounded():
    unbounded = [
        key for key, bounds in BOUNDS.items() if not {"minimum", "above", "maximum"} & set(bounds)
    ]
    assert unbounded == []
    assert len(BOUNDS) >= 14


# Any word is a name or a folder; what exists is found out later, and tested there.
ANY_WORD = {"model.name", "optimizer.name", "dataset.name", "dataset.data_dir"}
ANY_WORD |= {"model.activation", "model.initializer", "dataset.data_path", "devices"}
ANY_WORD |= {"model.bias_initializer", "model.output_initializer"}
ANY_WORD |= {"dataset.pattern", "dataset.encoding", "dataset.image_size", "dataset.target"}
ANY_WORD |= {"dataset.drop", "dataset.weight_column", "dataset.group_column", "dataset.input_key"}
ANY_WORD |= {"dataset.target_key", "loss.class_weights", "init_from", "freeze", "track"}
ANY_WORD |= {"optimizer.epoch_rates"}


@pytest.mark.parametrize("key", sorted(set(FIELDS) - ANY_WORD))
def test_wrong_type_is_refused_naming_flag_and_value(key):
    message = refused(key, "[{a: b}]")
    name = key.removesuffix(".name").rpartition(".")[2]
    assert name in message.replace("-", "_")
    assert "a" in message


@pytest.mark.parametrize("key", sorted(set(FIELDS) - ANY_WORD))
@pytest.mark.parametrize("value", ["", "sometimes", "0x"])
def test_a_word_is_refused_where_none_fits(key, value):
    if key == "model.hidden_units" and not value:
        pytest.skip("no hidden units at all is a perceptron")
    message = refused(key, value)
    if key == "loss.name" and not value:
        assert message == "loss.name is empty; give --loss a value, or leave it out"
    elif key == "loss.name":  # a table of names, to which users may add
        assert message.startswith(f"unknown loss {value!r}; ")
    else:
        assert FIELDS[key].flag in message


NO_NUMBERS = ["nan", ".nan", "inf", "-inf", "-1", "1e999", "9" * 400]


@pytest.mark.parametrize("key", sorted(BOUNDS))
@pytest.mark.parametrize("value", NO_NUMBERS)
def test_fault_36_number_that_is_none_or_negative_is_refused(key, value):
    """A learning rate, and every other number of the schema, is finite and not below its bound.

    Seen to fail without `configs.checks._check_bounds`.
    """
    message = refused(key, value)
    assert FIELDS[key].flag in message or message == (
        "a number is too large (int too large to convert to float); give a smaller one"
    )


def numeric_options():
    """Every option that is a number or several, of all models, their problems and optimizers."""
    for name in zoo.list_models():
        own = zoo.model_options(name).values()
        problem = problems.of_model(name).options
        for prefix, options in (("model", own), ("problem", problem)):
            for option in options:
                # A bias may be negative.
                if re.search(r"\b(int|float)\b", option.type) and "biases" not in option.name:
                    yield ["--model", name], f"--{prefix}.{option.name}"
    for name, row in optimizers.OPTIMIZERS.items():
        for option in row.options:
            if option.type in ("int", "float"):
                yield ["--model", "mlp", "--optimizer", name], f"--optimizer.{option.name}"


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "9" * 400])
def test_fault_36_option_that_is_no_number_or_negative_is_refused(value, tmp_path):
    """What holds for the schema's numbers holds for all options, typed or from a file.

    Seen to fail with an option that has no interval, and without the bound on integers.
    """
    options = list(numeric_options())
    assert len(options) > 30
    for words, flag in options:
        with pytest.raises((configs.ConfigError, zoo.ModelOptionError)) as caught:
            resolve(parse([*words, f"{flag}={value}"]).config)
        assert describe(caught.value)[0] == 2, flag
        assert "\n" not in str(caught.value)
    name = flag.rpartition(".")[2]
    recipe = tmp_path / "recipe.yaml"
    text = f"model: mlp\nepochs: 1\noptimizer: {{name: natural_gradient, {name}: {value}}}\n"
    recipe.write_text(text)
    with pytest.raises((configs.ConfigError, zoo.ModelOptionError)) as caught:
        resolve(parse(["--config", str(recipe)]).config)
    assert describe(caught.value)[0] == 2


@pytest.mark.parametrize("key", sorted(BOUNDS))
def test_value_just_outside_its_bounds_is_refused_with_the_bounds(key):
    bounds, flag = BOUNDS[key], FIELDS[key].flag
    kinds = {FIELDS[key].type, *typing.get_args(FIELDS[key].type)}
    step = 1 if int in kinds else 1e-6
    outside = []
    if "minimum" in bounds:
        outside.append(bounds["minimum"] - step)
    if "above" in bounds:
        outside.append(bounds["above"])
    if "maximum" in bounds:
        outside.append(bounds["maximum"] + step)
    for value in outside:
        message = refused(key, value)
        assert message.startswith(f"{key} is ")
        assert f"; give {flag} a number " in message
        for word, bound in (("at least", "minimum"), ("above", "above"), ("at most", "maximum")):
            assert (f"{word} {bounds.get(bound)}" in message) == (bound in bounds)


@pytest.mark.parametrize("key", sorted(BOUNDS))
def test_value_on_its_bound_is_taken(key):
    bounds = BOUNDS[key]
    length = [] if key in ("epochs", "steps") else ["--epochs", "1"]
    for bound in ("minimum", "maximum"):
        if bound in bounds:
            config = parse([*length, f"{FIELDS[key].flag}={bounds[bound]}"]).config
            section, dot, name = key.partition(".")
            owner = getattr(config, section) if dot else config
            assert getattr(owner, name if dot else key) == bounds[bound]


@pytest.mark.parametrize(
    ("values", "given"), [({}, "neither"), ({"epochs": 1, "steps": 1}, "both")]
)
def test_exactly_one_of_epochs_and_steps_is_needed(values, given):
    with pytest.raises(configs.ConfigError) as caught:
        configs.check(configs.Config(**values))
    assert str(caught.value) == (
        f"{given} of epochs and steps given; give exactly one, e.g. --epochs 10"
    )


def test_eager_float16_is_refused():
    with pytest.raises(configs.ConfigError, match="loss scaling needs a compiled step"):
        parse(["--epochs", "1", "--compile", "eager", "--precision", "mixed_float16"])


EXAMPLES = [
    [],
    ["--model", "cnn", "--model.filters", "4,8", "--optimizer", "adagrad"],
    ["--model", "lstm", "--steps", "7", "--model.unit-forget-bias", "false"],
    ["--model", "linear_regression", "--loss", "huber", "--huber-delta", "2.5e-3"],
    ["--optimizer", "momentum", "--optimizer.nesterov", "true", "--clip-norm", "1"],
    ["--data-dir", "/tmp/a: b #c [é]", "--batch-size", "full", "--learning-rate", "1e-12"],
]


@pytest.mark.parametrize("argv", EXAMPLES, ids=lambda argv: " ".join(argv[:2]) or "recipe")
def test_dictionary_and_yaml_give_the_same_configuration_back(argv, tmp_path):
    config = parse(argv).config
    assert configs.from_dict(configs.to_dict(config)) == config
    path = tmp_path / "config.yaml"
    path.write_text(configs.to_yaml(config), encoding="utf-8")
    assert configs.from_dict(configs.load_recipe(path)) == config
    assert parse(["--config", str(path)]).config == config


def test_yaml_keeps_the_order_of_the_schema():
    lines = configs.to_yaml(configs.Config(epochs=1)).splitlines()
    keys = [line.partition(":")[0] for line in lines if not line.startswith(" ")]
    assert keys == [entry.name for entry in dataclasses.fields(configs.Config)]


def test_a_sections_unknown_keys_are_its_options():
    config = configs.from_dict({"model": {"name": "cnn", "filters": (4,)}, "epochs": 2})
    assert config.model == configs.ModelConfig("cnn", {"filters": [4]})
    assert config.epochs == 2


@pytest.mark.parametrize("name", sorted(optimizers.OPTIMIZERS))
def test_every_optimizer_option_has_its_type_checked(name):
    for option in optimizers.find(name).options:
        with pytest.raises(configs.ConfigError) as caught:
            parse(["--epochs", "1", "--optimizer", name, f"--optimizer.{option.name}=sometimes"])
        flag = f"--optimizer.{option.name.replace('_', '-')}"
        assert str(caught.value).startswith(f"{flag} cannot be 'sometimes'; allowed: ")

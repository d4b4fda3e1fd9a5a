"""What `--search` means, and what it refuses."""

import pytest

import configs
from trainers.tune.space import Choices, Range, combinations, space_of


def read(*searches, optimizer="momentum"):
    return space_of(searches, "mlp", optimizer)


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        (
            "learning_rate=log(1e-4,1)",
            "optimizer.learning_rate",
            Range(1e-4, 1.0, False, True),
        ),
        ("learning-rate=uniform(0.1, 1)", "optimizer.learning_rate", Range(0.1, 1.0, False, False)),
        ("batch_size=int(8,64)", "batch_size", Range(8, 64, True, False)),
        ("batch_size=int log(8,64)", "batch_size", Range(8, 64, True, True)),
        # A logarithmic range of a setting that is whole has whole numbers.
        ("batch_size=log(8,64)", "batch_size", Range(8, 64, True, True)),
        ("momentum=[0.5,0.9]", "optimizer.momentum", Choices({"0.5": 0.5, "0.9": 0.9})),
        (
            "hidden_units=[[30],[100,50]]",
            "model.hidden_units",
            Choices({"30": [30], "100,50": [100, 50]}),
        ),
        ("batch_size=[32, full]", "batch_size", Choices({"32": 32, "full": "full"})),
        ("clip_norm=[null, 1]", "optimizer.clip_norm", Choices({"null": None, "1.0": 1.0})),
    ],
)
def test_values_have_their_settings_type(text, key, expected):
    assert read(text) == {key: expected}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("learnin_rate=log(1e-4,1)", "did you mean 'learning_rate'"),
        ("learning_rate", "give KEY=VALUES"),
        ("learning_rate=", "give KEY=VALUES"),
        ("learning_rate=0.1", "or a list such as"),
        ("learning_rate=logarithmic(1,2)", "or a list such as"),
        ("learning_rate=[a]", "cannot be 'a'; allowed: float or null"),
        ("learning_rate=[]", "empty list"),
        ("learning_rate=[0.1, 0.10]", "has 0.1 twice"),
        ("learning_rate=[&a 1]", "anchors and aliases are not allowed"),
        ("learning_rate=[1", "not valid YAML"),
        ("learning_rate=log(1,0.1)", "1 is not below 0.1"),
        ("learning_rate=log(0,1)", "above 0"),
        ("learning_rate=uniform(a,1)", "'a' is not a number"),
        ("learning_rate=uniform(0,.inf)", "not finite"),
        ("batch_size=uniform(8,64)", "it takes whole numbers; give int"),
        ("batch_size=int(8,64.5)", "'64.5' is not a whole number"),
        ("activation=log(1,2)", "of which there is no range"),
    ],
)
def test_what_is_no_space_is_one_line(text, told):
    with pytest.raises(configs.ConfigError) as caught:
        read(text)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_setting_is_searched_once():
    with pytest.raises(configs.ConfigError, match="given twice"):
        read("learning_rate=[1,2]", "optimizer.learning_rate=[3,4]")
    with pytest.raises(configs.ConfigError, match="--search at least once"):
        read()


def test_every_combination_is_tried_in_order():
    space = read("batch_size=[32,64]", "momentum=[0.5,0.9]")
    assert combinations(space) == [
        {"batch_size": "32", "optimizer.momentum": "0.5"},
        {"batch_size": "32", "optimizer.momentum": "0.9"},
        {"batch_size": "64", "optimizer.momentum": "0.5"},
        {"batch_size": "64", "optimizer.momentum": "0.9"},
    ]
    with pytest.raises(configs.ConfigError, match="is a range; give a list"):
        combinations(read("batch_size=int(8,64)"))

"""What of a recipe survives another optimizer or model, and what is said of the rest."""

import pytest

import configs
from trainers import run
from trainers.cli.run_arguments import parse
from trainers.optimizers.catalogue import OPTIMIZERS

RECIPE = """
model: {name: mlp, hidden_units: [3]}
optimizer:
  name: momentum
  learning_rate: 7.0
  momentum: 0.5
  schedule: cosine
  warmup_steps: 4
  weight_decay: 0.01
  ema_momentum: 0.9
  clip_norm: 2.0
epochs: 1
"""


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return ["--config", str(path)]


FIRST_ORDER = [name for name, row in OPTIMIZERS.items() if not row.second_order]


@pytest.mark.parametrize("other", [name for name in FIRST_ORDER if name != "momentum"])
def test_what_is_said_of_every_first_order_rule_survives_another(recipe, other):
    invocation = parse([*recipe, "--optimizer", other])
    kept = invocation.config.optimizer
    assert (kept.schedule, kept.warmup_steps) == ("cosine", 4)
    assert (kept.weight_decay, kept.ema_momentum, kept.clip_norm) == (0.01, 0.9, 2.0)
    # Under the file lies the model's own recipe, whose rate is adam's.
    assert kept.learning_rate == (3e-3 if other == "adam" else None)
    assert kept.options.get("momentum", 0.0) == 0.0
    assert invocation.notes[0] == (
        f"--optimizer {other}: the recipe's learning_rate 7.0, momentum 0.5 of optimizer "
        "'momentum' left out"
    )
    gone = ["--optimizer batch_gd: the recipe's batch_size 32 of optimizer 'adam' left out"]
    assert invocation.notes[1:] == (gone if other == "batch_gd" else [])


@pytest.mark.parametrize("other", ["newton", "natural_gradient"])
def test_a_method_that_searches_its_step_keeps_only_the_averaging(recipe, other):
    invocation = parse([*recipe, "--optimizer", other])
    kept, default = invocation.config.optimizer, configs.OptimizerConfig()
    assert kept.ema_momentum == 0.9
    assert (kept.schedule, kept.warmup_steps) == (default.schedule, default.warmup_steps)
    assert (kept.weight_decay, kept.clip_norm) == (None, None)
    assert invocation.notes == [
        f"--optimizer {other}: the recipe's learning_rate 7.0, momentum 0.5, schedule cosine, "
        "warmup_steps 4, weight_decay 0.01, clip_norm 2.0 of optimizer 'momentum' left out"
    ]


def test_an_option_that_means_the_same_survives(tmp_path):
    path = tmp_path / "newton.yaml"
    path.write_text(
        "optimizer: {name: newton, cg_iterations: 9, method: cg, damping: 0.5}\nepochs: 1"
    )
    kept = parse(["--config", str(path), "--optimizer", "natural_gradient"]).config.optimizer
    assert (kept.options["cg_iterations"], kept.options["method"]) == (9, "cg")
    # Of the one it is where an adapting value starts, of the other a constant.
    default = OPTIMIZERS["natural_gradient"].option("damping").default
    assert kept.options["damping"] == default == 0.01


def test_epsilon_of_two_rules_is_not_the_same_epsilon(tmp_path):
    path = tmp_path / "adam.yaml"
    path.write_text("optimizer: {name: adam, epsilon: 0.25}\nepochs: 1")
    kept = parse(["--config", str(path), "--optimizer", "adagrad"]).config.optimizer
    assert kept.options["epsilon"] == 1e-7


def test_same_name_again_drops_nothing(recipe):
    invocation = parse([*recipe, "--optimizer", "momentum", "--model", "mlp"])
    assert invocation.config.optimizer.learning_rate == 7.0
    assert invocation.config.optimizer.options["momentum"] == 0.5
    assert invocation.config.model.options["hidden_units"] == [3]
    assert invocation.notes == []


def test_another_model_drops_the_options_of_the_recipes_model(recipe):
    invocation = parse([*recipe, "--model", "cnn"])
    assert invocation.config.model.name == "cnn"
    assert "hidden_units" not in invocation.config.model.options
    assert invocation.notes == [
        "--model cnn: the recipe's hidden_units [3] of model 'mlp' left out"
    ]


def test_nothing_is_said_of_what_was_typed_itself(recipe):
    typed = ["--learning-rate", "0.5"]
    invocation = parse([*recipe, "--optimizer", "sgd", *typed])
    assert invocation.config.optimizer.learning_rate == 0.5
    assert invocation.notes == [
        "--optimizer sgd: the recipe's momentum 0.5 of optimizer 'momentum' left out"
    ]
    assert parse(["--model", "mlp", "--optimizer", "sgd", *typed]).notes == []


def test_note_is_one_line_on_standard_error(recipe, capsys):
    run.main([*recipe, "--optimizer", "sgd", "--print-config"])
    printed = capsys.readouterr()
    assert printed.err == (
        "note: --optimizer sgd: the recipe's learning_rate 7.0, momentum 0.5 of optimizer "
        "'momentum' left out\n"
    )
    assert "note" not in printed.out


@pytest.mark.parametrize("name", configs.recipes())
def test_rule_is_the_same_for_every_recipe(name):
    """Under every other first-order rule, each recipe keeps its schedule, warmup and clipping."""
    values = configs.flattened(configs.load_recipe(configs.recipe_path(name)))
    given = values.get("optimizer.name", "adam")
    for other in set(FIRST_ORDER) - {given}:
        config = ["--config", str(configs.recipe_path(name))]
        kept = parse([*config, "--optimizer", other]).config.optimizer
        for option in ("schedule", "warmup_steps", "clip_norm", "weight_decay", "ema_momentum"):
            default = getattr(configs.OptimizerConfig(), option)
            assert getattr(kept, option) == values.get(f"optimizer.{option}", default)


def test_batch_size_means_nothing_to_a_rule_that_takes_the_whole_dataset(capsys):
    run.main(["--model", "cnn", "--optimizer", "batch_gd", "--print-config"])
    printed = capsys.readouterr()
    batch = configs.load_recipe(configs.recipe_path("cnn"))["batch_size"]
    assert printed.err.endswith(f"batch_size {batch} of optimizer 'adam' left out\n")
    assert "batch_size: full\n" in printed.out

"""A recipe's settings are fitted to other data, with one line; what was typed is refused."""

import pytest

import configs
import datasets
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse


@pytest.fixture
def text(tmp_path):
    def write(characters):
        path = tmp_path / "words.txt"
        path.write_text(("to be or not to be, that is the question " * 9999)[:characters])
        return ["--dataset", "text", "--data-path", str(path)]

    return write


def loaded(argv):
    invocation = parse(argv)
    return load_data(resolve(invocation.config, invocation.typed), scratch=True)


def test_recipes_warmup_longer_than_the_run_becomes_a_tenth_of_it():
    done = loaded(["--model", "char_lstm", "--steps", "60"])
    assert done.plan.config.optimizer.warmup_steps == 6
    assert done.notes == ["the run has 60 updates: a warmup of 6 instead of the recipe's 100"]


def test_typed_warmup_longer_than_the_run_is_refused():
    with pytest.raises(configs.ConfigError) as caught:
        loaded(["--model", "char_lstm", "--steps", "60", "--warmup-steps", "60"])
    assert str(caught.value) == (
        "optimizer.warmup_steps is 60, the whole run 60 steps; give --warmup-steps a smaller number"
    )


def test_recipes_windows_and_batches_are_fitted_to_a_small_text(text):
    done = loaded(["--model", "char_lstm", *text(2000), "--epochs", "2"])
    config, train = done.plan.config, done.dataset.splits["train"]
    recipe = configs.recipe("char_lstm")
    assert config.batch_size <= train.size
    assert config.dataset.window_steps <= recipe.dataset.window_steps
    assert all("instead of the recipe's" in note and "\n" not in note for note in done.notes)
    changed = [
        config.batch_size != recipe.batch_size,
        config.dataset.window_steps != recipe.dataset.window_steps,
        config.optimizer.warmup_steps != recipe.optimizer.warmup_steps,
    ]
    assert sum(changed) == len(done.notes) >= 2


def test_readmes_text_command_works_on_a_file_of_60_kilobytes(text):
    done = loaded(["--model", "char_lstm", *text(60_000)])
    assert done.plan.config.batch_size <= done.dataset.splits["train"].size


def test_text_that_fills_the_recipe_is_left_alone(text):
    done = loaded(["--model", "char_lstm", *text(300_000)])
    assert done.notes == []


def test_typed_batch_and_windows_are_refused(text):
    few = text(2000)
    with pytest.raises(datasets.DataError, match=r"use --batch-size \d+ or less"):
        loaded(["--model", "char_lstm", *few, "--epochs", "1", "--batch-size", "4000"])
    with pytest.raises(datasets.DataError, match="window"):
        loaded(["--model", "char_lstm", *few, "--epochs", "1", "--window-steps", "3000"])


def test_values_of_a_recipe_that_the_user_wrote_are_typed(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("model: mlp\ndataset: digits\nbatch_size: 5000\nepochs: 1")
    with pytest.raises(datasets.DataError, match="batch size 5000 is larger than the training set"):
        loaded(["--config", str(path)])


def test_configuration_made_without_a_command_line_is_meant_as_it_is():
    plan = resolve(configs.recipe("mlp", **{"batch_size": 5000}))
    with pytest.raises(datasets.DataError, match="batch size 5000 is larger than the training set"):
        load_data(plan, scratch=True)

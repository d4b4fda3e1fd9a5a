"""Rows and recipes of the same environment have the same settings."""

import pytest

import configs
from trainers.published import reading

RECIPES = {"short_corridor": "policy_short_corridor", "acrobot": "policy_acrobot"}
RECIPES |= {"cartpole": "policy", "mountain_car": "policy_mountain_car"}


@pytest.mark.parametrize("row", RECIPES)
def test_row_has_the_settings_of_its_recipe(row):
    settings = configs.load_recipe(reading.FOLDER / f"{row}.yaml")["settings"]
    assert settings == configs.load_recipe(configs.recipe_path(RECIPES[row]))

"""What a run is made of: the typed configuration, its checks, and the YAML recipes."""

from configs.checks import ConfigError, check, nearest
from configs.recipes import load_recipe, recipe_path, recipes
from configs.schema import (
    Config,
    DatasetConfig,
    LossConfig,
    ModelConfig,
    OptimizerConfig,
    ProblemConfig,
    from_dict,
    to_dict,
    to_yaml,
)

__all__ = [
    "Config",
    "ConfigError",
    "DatasetConfig",
    "LossConfig",
    "ModelConfig",
    "OptimizerConfig",
    "ProblemConfig",
    "check",
    "from_dict",
    "load_recipe",
    "nearest",
    "recipe_path",
    "recipes",
    "to_dict",
    "to_yaml",
]

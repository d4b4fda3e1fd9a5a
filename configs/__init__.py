"""What a run is made of: the typed configuration, its checks, and the YAML recipes."""

from configs.checks import ConfigError, check, instead, nearest, wrong_type
from configs.data import AugmentationConfig, DatasetConfig
from configs.merging import NAMED_SECTIONS, flattened, merged, nested
from configs.recipes import is_shipped, load_recipe, parsed, recipe, recipe_path, recipes
from configs.schema import (
    OF_EARLIER_RELEASES,
    Config,
    LossConfig,
    ModelConfig,
    OptimizerConfig,
    ProblemConfig,
    from_dict,
    plain,
    to_dict,
)
from configs.values import allowed, choices, first_and_last, from_text, shown, typed
from configs.yaml_text import scalar_text, to_yaml

__all__ = [
    "NAMED_SECTIONS",
    "OF_EARLIER_RELEASES",
    "AugmentationConfig",
    "Config",
    "ConfigError",
    "DatasetConfig",
    "LossConfig",
    "ModelConfig",
    "OptimizerConfig",
    "ProblemConfig",
    "allowed",
    "check",
    "choices",
    "first_and_last",
    "flattened",
    "from_dict",
    "from_text",
    "instead",
    "is_shipped",
    "load_recipe",
    "merged",
    "nearest",
    "nested",
    "parsed",
    "plain",
    "recipe",
    "recipe_path",
    "recipes",
    "scalar_text",
    "shown",
    "to_dict",
    "to_yaml",
    "typed",
    "wrong_type",
]

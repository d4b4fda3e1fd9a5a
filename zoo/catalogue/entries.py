"""What the registry knows of a model before it is built."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from zoo.catalogue.options import Option

_SNAKE_CASE = r"[a-z][a-z0-9_]*"


@dataclass(frozen=True)
class ModelEntry:
    """A registered model, described without importing or running its builder.

    Args:
        name: the registry name, `snake_case`.
        module: the module that holds the builder.
        builder: the builder's name in that module.
        summary: first line of the builder's docstring.
        options: the builder's keyword-only parameters by name.
        task: what the model learns, in `snake_case`; whoever trains it looks up how.
        other_tasks: what it learns too, where the data are of that kind.
        paper: the source, as one line.
        default_dataset: the data set the model is shown on, or None.
        input_axes: the input shapes it takes without the batch, each as axis names:
            `("time features", "rows columns channels")`. Only an axis called `time` may be
            None in an input shape. `"features..."` is any rank of known sizes; an empty tuple
            leaves the shape unchecked.
        causal: of a sequence, what counts never depends on steps behind it, so that padding need
            not be computed.
    """

    name: str
    module: str
    builder: str
    summary: str
    options: Mapping[str, Option]
    task: str = "classification"
    other_tasks: tuple[str, ...] = ()
    paper: str = ""
    default_dataset: str | None = None
    input_axes: tuple[str, ...] = ()
    causal: bool = False

    def __post_init__(self) -> None:
        if re.fullmatch(_SNAKE_CASE, self.name) is None:
            raise ValueError(f"model name {self.name!r} is not snake_case; rename it")
        if not isinstance(self.task, str) or re.fullmatch(_SNAKE_CASE, self.task) is None:
            raise ValueError(
                f"model {self.name!r} has the task {self.task!r}; allowed: a snake_case word such "
                "as 'classification'"
            )
        if not isinstance(self.other_tasks, tuple):
            raise ValueError(
                f"model {self.name!r} has other_tasks={self.other_tasks!r}; allowed: a tuple of "
                "words such as ('regression',)"
            )
        # A lone string is a sequence too, of one-letter axes.
        if not isinstance(self.input_axes, tuple):
            raise ValueError(
                f"model {self.name!r} has input_axes={self.input_axes!r}; allowed: a tuple of "
                "strings such as ('time features',)"
            )


CUSTOM = ModelEntry(
    name="custom",
    module="",
    builder="",
    summary="A keras.Model of the user's own, which was given from Python.",
    options={
        "output_activation": Option(
            "output_activation",
            "Literal['linear', 'softmax', 'sigmoid']",
            "linear",
            ("linear", "softmax", "sigmoid"),
            help="what its outputs are: scores, or probabilities of either kind",
        )
    },
    other_tasks=("regression", "next_symbol"),
)
"""What stands in a configuration for a model that nobody can build from it; it is not listed."""

# The keyword arguments `register_model` takes besides the name.
METADATA = ("task", "other_tasks", "paper", "default_dataset", "input_axes", "causal", "ranges")


def check_metadata_names(names: Mapping[str, object]) -> None:
    """Fails for a keyword argument that `register_model` does not take.

    Raises:
        ValueError: the argument's name and the allowed ones.
    """
    for name in names:
        if name not in METADATA:
            raise ValueError(
                f"register_model has no argument {name!r}; allowed: {', '.join(METADATA)}"
            )

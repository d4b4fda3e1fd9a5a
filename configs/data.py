"""The settings of a run's data: which, where they lie, how they are read, divided and varied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from configs.fields import option


@dataclass(frozen=True)
class DatasetConfig:
    """Which dataset, where it lies, and how much of it may stay in memory."""

    name: str = option("digits", "what to train on", "Data")
    data_dir: str | None = option(
        None, "folder of prepared TFDS data", "Data", metavar="FOLDER", none="TFDS's own"
    )
    validation_fraction: float = option(
        0.1,
        "share of `train` held out where there is no validation split",
        "Data",
        above=0,
        maximum=0.9,
    )
    split_seed: int = option(
        0,
        "decides which examples are held out where there is no validation or test split",
        "Data",
        minimum=0,
        maximum=2**31 - 1,
    )
    held_out: Literal["drawn", "last"] = option(
        "drawn",
        "which examples those are; last: the last ones in the order of the source's own files, as "
        "Keras's validation_split takes them",
        "Data",
    )
    max_resident_gib: float = option(
        2.0, "larger datasets stream from disk instead of staying in memory", "Data", minimum=0
    )
    data_path: str | None = option(
        None,
        "file or folder of your own, for --dataset text, images, table or arrays",
        "Data",
        metavar="PATH",
    )
    task: Literal["auto", "classification", "regression"] = option(
        "auto", "what a target is predicted as, where its kind leaves that open", "Data"
    )
    image_size: str | None = option(
        None,
        "rows x columns that pictures are brought to, as in 28x28",
        "Data",
        metavar="HxW",
        none="their own, where all have one",
    )
    resize: Literal["fit", "crop", "stretch"] = option(
        "fit", "how: fit pads with black, crop cuts the longer side, stretch distorts", "Data"
    )
    channels: Literal[1, 3] | None = option(
        None, "of a picture: 1 is grey", "Data", none="1 if all pictures are grey, else 3"
    )
    target: str | None = option(
        None, "of a table: the column to predict, or several, as in a,b", "Data", metavar="COLUMN"
    )
    drop: str | None = option(
        None,
        "columns to leave out, as in id,name; unusable: columns and rows that no model can use",
        "Data",
        metavar="COLUMNS",
        none="no column",
    )
    weight_column: str | None = option(
        None, "column with every row's weight in the loss", "Data", metavar="COLUMN", none="1"
    )
    group_column: str | None = option(
        None,
        "column whose equal values stay in one split",
        "Data",
        metavar="COLUMN",
        none="every row by itself",
    )
    input_key: str | None = option(
        None, "feature of TFDS data to learn from", "Data", metavar="KEY", none="as supervised"
    )
    target_key: str | None = option(
        None, "feature of TFDS data to predict", "Data", metavar="KEY", none="as supervised"
    )
    sequence_steps: int | None = option(
        None,
        "of --dataset adding or temporal_order: steps of its shortest sequences; the longest have "
        "a tenth more",
        "Data",
        none="100",
        minimum=20,
        maximum=100_000,
    )
    train_sequences: int | None = option(
        None,
        "of --dataset adding or temporal_order: how many are drawn to learn from",
        "Data",
        none="20,000",
        minimum=1,
    )
    relevant_symbols: Literal[2, 3] | None = option(
        None, "of --dataset temporal_order: whose order is asked for", "Data", none="2"
    )
    train_on: Literal["train", "all"] = option(
        "train",
        "all: learn from validation and test examples too, for figures of how well data are "
        "fitted, not of how well others are predicted",
        "Data",
    )
    train_size: int | None = option(
        None,
        "examples of the training split to learn from, drawn by --split-seed with each class's "
        "share; a larger draw holds the smaller ones; of a text its first windows; with --held-out "
        "last the first ones",
        "Data",
        none="all",
        minimum=1,
    )
    binarize: float | None = option(
        None,
        "of pictures: what is above this share of white becomes 1, all else 0",
        "Data",
        none="off",
        minimum=0,
        maximum=0.999,
    )
    expand_shifts: int | None = option(
        None,
        "learn from each training picture and its four shifts by so many pixels, zeros moved in",
        "Data",
        none="off",
        minimum=1,
        maximum=1000,
    )
    pattern: str | None = option(
        None,
        'files of such a folder, as in "*.py,*.md"',
        "Data",
        metavar="PATTERN",
        none="*.md,*.rst,*.text,*.txt",
    )
    encoding: str | None = option(
        None, "of a text that is not UTF-8, as in cp1252", "Data", none="recognized"
    )
    window_steps: int = option(
        64, "characters between two updates of a model that reads text", "Data", minimum=1
    )


@dataclass(frozen=True)
class AugmentationConfig:
    """How training pictures are varied, anew in every epoch; all of it off by default."""

    shift: float = option(
        0.0, "largest shift, as a share of the side", "Augmentation", minimum=0, maximum=1
    )
    rotate: float = option(
        0.0, "largest turn in degrees, to either side", "Augmentation", minimum=0, maximum=180
    )
    flip: Literal["none", "horizontal", "vertical", "both"] = option(
        "none", "mirror every second picture", "Augmentation"
    )
    contrast: float = option(
        0.0, "largest change of contrast, as a share", "Augmentation", minimum=0, maximum=1
    )
    elastic: float = option(
        0.0,
        "strength in pixels of elastic distortion (Simard et al. 2003)",
        "Augmentation",
        minimum=0,
        maximum=1000,
    )
    elastic_sigma: float = option(
        4.0, "smoothness of its field, in pixels", "Augmentation", above=0, maximum=1000
    )

    @property
    def varied(self) -> list[str]:
        """The settings that vary pictures, by name; none of them does by default."""
        numbers = [
            name for name in ("shift", "rotate", "contrast", "elastic") if getattr(self, name)
        ]
        return numbers if self.flip == "none" else [*numbers, "flip"]

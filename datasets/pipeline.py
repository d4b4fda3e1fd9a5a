"""The one pipeline order: load, split, preprocess, cache, shuffle, batch, prefetch.

`load` does the first four once and yields arrays; a training loop draws `epoch_order` each
epoch and either gathers rows of resident arrays itself or takes `chunks`. Caching stands before
shuffling: an order drawn before the cache would be repeated in every epoch.
"""

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np

from datasets.cache.loaded import Loaded
from datasets.catalogue import (
    DRAWN_DATASETS,
    EMBEDDED_DATASETS,
    FILE_DATASETS,
    environment_class,
    is_environment,
)
from datasets.dataset import Dataset, Split, fingerprint
from datasets.drawn.request import DrawRequest
from datasets.environments.episodes import environment_dataset
from datasets.errors import DataError, DataOptionError
from datasets.naming.unknown import base_dataset_name
from datasets.own.request import OwnRequest
from datasets.partition import CARVING_RULE, SPLITS, Source, absent_classes, partition
from datasets.prepare import code_of, data_directory, prepared_builder, prepared_versions
from datasets.records import source_places
from datasets.request import OF_TFDS, USUAL, check_request
from datasets.schema import Choice, Schema, is_next_symbol, supervised_schema
from datasets.storage import Storage
from datasets.supervised import preparation, source_splits, standardize, supervised_nbytes
from datasets.text.documents import is_text, read_documents
from datasets.text.sequences import read_strings, sequence_nbytes, sequence_split
from datasets.text.text_files import RULES_VERSION, read_text_files
from datasets.text.windows import symbol_preparation, text_fields


def load(
    name: str,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    validation_fraction: float = 0.1,
    max_resident_gib: float = 2.0,
    scratch: bool = False,
    data_path: str | os.PathLike[str] | None = None,
    pattern: str | None = None,
    encoding: str | None = None,
    window_steps: int = 64,
    split_seed: int = 0,
    float64: bool = False,
    **options: Any,
) -> Dataset:
    """Load a dataset by name: embedded, the user's text, an environment, or of TFDS.

    Images become float32 in [0, 1], labels int32; features that are numbers are standardized by
    the training split's mean and deviation, targets stay in their own units; strings become
    shifted symbol sequences; a text becomes windows that continue one another, to predict every
    next character (`datasets.dataset.Split` gives all shapes). Those are the supported forms.

    Args:
        name: one of `list_datasets()`, or a TFDS name such as "mnist".
        data_dir: TFDS's data directory; None means `$TFDS_DATA_DIR`, else `~/tensorflow_datasets`.
        validation_fraction: the part of train, in (0, 1), that stands in for a validation split
            the builder lacks (and again for a test split it lacks): of its examples, for "text" of
            the characters.
        max_resident_gib: arrays of a larger total, in GiB, are mapped temporary files.
        scratch: prepare what is not prepared in a temporary folder, deleted before returning, and
            add nothing to the cache of loaded data.
        data_path: the file or folder of "text", "images", "table" and "arrays".
        pattern: which files of that folder, as in "*.py,*.md"; None means Markdown,
            reStructuredText and plain text by their names.
        encoding: of its files that are not UTF-8, as in "cp1252".
        window_steps: predictions in one window of a text, 1 or more.
        split_seed: 0 or more, decides which records of train stand in for a split the builder
            lacks: of each class its share, whatever the order of the files. "text" is cut at its
            end instead, as its windows continue one another. What is drawn as it is loaded is
            drawn by it.
        float64: keep the numbers of TFDS data, tables and arrays, and standardize them, in float64.
        **options: how data of the user's own are read, see `datasets.own.request.OwnRequest`, or
            drawn, see `datasets.drawn.request.DrawRequest`; `input_key` and `target_key`, the
            features of TFDS data; and `held_out`: "last" takes for missing splits no draw but the
            last records in the order of the files that the builder read, and keeps that order.

    Raises:
        UnknownDatasetError: nobody has the name.
        DataError: no copy and no network, damaged or unsupported data, too little memory, or an
            argument that is not allowed.
    """
    if not max_resident_gib >= 0:
        raise DataError(f"max_resident_gib is {max_resident_gib}, allowed is 0 or more")
    if window_steps < 1:
        raise DataError(f"window_steps is {window_steps}, allowed is 1 or more")
    if split_seed < 0:
        raise DataError(f"split_seed is {split_seed}, allowed is 0 or more")
    check_request(name, data_dir, data_path, pattern=pattern, encoding=encoding, **options)
    if is_environment(name):
        return environment_dataset(name, environment_class(name))
    if name in DRAWN_DATASETS:
        given = {key: options.get(key) for key in DRAWN_DATASETS[name].options}
        drawn = DrawRequest(name, split_seed, max_resident_gib, **given)
        return Dataset(name=name, **DRAWN_DATASETS[name].reader_function()(drawn))
    if name in FILE_DATASETS and FILE_DATASETS[name].reader:
        options = {key: options[key] for key in FILE_DATASETS[name].options if key in options}
        if "encoding" in FILE_DATASETS[name].options:
            options["encoding"] = encoding
        request = OwnRequest(
            name,
            data_path,
            validation_fraction,
            split_seed,
            max_resident_gib,
            float64=float64,
            **options,
        )
        return Dataset(name=name, **FILE_DATASETS[name].reader_function()(request))
    if name in FILE_DATASETS:
        passages = read_text_files(name, data_path, validation_fraction, pattern, encoding)
        fields = text_fields(name, passages, window_steps, max_resident_gib)
    else:
        return _of_builder(
            name,
            data_dir,
            scratch,
            (validation_fraction, split_seed, window_steps, max_resident_gib),
            options,
            np.dtype(np.float64 if float64 else np.float32),
        )
    content = fingerprint(fields["splits"])
    return Dataset(name=name, version=RULES_VERSION, fingerprint=content, **fields)


def _of_builder(
    name: str,
    data_dir: str | os.PathLike[str] | None,
    scratch: bool,
    settings: tuple[float, int, int, float],
    options: dict[str, Any],
    numbers: np.dtype,
) -> Dataset:
    """Return a dataset that a TFDS builder has prepared, or will; from the cache if it is there."""
    validation_fraction, split_seed, window_steps, max_resident_gib = settings
    last = options.get("held_out") == "last"
    kept = _kept(name, data_dir, settings[:3], options, numbers)
    found = kept.find(max_resident_gib)
    if found is not None:
        return Dataset(name=name, **found)
    with prepared_builder(name, data_dir, scratch) as builder:  # load
        if not kept.is_known:  # it has been prepared just now
            kept = _kept(name, data_dir, settings[:3], options, numbers)
        kept.reading(Path(builder.data_path))
        sources = partition(name, builder.info.splits, validation_fraction)  # split
        if is_text(builder):  # preprocess, cache
            _require_no_choice(name, options)
            passages = read_documents(name, builder, sources, split_seed)
            fields = text_fields(name, passages, window_steps, max_resident_gib)
        elif is_next_symbol(name):
            fields = _sequences(name, builder, sources, split_seed, max_resident_gib)
        else:
            choice = Choice(**{key: options[key] for key in OF_TFDS if key in options})
            schema = supervised_schema(name, builder, choice)
            if not schema.image:
                schema = dataclasses.replace(schema, dtype=numbers)
            if last:
                places = source_places(name, builder, sources[0])
                sources[0] = dataclasses.replace(sources[0], places=places)
            fields = _supervised(name, builder, sources, schema, split_seed, max_resident_gib)
        fields["version"] = getattr(builder, "CONTENT_VERSION", str(builder.version))
        content = fingerprint(fields["splits"])
        carved = any(source.carved for source in sources)
        fields["fingerprint"] = f"carved{CARVING_RULE}-{content}" if carved else content
        # A builder registered with TFDS by other code may change without a release of TFDS.
        ours = name in EMBEDDED_DATASETS
        if not scratch and (ours or type(builder).__module__.startswith("tensorflow_datasets.")):
            kept.keep(fields)
    fields["notes"] = (*fields.get("notes", ()), *kept.notes)
    return Dataset(name=name, **fields)


def _kept(
    name: str,
    data_dir: str | os.PathLike[str] | None,
    settings: tuple[float, int, int],
    options: dict[str, Any],
    numbers: np.dtype,
) -> Loaded:
    folder = data_directory(data_dir) / base_dataset_name(name)
    versions, code = prepared_versions(folder), code_of(name)
    chosen = {key: options.get(key, USUAL.get(key)) for key in OF_TFDS}
    request: list[Any] = [versions, code, CARVING_RULE, settings, chosen]
    request += [] if numbers == np.float32 else [numbers.name]
    request += ["last"] if options.get("held_out") == "last" else []
    return Loaded(name, folder, request if versions and code else None)


def _require_no_choice(name: str, options: dict[str, Any]) -> None:
    chosen = [
        key for key in (*OF_TFDS, "held_out") if options.get(key) not in (None, USUAL.get(key))
    ]
    if chosen:
        raise DataOptionError(
            f"{chosen[0]} is {options[chosen[0]]!r}, and dataset {name!r} is a text, which it "
            "does not change; leave it out"
        )


def _supervised(
    name: str,
    builder: Any,
    sources: list[Source],
    schema: Schema,
    split_seed: int,
    max_resident_gib: float,
) -> dict[str, Any]:
    storage = Storage(name, supervised_nbytes(schema, sources), max_resident_gib)
    read: dict[str, Split] = {}
    for source in sources:
        read |= source_splits(name, builder, source, schema, storage, split_seed)
    splits = {split: read[split] for split in SPLITS}
    as_recorded = schema.image or not getattr(builder, "STANDARDIZED", True)
    standardization = None if as_recorded else standardize(splits)
    targets = {split: arrays.targets for split, arrays in splits.items()}
    return {
        "task": schema.task,
        "input_shape": schema.input_shape,
        "num_classes": len(schema.class_names) or 1,
        "class_names": schema.class_names,
        "splits": splits,
        "oracle_loss": {},
        "notes": tuple(absent_classes(targets, schema.class_names)) if schema.class_names else (),
        "preparation": preparation(schema, standardization),
    }


def _sequences(
    name: str, builder: Any, sources: list[Source], split_seed: int, max_resident_gib: float
) -> dict[str, Any]:
    read: dict[str, list[str]] = {}
    for source in sources:
        read |= read_strings(name, builder, source, split_seed)
    strings = {split: read[split] for split in SPLITS}
    time = max(len(string) for texts in strings.values() for string in texts) - 1
    masks = list(builder.marked_symbols(strings["train"][0]))
    storage = Storage(name, sequence_nbytes(strings, masks, time), max_resident_gib)
    return {
        "task": "next_symbol",
        "input_shape": (time,),
        "num_classes": len(builder.SYMBOLS),
        "class_names": tuple(builder.SYMBOLS),
        "splits": {
            split: sequence_split(texts, builder, time, storage) for split, texts in strings.items()
        },
        "oracle_loss": {split: builder.oracle_loss(texts) for split, texts in strings.items()},
        "preparation": symbol_preparation(builder.SYMBOLS, unknown=None),
    }

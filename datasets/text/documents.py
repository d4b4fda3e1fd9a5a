"""Joining documents to one text, and reading them from a TFDS dataset with a text feature."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from datasets.errors import PREPARE_ELSEWHERE, DataError
from datasets.partition import SPLITS, Division, Source
from datasets.records import read_batches
from datasets.storage import require_memory
from datasets.text.windows import Passage

TEXT_KEY = "text"

SEPARATOR = "\u0003"
"""ASCII's "end of text": unlike a newline it is in no ordinary document, so a model can learn
where documents end, and a reader of the symbols can cut them apart again."""

READING_FACTOR = 2
"""Documents and the text that they are joined to are in memory together."""


def join_documents(documents: Iterable[str]) -> str:
    """Join documents with one `SEPARATOR` between two of them; empty ones are left out."""
    return SEPARATOR.join(document for document in documents if document)


def is_text(builder: Any) -> bool:
    """Tell whether a TFDS builder has one feature alone, a text named "text"."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    return (
        isinstance(features, tfds.features.FeaturesDict)
        and list(features) == [TEXT_KEY]
        and type(features[TEXT_KEY]) is tfds.features.Text
    )


def read_documents(
    name: str, builder: Any, sources: list[Source], split_seed: int
) -> dict[str, Passage]:
    """Return the text of every split, its documents joined in the order of the records.

    Where a source makes several splits, chance says which documents go to which: neighbours in
    the files may be of one author or topic. No document is cut.

    Raises:
        DataError: records are damaged or not UTF-8, or there is too little memory for them.
    """
    infos = builder.info.splits
    require_memory(name, READING_FACTOR * sum(infos[split].num_bytes or 0 for split in infos))
    passages = {}
    for source in sources:
        info = infos[source.name]
        example_bytes = (info.num_bytes or 0) // max(1, info.num_examples)
        batches = read_batches(name, builder, source, (TEXT_KEY,), example_bytes)
        documents = np.array(
            [
                _decode(name, source.name, builder, document)
                for (batch,) in batches
                for document in batch
            ],
            object,
        )
        division = Division(source, None, split_seed)
        for split, chosen, _ in division.next(len(documents)):
            text = join_documents(documents[chosen])
            passages[split] = Passage(text, 0, len(text))
    return {split: passages[split] for split in SPLITS}


def _decode(name: str, split: str, builder: Any, document: bytes) -> str:
    try:
        return document.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"dataset {name!r}, split {split!r}: byte {error.start} of a document is not UTF-8 "
            f"({error.reason}), expected UTF-8; {PREPARE_ELSEWHERE}"
        ) from error

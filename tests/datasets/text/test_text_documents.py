import numpy as np
import pytest
import standins

from datasets import DataError, load
from datasets.text.documents import SEPARATOR, join_documents


def test_documents_are_joined_by_one_separator_and_empty_ones_left_out():
    assert join_documents(["a\n", "", "b", "c"]) == f"a\n{SEPARATOR}b{SEPARATOR}c"
    assert join_documents(["", ""]) == ""
    assert SEPARATOR.splitlines() == [SEPARATOR]  # no line end


def test_documents_are_whole_in_one_split_and_keep_the_order_of_their_records(tmp_path):
    data = load("zoo_documents", data_dir=tmp_path, window_steps=16)
    assert standins.ZooDocuments.name == data.name
    assert (data.task, data.version, data.contiguous) == ("next_character", "1.0.0", True)
    text = {
        name: "".join(
            data.class_names[symbol]
            for symbol in [split.inputs[0, 0], *split.targets[np.asarray(split.weights) == 1]]
        )
        for name, split in data.splits.items()
    }
    documents = [f"document {number}, naïvely\n" for number in range(40)]
    numbers = {
        name: [documents.index(document) for document in joined.split(SEPARATOR)]
        for name, joined in text.items()
    }
    # 4 stand in for each split that the builder lacks.
    assert [len(numbers[name]) for name in ("train", "validation", "test")] == [32, 4, 4]
    assert sorted(number for own in numbers.values() for number in own) == list(range(40))
    for own in numbers.values():
        assert own == sorted(own)
    assert min(numbers["validation"] + numbers["test"]) < 32  # by chance, not from the end


def test_document_that_is_not_utf8_is_refused(tmp_path):
    with pytest.raises(DataError) as caught:
        load("zoo_latin_document", data_dir=tmp_path, window_steps=4)
    said = "dataset 'zoo_latin_document', split 'train': byte 3 of a document is not UTF-8"
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_text_beside_other_features_is_refused_with_what_is_supported(tmp_path):
    with pytest.raises(DataError, match=r"'title': Text.*or a text feature alone, named 'text'"):
        load("zoo_titled_documents", data_dir=tmp_path)


def test_documents_larger_than_memory_are_refused_before_they_are_read(tmp_path, monkeypatch):
    load("zoo_documents", data_dir=tmp_path, window_steps=4)
    monkeypatch.setattr("datasets.storage.available_memory_bytes", lambda: 100)
    monkeypatch.setattr("datasets.text.documents.read_batches", None)  # must not be reached
    with pytest.raises(
        DataError, match=r"'zoo_documents' takes 0\.00 GiB of memory while its text"
    ):
        load("zoo_documents", data_dir=tmp_path, window_steps=4)

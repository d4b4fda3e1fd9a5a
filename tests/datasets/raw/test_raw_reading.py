"""Raw inputs of finished models, from files of every kind, and what is said of wrong ones."""

import io

import numpy as np
import pytest
from PIL import Image

from datasets import DataError, DataOptionError
from datasets.raw.reading import read_raw

GREY = {"kind": "images", "shape": [4, 6, 1], "scale": 255.0, "resize": None}
ANY_SIZE = {"kind": "images", "shape": [4, 4, 3], "scale": 255.0, "resize": "fit"}
PAIRS = {"kind": "numbers", "shape": [2], "mean": None, "deviation": None}
SERIES = {"kind": "sequences", "features": 2, "mean": None, "deviation": None}
LETTERS = {"kind": "symbols", "symbols": ["a", "b"], "unknown": None}
PROSE = {"kind": "symbols", "symbols": ["\n", "a", "\ufffd"], "unknown": "\ufffd"}
NUMBER = {"kind": "number", "mean": 0.0, "deviation": 1.0, "fill": 0.0, "indicator": False}
TABLE = {
    "kind": "table",
    "columns": [
        {"name": "size", **NUMBER},
        {"name": "colour", "kind": "category", "categories": ["1", "2"]},
    ],
}


def png(array):
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return stream.getvalue()


def drawn(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def everything(examples, batch_size=100):
    (batch,) = examples.batches(batch_size)
    return batch


def test_a_folders_pictures_come_in_the_order_of_their_paths(tmp_path):
    first, second = drawn((4, 6)), drawn((4, 6), 1)
    for name, array in {"b.PNG": first, "a/z.png": second}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(png(array))
    (tmp_path / ".hidden.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture")
    found = read_raw(GREY, [tmp_path, png(first)])
    assert found.names == [str(tmp_path / "a/z.png"), str(tmp_path / "b.PNG"), "-"]
    assert found.notes == ("2 hidden files and files that are no pictures left out",)
    for picture, wanted in zip(everything(found), (second, first, first), strict=True):
        np.testing.assert_array_equal(picture[..., 0], wanted)
    assert [len(batch) for batch in found.batches(2)] == [2, 1]


def test_a_files_white_becomes_the_white_of_the_models_data():
    inputs = GREY | {"scale": 16.0}
    picture = np.tile(np.array([0, 255, 128, 8, 7, 100], np.uint8), (4, 1))
    (found,) = everything(read_raw(inputs, [png(picture)]))
    assert found[0, :, 0].tolist() == [0, 16, 8, 1, 0, 6]


def test_pictures_of_a_size_that_the_model_does_not_take_are_named(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(png(drawn((5, 6))))
    found = read_raw(GREY, [path])
    with pytest.raises(DataError, match=r"large.png is 5x6 pixels, and the model takes 4x6"):
        everything(found)
    (picture,) = everything(read_raw(ANY_SIZE, [path]))
    assert picture.shape == (5, 6, 3)


def test_arrays_of_pictures_are_read_as_they_are(tmp_path):
    images = drawn((3, 4, 6))
    np.save(tmp_path / "x.npy", images)
    np.savez(tmp_path / "x.npz", x=images, other=np.zeros(2))
    for name in ("x.npy", "x.npz"):
        found = read_raw(GREY, [tmp_path / name])
        np.testing.assert_array_equal(np.stack(everything(found))[..., 0], images)
    np.save(tmp_path / "x.npy", images / 255)
    with pytest.raises(DataError, match=r"x.npy is float64 of shape \(3, 4, 6\).*\(n, 4, 6, 1\)"):
        read_raw(GREY, [tmp_path / "x.npy"])


def test_rows_of_numbers_come_from_arrays_and_from_tables_without_a_header(tmp_path):
    rows = np.array([[1.5, 2], [3, -4e-3], [5, 6]])
    np.save(tmp_path / "x.npy", rows)
    np.savez(tmp_path / "x.npz", X=rows, y=np.zeros(3))
    text = "1.5,2\n3,-4e-3\n5,6\n"
    (tmp_path / "x.csv").write_text(text)
    for source in (tmp_path / "x.npy", tmp_path / "x.npz", tmp_path / "x.csv", text.encode()):
        found = read_raw(PAIRS, [source])
        assert found.names == ["0", "1", "2"]
        np.testing.assert_array_equal(everything(found), rows.astype(np.float32))
    several = read_raw(PAIRS, [tmp_path / "x.npy", tmp_path / "x.csv"])
    assert several.names[3] == f"{tmp_path / 'x.csv'}:0"
    twice = np.tile(rows, (2, 1)).astype(np.float32)
    np.testing.assert_array_equal(everything(several), twice)
    np.testing.assert_array_equal(np.concatenate(list(several.batches(4))), twice)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1,2,3\n4,5,6\n", "standard input has 3 columns, and the model takes 2 columns"),
        (b"1,a\n2,b\n", "standard input has column '.*' of words"),
        (b"1,2\n5,6\n3,inf\n", r"standard input \[2, 1\] is missing, infinite"),
        (b"1,2\n3,\n", r"standard input \[1, 1\] is missing, infinite"),
        (b"PK\x03\x04...", "standard input"),
        (b"\x93NUMPY...", "standard input cannot be read"),
        (b"", "standard input is empty"),
    ],
)
def test_what_is_no_row_of_numbers_is_told(content, message):
    with pytest.raises(DataError, match=message) as caught:
        read_raw(PAIRS, [content])
    assert "keras-zoo-" not in str(caught.value)


def test_sequences_are_padded_to_the_longest_of_a_batch(tmp_path):
    values = np.arange(12.0).reshape(2, 3, 2)
    np.savez(tmp_path / "x.npz", X=values, lengths=[3, 1])
    (tmp_path / "y.csv").write_text("100,200\n300,400\n")
    found = read_raw(SERIES, [tmp_path / "x.npz", tmp_path / "y.csv"])
    padded = everything(found)
    assert padded.shape == (3, 3, 2)
    assert np.isnan(padded[..., 0]).tolist() == [[False] * 3, [False, True, True], [0, 0, 1]]
    assert padded[2, 1].tolist() == [300.0, 400.0]
    np.savez(tmp_path / "x.npz", X=values, lengths=[3, 4])
    with pytest.raises(DataError, match="a whole number from 1 to 3 for each of 2 sequences"):
        read_raw(SERIES, [tmp_path / "x.npz"])
    values[0, 1, 1] = np.nan
    np.savez(tmp_path / "x.npz", X=values)
    with pytest.raises(DataError, match=r"X \[0, 1, 1\] is missing"):
        read_raw(SERIES, [tmp_path / "x.npz"])
    np.savez(tmp_path / "x.npz", X=np.full((1, 2, 2), np.nan))
    with pytest.raises(DataError, match=r"X\[0\] is a sequence without a step"):
        read_raw(SERIES, [tmp_path / "x.npz"])


def test_a_text_is_a_file_or_a_line_as_the_model_knows_line_breaks_or_not(tmp_path):
    (tmp_path / "lines").write_text("ab\n\nb\n")
    found = read_raw(LETTERS, [tmp_path / "lines"], texts=["a"])
    assert found.names == ["a", "ab", "b"]
    assert everything(found).tolist() == ["a", "ab", "b"]
    whole = read_raw(PROSE, [b"\xef\xbb\xbfxy\na"])
    assert everything(whole).tolist() == ["xy\na"]
    long = read_raw(PROSE, [b"b" + b"a" * 4096])
    assert everything(long).tolist() == ["a" * 4096]
    assert long.notes == ("of standard input the last 4,096 characters are read",)


@pytest.mark.parametrize(
    ("texts", "sources", "message"),
    [
        (["abc"], [], "the text 'abc' has 'c', which the model has not seen; allowed: ab"),
        ([""], [], "the text '' is empty"),
        ([], [b"\n"], "standard input is empty"),
        ([], [b"a\nx\n"], "the text standard input, 'x' has 'x'"),
    ],
)
def test_texts_that_the_model_cannot_read_are_told(texts, sources, message):
    with pytest.raises(DataError, match=message):
        read_raw(LETTERS, sources, texts=texts)


def test_tables_give_the_models_columns_whatever_their_order(tmp_path):
    (tmp_path / "t.csv").write_text("colour,other,size\n1,x,2.5\n2,y,\n,z,4\n")
    found = read_raw(TABLE, [tmp_path / "t.csv"])
    raw = everything(found)
    np.testing.assert_array_equal(raw["size"], np.array([[2.5], [np.nan], [4]], np.float32))
    assert raw["colour"].tolist() == [["1"], ["2"], [""]]
    assert "1 columns are not asked for: other" in found.notes[-1]
    both = read_raw(TABLE, [tmp_path / "t.csv", (tmp_path / "t.csv").read_bytes()])
    assert everything(both)["colour"].tolist() == [["1"], ["2"], [""]] * 2
    assert both.names[3] == "-:0"
    (tmp_path / "t.csv").write_text("color,size\n1,2.5\n")
    with pytest.raises(DataError, match=r"no column 'colour'.*did you mean 'color'"):
        read_raw(TABLE, [tmp_path / "t.csv"])


@pytest.mark.parametrize(
    ("inputs", "given", "error", "message"),
    [
        (PAIRS, {"texts": ["a"]}, DataOptionError, "--text is for models of text, and this one"),
        (GREY, {"encoding": "cp1252"}, DataOptionError, "--encoding is for text"),
        (TABLE, {"sources": ["folder"]}, DataError, "is a folder, and the model takes tables"),
        (TABLE, {"sources": ["a.PNG"]}, DataError, "a.PNG is a picture, and the model takes tabl"),
        (GREY, {"sources": ["a.csv"]}, DataError, "a.csv is a table, and the model takes pict"),
        (GREY, {"sources": ["nothing"]}, DataError, "nothing is not there; the model takes pict"),
        (GREY, {"sources": ["folder"]}, DataError, r"folder holds no picture \(.png, "),
    ],
)
def test_inputs_of_another_kind_are_told_with_what_the_model_takes(
    inputs, given, error, message, tmp_path
):
    (tmp_path / "folder").mkdir()
    for name in ("a.PNG", "a.csv"):
        (tmp_path / name).touch()
    given = given | {"sources": [tmp_path / name for name in given.get("sources", [])]}
    with pytest.raises(error, match=message):
        read_raw(inputs, **given)

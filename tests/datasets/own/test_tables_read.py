"""Tables as people and programs write them: what stands in their cells, and what is refused."""

import datetime
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets import DataError, DataOptionError
from datasets.own.columns import ignored, raw_columns
from datasets.own.frames import frame_of, read_frame
from datasets.own.tabular import delimited


@pytest.fixture
def written(tmp_path):
    def write(text, encoding="utf-8", name="table.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_numbers_truth_values_words_and_missing_ones_are_told_apart(written):
    frame = read_frame(written('a,b,c,d\n1,x,true,2\n,"q, ""r""",FALSE,+3e2\nNA,,true,?\n'))
    np.testing.assert_array_equal(frame["a"], np.array([1, np.nan, np.nan], np.float32))
    assert list(frame["b"]) == ["x", 'q, "r"', ""]
    np.testing.assert_array_equal(frame["c"], [1, 0, 1])
    np.testing.assert_array_equal(frame["d"], [2, 300, np.nan])
    assert frame["a"].dtype == frame["c"].dtype == np.float32


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        ("a;b\r\n1,5;é\r\n1.002;y\r\n", "utf-8-sig", "semicolons, in UTF-8; decimal commas in a"),
        ("a\tb\n1.5\té\n1002\ty\n", "utf-16", "tabs, in utf-16"),
        ("\n|\na|b\n\n1.5|é\n1002|y", "utf-8", "vertical bars, in UTF-8"),
        ('a,b\n1.5,"é"\n1002,y\n', "utf-8", "commas, in UTF-8"),
    ],
)
def test_delimiter_encoding_and_decimal_commas_are_found_and_told(written, text, encoding, told):
    path = written(text, encoding)
    frame = read_frame(path)
    assert frame.notes == (f"{path}: 2 rows of 2 columns, parted by {told}",)
    np.testing.assert_array_equal(frame["a"], [1.5, 1002])
    assert list(frame["b"]) == ["é", "y"]


def test_an_encoding_that_is_not_utf_8_is_recognized_and_said(written):
    text = "name,town\n" + "".join(
        f"{number},{town}\n" for number in range(9) for town in ("Zürich", "Genève", "Neuchâtel")
    )
    frame = read_frame(written(text, "cp1252"))
    assert list(frame["town"][:3]) == ["Zürich", "Genève", "Neuchâtel"]
    assert "parted by commas, in cp1252 by the look of its bytes (--encoding" in frame.notes[0]
    path = written(text.replace("0,Zürich", "0,Zurich" + "x" * 3_000_000), "cp1252")
    assert list(read_frame(path)["town"][1:3]) == ["Genève", "Neuchâtel"]
    damaged = written(text, "utf-8")
    damaged.write_bytes(damaged.read_bytes().replace("ü".encode(), b"\xfc", 1))
    with pytest.raises(DataError, match="the file is damaged in 1 places"):
        read_frame(damaged)
    path = written("a,b\n1,é\n2,à\n", "cp1252")
    assert list(read_frame(path, "cp1252")["b"]) == ["é", "à"]
    with pytest.raises(DataOptionError, match="encoding is 'cp125'"):
        read_frame(path, "cp125")


def test_utf_16_without_a_mark_is_read_as_python_reads_it(written):
    """Seen to fail: a stream, unlike one string, may not begin without a mark."""
    path = written("a,b\n1,é\n2,ü\n", "utf-16-le")
    with pytest.raises(DataError, match="pass --encoding utf-16-le"):
        read_frame(path)
    for encoding in ("utf-16", "utf-16-le"):
        assert list(read_frame(path, encoding)["b"]) == ["é", "ü"]


def test_a_first_line_of_values_is_a_row(written):
    frame = read_frame(written("5.1,3,setosa\n4.9,3,virginica\n"))
    assert frame.names == ["column_1", "column_2", "column_3"]
    assert frame.size == 2
    assert "holds values, not names" in frame.notes[1]
    years = read_frame(written("country,2019,2020\nx,1,2\n"))
    assert years.names == ["country", "2019", "2020"]


def test_a_column_that_turns_out_to_be_of_words_is_read_as_written(written, monkeypatch):
    """Seen to fail without the second reading: the first block was numbers."""
    monkeypatch.setattr(delimited, "_BLOCK_BYTES", 64)
    lines = [f"{number:03d},{number}" for number in range(40)]
    path = written("\n".join(["code,n", *lines, "x01,40"]))
    frame = read_frame(path)
    assert len(frame.columns["n"].blocks) > 3
    assert list(frame["code"]) == [f"{number:03d}" for number in range(40)] + ["x01"]
    np.testing.assert_array_equal(frame["n"], np.arange(41))
    as_words = read_frame(written("\n".join(["code,n", *lines])), words=["code"])
    assert as_words["code"][7] == "007"


def test_whole_numbers_beyond_float32_stay_apart(written):
    frame = read_frame(written("a,b\n16777216,1.5\n16777217,2\n"))
    assert frame["a"].dtype == np.float64
    np.testing.assert_array_equal(frame["a"], [16777216, 16777217])
    assert frame["b"].dtype == np.float32


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty, expected a table"),
        (',""\n\n,,\n', "is empty, expected a table"),
        ("a,b\n", r"has a header and no rows \(2 columns\)"),
        ("a,a\n1,2\n", "has 2 columns named 'a'"),
        ("a,b\n1,2\n3\n4,5\n", "line 3 has 1 values parted by commas, the first one 2"),
        ('a,b\n1,2\n"x\ny",4\n4,5,6\n', "line 5 has 3 values parted by commas, the first one 2"),
        ("PK\x03\x04" + "a" * 600, "is a ZIP archive and no text"),
    ],
)
def test_what_is_no_table_is_told_in_one_line(written, text, message):
    path = written(text)
    with pytest.raises(DataError, match=message) as raised:
        read_frame(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_typed_columns_keep_their_types(tmp_path):
    columns = {
        "n": [1, 2, None],
        "t": [True, None, False],
        "zip": ["01", "02", None],
        "day": [datetime.date(2020, 1, 31)] * 3,
        "list": [[1]] * 3,
    }
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(columns), path)
    for frame in (read_frame(path), frame_of(pa.table(columns))):
        np.testing.assert_array_equal(frame["n"], [1, 2, np.nan])
        np.testing.assert_array_equal(frame["t"], [1, np.nan, 0])
        assert list(frame["zip"]) == ["01", "02", ""]
        assert list(frame["day"]) == ["2020-01-31"] * 3
        assert frame.column("list").kind == "nested"
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataError, match=r"t\.parquet is no Parquet file, or damaged"):
        read_frame(path)


def test_arrays_are_columns_and_objects_are_refused(tmp_path):
    path, inputs = tmp_path / "a.npz", np.arange(6.0).reshape(3, 2)
    np.savez(path, X=inputs, y=np.array(["p", "q", "p"]), feature_names=["left", "right"])
    frame = read_frame(path)
    assert frame.names == ["left", "right", "y"]
    np.testing.assert_array_equal(frame["right"], inputs[:, 1])
    np.savez(path, X=inputs, y=np.array(["p", None, "q"], object))
    with pytest.raises(DataError, match=r"is no \.npz file of numbers and words"):
        read_frame(path)
    np.savez(path, X=inputs, y=np.arange(4))
    with pytest.raises(DataError, match=re.escape("different lengths: X (3, 2), y (4,)")):
        read_frame(path)


SPEC = [
    {"name": "n", "kind": "number", "mean": 0.0, "deviation": 1.0, "fill": 0.0, "indicator": True},
    {"name": "c", "kind": "category", "categories": ["1", "x"]},
]


def test_a_table_becomes_what_a_model_takes(written):
    frame = read_frame(written("extra,c,n\n5,1,2\n5,,\n5,7,-1\n"))
    raw = raw_columns(frame, SPEC)
    np.testing.assert_array_equal(raw["n"], np.array([[2], [np.nan], [-1]], np.float32))
    assert raw["n"].dtype == np.float32
    assert raw["c"].tolist() == [["1"], [""], ["7"]]
    assert ignored(frame, SPEC) == [f"{frame.source}: 1 columns are not asked for: extra"]
    truths = read_frame(written("n,c\ntrue,true\nfalse,x\n"))
    np.testing.assert_array_equal(raw_columns(truths, SPEC)["n"], [[1], [0]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("N,c\n1,x\n", "has no column 'n': did you mean 'N'"),
        ("n,c\n1,x\nfive,x\n", "column 'n' has 'five' in row 2, expected a number"),
        ("n,c\n1,x\n1e39,x\n", r"column 'n' has 1e\+39 in row 2, expected numbers up to 1e\+38"),
        ("n,c\n1,x\ninf,x\n", "column 'n' has inf in row 2"),
    ],
)
def test_a_table_that_a_model_cannot_take_is_told(written, text, message):
    frame = read_frame(written(text))
    with pytest.raises(DataError, match=message):
        raw_columns(frame, SPEC)

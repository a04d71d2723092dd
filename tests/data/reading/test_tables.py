"""Files as users have them: every dialect that is read, every message of those that are not."""

import datetime
import decimal
import gzip
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from descent.data import ColumnError, DataError, TableError, read_table

PLAIN = pd.DataFrame({"a": [1, 3], "b": ["x", "y"]})


def written(folder: Path, content: bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"a,b\n1,x\n3,y\n", "t.csv"),
        (b"a,b\n1,x\n3,y", "t.csv"),
        (b"\xef\xbb\xbfa,b\r\n1,x\r\n3,y\r\n", "t.csv"),
        (b'"a","b"\n"1","x"\n"3","y"\n', "t.csv"),
        (b"a,b\n1,x\n3,y\n\n\n", "t.csv"),
        (b"\na,b\n\n1,x\n3,y\n", "t.csv"),
        (b"a,b\n1,x,\n3,y,\n", "t.csv"),
        (b"a,b,\n1,x,\n3,y,\n", "t.csv"),
        (b"a,b,\r\n1,x,\r\n3,y,\r\n", "t.csv"),
        (b"a;b\n1;x\n3;y\n", "t.csv"),
        (b"a\tb\n1\tx\n3\ty\n", "t.tsv"),
        (gzip.compress(b"a,b\n1,x\n3,y\n", mtime=0), "t.csv.gz"),
        (gzip.compress(b"a,b\n1,x\n3,y\n", mtime=0), "misnamed.csv"),
    ],
)
def test_one_table_in_many_dialects(tmp_path: Path, content: bytes, name: str) -> None:
    table = read_table(written(tmp_path, content, name))
    pd.testing.assert_frame_equal(table.frame, PLAIN, check_dtype=False)
    assert table.digest == hashlib.sha256(content).hexdigest()


def test_texts_keep_separators_quotes_and_line_breaks(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, b'a,b\n1,"x, ""y"""\n2,"z\nw"\n')).frame
    assert frame["b"].tolist() == ['x, "y"', "z\nw"]


def test_names_are_kept_to_the_letter(tmp_path: Path) -> None:
    assert list(read_table(written(tmp_path, b'"x, y "," z",5\n1,2,3\n')).frame.columns) == ["x, y ", " z", "5"]


def test_missing_values_in_every_spelling(tmp_path: Path) -> None:
    content = b"a,b,c\n1,NA,x\n?,,unknown\n-999,2.5,\n"
    frame = read_table(written(tmp_path, content), ["unknown", "-999"]).frame
    assert frame["a"].isna().tolist() == [False, True, True]
    assert frame["b"].isna().tolist() == [True, True, False]
    assert frame["c"].isna().tolist() == [False, True, True]


def test_question_marks_are_told(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, b"a,b\n?,2\n3, ?\n")).notes == (
        "cells that only say ? are read as missing: a (1), b (1)",
    )


def test_infinite_numbers_are_missing_and_told(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, b"a,b\ninf,2\n1,-inf\n2,3\n"))
    assert int(table.frame.isna().sum().sum()) == 2
    assert "infinite numbers are treated as missing: a (1), b (1)" in table.notes


def test_a_row_is_called_by_number_and_line(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, b"a,b\n1,2\n3,4\n")).row(1) == "row 2 (line 3)"
    assert read_table(written(tmp_path, b"a,b\n\n1,2\n3,4\n")).row(1) == "row 2"


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "t.csv", "t.csv: the file is empty"),
        (b" \n\n", "t.csv", "t.csv: the file is empty"),
        (gzip.compress(b"", mtime=0), "t.csv.gz", "t.csv.gz: the file is empty"),
        (b"a,b\n", "t.csv", "t.csv: only a header line, no rows"),
        (b"a,b\n1,2\n3\n", "t.csv", "t.csv: line 3 has 1 cell, the header has 2: add the missing cells ('3')"),
        (b"a,b\n1,2\n3,4,5\n", "t.csv", "t.csv: line 3 has 3 cells, the header has 2: put quotes around texts"),
        (b"a,b\n1,2,\n3,4,5\n", "t.csv", "t.csv: line 2 has 3 cells, the header has 2"),
        (b'a,b\n1,"x\n3,z\n', "t.csv", "t.csv: line 2: a quote"),
        (b"a,a\n1,2\n", "t.csv", "t.csv: the column name 'a' occurs 2 times in the header (columns 1, 2): rename"),
        ("a,b\n1,öäü\n".encode() + b"2,\xf6\n", "t.csv", "t.csv: line 3: byte 0xf6 is not UTF-8 text, as the rest"),
        (b"a,b\n1,\x00\x01\n", "t.csv", "t.csv: not a text file: byte 7 is 0x00"),
        (gzip.compress(b"a,b\n1,2\n" * 99, mtime=0)[:-9], "t.csv.gz", "t.csv.gz: the gzip file is damaged or cut off"),
        (b"PK\x03\x04abc", "t.xlsx", "t.xlsx: not a CSV or Parquet file but a ZIP archive or an Excel workbook"),
        (b"", "t.parquet", "t.parquet: the file is empty"),
        (b"hello", "t.parquet", "t.parquet: not readable as Parquet"),
        (b"PAR1 hello world", "t.csv", "t.csv: not readable as Parquet"),
    ],
)
def test_a_file_that_is_no_table(tmp_path: Path, content: bytes, name: str, message: str) -> None:
    path = written(tmp_path, content, name)
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert str(caught.value).startswith(f"{tmp_path}/{message}")
    assert "\n" not in str(caught.value)


def test_no_such_file_names_the_nearest(tmp_path: Path) -> None:
    written(tmp_path, b"a\n1\n", "houses.csv")
    with pytest.raises(TableError, match=r"house\.csv: no such file: did you mean .*houses\.csv\?"):
        read_table(tmp_path / "house.csv")
    with pytest.raises(TableError, match=r"nothing\.csv: no such file: check the path"):
        read_table(tmp_path / "nothing.csv")  # as near to houses.csv as a suffix makes it
    with pytest.raises(TableError, match=r"the folder .* does not exist either"):
        read_table(tmp_path / "nowhere" / "houses.csv")
    with pytest.raises(TableError, match=r"a folder, not a file: it holds houses\.csv; name one file"):
        read_table(tmp_path)


def test_every_type_of_parquet_becomes_a_plain_one(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "nullable whole": pd.array([1, 2, 3], dtype="Int32"),
            "maybe": pd.array([True, None, False], dtype="boolean"),
            "flag": [True, False, True],
            "texts": pd.array(["a", None, "b"], dtype="string"),
            "category": pd.Categorical(["x", None, "y"]),
            "number category": pd.Categorical([1, 2, 1]),
            "decimal": [decimal.Decimal("1.5"), None, decimal.Decimal(2)],
            "zoned": pd.to_datetime(["2020-01-01"] * 3).tz_localize("Europe/Berlin"),
            "day": [datetime.date(2020, 1, 1)] * 3,
            "span": pd.to_timedelta([1, 2, None], unit="s"),
            "empty": [None] * 3,
            "7": np.array([1, 2, 3], "uint8"),
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    read = read_table(tmp_path / "t.parquet").frame
    kinds = {name: str(dtype) for name, dtype in read.dtypes.items()}
    assert kinds["nullable"] == kinds["decimal"] == kinds["span"] == kinds["empty"] == "float64"
    assert read["nullable whole"].dtype.kind == read["number category"].dtype.kind == "i"
    assert kinds["maybe"] == kinds["texts"] == kinds["category"] == "str"
    assert read["maybe"].dropna().tolist() == ["True", "False"]
    assert kinds["flag"] == "bool"
    assert read["zoned"].tolist() == [pd.Timestamp("2019-12-31 23:00")] * 3
    assert read["day"].tolist() == [pd.Timestamp("2020-01-01")] * 3
    assert read["7"].tolist() == [1, 2, 3]
    read.to_parquet(tmp_path / "again.parquet")  # such a frame can always be written
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "again.parquet"), read)


def test_what_no_model_can_read_is_left_out_and_told(tmp_path: Path) -> None:
    pd.DataFrame({"x": [1, 2], "raw": [b"a", b"b"], "list": [[1], [2]]}).to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert list(table.frame.columns) == ["x"]
    assert any("column 'raw' is left out" in note for note in table.notes)
    assert any("column 'list' is left out" in note for note in table.notes)


def test_parquet_without_rows(tmp_path: Path) -> None:
    pd.DataFrame({"x": pd.Series([], dtype="float64")}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(TableError, match="columns but no rows"):
        read_table(tmp_path / "t.parquet")


def test_an_index_stored_by_pandas_is_a_column_like_others(tmp_path: Path) -> None:
    pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="who")).to_parquet(tmp_path / "t.parquet")
    assert set(read_table(tmp_path / "t.parquet").frame.columns) == {"x", "who"}


def test_csv_numbers_are_those_of_python(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    numbers = [float(x) for x in rng.normal(size=500) * 10.0 ** rng.integers(-30, 30, 500)]
    path = written(tmp_path, b"x\n" + "\n".join(map(repr, numbers)).encode())
    assert read_table(path).frame["x"].tolist() == numbers


def test_two_unnamed_columns_are_numbered(tmp_path: Path) -> None:
    assert list(read_table(written(tmp_path, b",a,\n1,2,3\n")).frame.columns) == ["Unnamed: 0", "a", "Unnamed: 2"]


def test_errors_of_columns_are_errors_of_data() -> None:
    assert issubclass(ColumnError, DataError)
    assert issubclass(DataError, ValueError)

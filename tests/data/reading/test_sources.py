"""Where tables come from: encodings, delimiters, compression, folders, databases, URLs, DataFrames."""

import gzip
import sqlite3
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from descent.data import ColumnError, DataError, Dialect, TableError, read_table, table_of
from descent.data.reading import compression as compressions
from descent.data.reading import sources as readings

CSV = "name,größe\nJörg,1\nZoë,2\n"
FRAME = pd.DataFrame({"name": ["Jörg", "Zoë"], "größe": [1, 2]})


def written(folder: Path, content: bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def zstd(raw: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(raw)
    return sink.getvalue().to_pybytes()


# ---- encodings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", "encoding: utf-16"),
        ("utf-16-le", "encoding: utf-16-le (detected"),
        ("utf-16-be", "encoding: utf-16-be (detected"),
        ("utf-32", "encoding: utf-32"),
        ("latin-1", "encoding: cp1252 (detected"),
        ("cp1252", "encoding: cp1252 (detected"),
    ],
)
def test_an_encoding_is_detected_and_said(tmp_path: Path, encoding: str, said: str | None) -> None:
    table = read_table(written(tmp_path, CSV.encode(encoding)))
    pd.testing.assert_frame_equal(table.frame, FRAME)
    notes = [note for note in table.notes if note.startswith("encoding")]
    assert [note.startswith(str(said)) for note in notes] == ([] if said is None else [True])


def test_bytes_that_windows_does_not_know_are_latin_1(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, b"a,b\n\x81,1\n\xe9,2\n")).notes[0].startswith("encoding: latin-1")


def test_a_longer_japanese_text_is_detected(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    cities = ["東京", "大阪", "名古屋", "日本語です", "ありがとう"]
    text = "city,x\n" + "".join(f"{cities[k]},{k}\n" for k in rng.integers(0, 5, 200))
    frame = read_table(written(tmp_path, text.encode("cp932"))).frame
    assert set(frame["city"]) <= set(cities)


def test_an_encoding_that_is_given_is_taken(tmp_path: Path) -> None:
    path = written(tmp_path, "name,x\nпривет,1\n".encode("cp1251"))
    assert read_table(path, encoding="cp1251").frame["name"].tolist() == ["привет"]
    with pytest.raises(TableError, match=r"t\.csv: line 1: byte 0xef cannot be read as utf-16|cannot be read as"):
        read_table(path, encoding="utf-8")
    with pytest.raises(TableError, match=r"no encoding 'cp1525': did you mean"):
        read_table(path, encoding="cp1525")
    with pytest.raises(TableError, match="no encoding 'base64'"):
        read_table(path, encoding="base64")


# ---- delimiters, missing values -----------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~", ":", " ", "\x1f", "#"])
def test_a_delimiter_is_detected_and_said_or_given(tmp_path: Path, delimiter: str) -> None:
    text = "".join(delimiter.join(row) + "\n" for row in (("a", "b"), ("x", "1"), ("y", "2")))
    path = written(tmp_path, text.encode())
    for table in (read_table(path), read_table(path, dialect=Dialect(delimiter))):
        assert table.frame.to_dict("list") == {"a": ["x", "y"], "b": [1, 2]}
    said = [note for note in read_table(path).notes if "(detected)" in note]
    assert len(said) == (delimiter != ",")


def test_a_given_delimiter_wins_over_a_more_frequent_one(tmp_path: Path) -> None:
    path = written(tmp_path, b"a,b;c,d\n1,2;3,4\n")
    assert list(read_table(path, dialect=Dialect(";")).frame.columns) == ["a,b", "c,d"]


def test_words_kept_as_values_stay_in_columns_of_texts_alone(tmp_path: Path) -> None:
    path = written(tmp_path, b"roof,x,country\nNone,1,NA\nflat,NA,DE\n,2,\n")
    table = read_table(path, keep=["None", "NA"])
    assert table.frame["roof"].tolist()[:2] == ["None", "flat"]
    assert table.frame["country"].tolist()[:2] == ["NA", "DE"]
    assert table.frame.isna().to_numpy().tolist() == [[False] * 3, [False, True, False], [True, False, True]]
    assert any("'None' and 'NA' are kept as values: roof (1), country (1)" in note for note in table.notes)
    assert read_table(path).frame["roof"].isna().tolist() == [True, False, True]


# ---- compression and hostile files --------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [gzip.compress, zstd, lambda raw: gzip.compress(raw[:20]) + gzip.compress(raw[20:])])
def test_compressed_files_are_read_whatever_their_name(tmp_path: Path, pack: object) -> None:
    path = written(tmp_path, pack(CSV.encode()), "t.csv")  # type: ignore[operator]
    pd.testing.assert_frame_equal(read_table(path).frame, FRAME)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_a_bomb_is_refused_before_it_fills_the_memory(
    tmp_path: Path, pack: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressions, "SMALL", 1 << 24)
    path = written(tmp_path, pack(b"a,b\n" + b"1,2\n" * (1 << 25)), "t.csv.gz")  # type: ignore[operator]
    tracemalloc.start()
    with pytest.raises(TableError, match="unpack to more than"):
        read_table(path)
    assert tracemalloc.get_traced_memory()[1] < 3 << 25
    tracemalloc.stop()


def test_a_parquet_file_of_billions_of_cells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("descent.data.reading.parquet.LARGEST", 1000)
    pd.DataFrame({"x": np.zeros(2000)}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(TableError, match="2,000 rows of 1 columns are more than fit"):
        read_table(tmp_path / "t.parquet")


@pytest.mark.parametrize("before", [b"", b"a,b\n1,2\n"])
def test_an_endless_line_is_named(tmp_path: Path, before: bytes) -> None:
    path = written(tmp_path, before + b"7" * (100 << 20) + b"\n")
    with pytest.raises(TableError, match=rf"line {1 + before.count(10)} has 104,857,600 bytes"):
        read_table(path)


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, CSV.encode())
    state = readings._state

    def grown(path: Path) -> tuple[int, int]:
        with path.open("ab") as file:
            file.write(b"Ada,3\n")
        return state(path)

    monkeypatch.setattr(readings, "_state", grown)
    with pytest.raises(TableError, match="the file changed while it was read"):
        read_table(path)


def test_a_pipe_is_no_table(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "t.csv")
    with pytest.raises(TableError, match="not a regular file"):
        read_table(tmp_path / "t.csv")


# ---- folders ------------------------------------------------------------------------------------------------------


def test_a_folder_of_parquet_is_one_table(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "year": [2023, 2023, 2024], "town": ["Köln", None, "a b"]})
    frame.to_parquet(tmp_path / "sales", partition_cols=["year", "town"], index=False)
    written(tmp_path / "sales", b"", "_SUCCESS")
    table = read_table(tmp_path / "sales")
    pd.testing.assert_frame_equal(
        table.frame.sort_values("x", ignore_index=True)[["x", "year", "town"]], frame, check_dtype=False
    )
    assert table.frame["year"].dtype.kind == "i"
    assert table.notes[0] == "3 Parquet files, one after the other by name"
    again = read_table(tmp_path / "sales")
    assert again.digest == table.digest
    pd.DataFrame({"x": [4.0]}).to_parquet(next(tmp_path.glob("sales/year=2024/*")) / "z.parquet")
    assert read_table(tmp_path / "sales").digest != table.digest


def test_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    pd.DataFrame({"x": [1.0]}).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"x": ["one"]}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(TableError, match="the 2 Parquet files do not match"):
        read_table(tmp_path)


# ---- databases ----------------------------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> str:
    with sqlite3.connect(tmp_path / "d.db") as connection:
        connection.execute("CREATE TABLE sales (id INTEGER, town TEXT, price REAL)")
        connection.executemany("INSERT INTO sales VALUES (?, ?, ?)", [(1, "Ulm", 2.5), (2, None, None), (3, "Köln", 1)])
    connection.close()
    return f"sqlite:///{tmp_path}/d.db"


def test_a_query_gives_a_table(database: str) -> None:
    table = read_table(database, query="SELECT * FROM sales ORDER BY id")
    assert table.frame["price"].tolist()[::2] == [2.5, 1.0]
    assert table.frame.isna().sum().tolist() == [0, 1, 1]
    assert len(table.notes) == 1
    assert read_table(database, query="SELECT * FROM sales ORDER BY id").digest == table.digest
    assert read_table(database, query="SELECT * FROM sales WHERE id > 1 ORDER BY id").digest != table.digest
    assert any("no ORDER BY" in note for note in read_table(database, query="SELECT * FROM sales").notes)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM sale", "data.query fails: no such table: sale"),
        ("SELEC 1", "data.query fails"),
        ("DELETE FROM sales", "data.query gives no rows (it is not a SELECT)"),
        ("SELECT * FROM sales WHERE id > 9", "data.query gives no rows: SELECT * FROM sales WHERE id > 9"),
        ("SELECT id, price AS id FROM sales", "data.query gives 2 columns named 'id'"),
        ("SELECT * FROM sales WHERE id = :id", "data.query fails"),
        (None, "a database: say in data.query what to read"),
    ],
)
def test_a_query_that_fails_says_why_and_changes_nothing(database: str, query: str | None, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_table(database, query=query)
    assert str(caught.value).startswith(f"{database}: {message}")
    assert "\n" not in str(caught.value)
    assert len(read_table(database, query="SELECT * FROM sales").frame) == 3


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="there is no SQLite file"):
        read_table(f"sqlite:///{tmp_path}/gone.db", query="SELECT 1")
    assert not list(tmp_path.iterdir())


def test_a_driver_that_is_not_installed_is_named() -> None:
    with pytest.raises(TableError, match="needs the package mysqlclient, which is not installed: pip install mysqlc"):
        read_table("mysql://me:hidden@host/d", query="SELECT 1", name="mysql://me:***@host/d")
    with pytest.raises(TableError, match="reading s3:// needs the package s3fs, which is not installed"):
        read_table("s3://bucket/t.parquet")
    with pytest.raises(TableError, match="neither a file system of fsspec nor a database of SQLAlchemy"):
        read_table("nonsense://x")
    with pytest.raises(TableError, match=r"data\.query needs a database's URL in data\.source"):
        read_table("t.csv", query="SELECT 1")


def test_a_database_that_does_not_answer_is_told_without_its_password() -> None:
    pytest.importorskip("psycopg2")
    with pytest.raises(TableError, match="the database cannot be reached") as caught:
        read_table("postgresql://me:hidden@127.0.0.1:9/d", query="SELECT 1", name="postgresql://me:***@127.0.0.1:9/d")
    assert "hidden" not in str(caught.value)


# ---- URLs and DataFrames ------------------------------------------------------------------------------------------


def test_what_fsspec_opens_is_read() -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.pipe("/box/t.csv", CSV.encode())
    memory.pipe("/box/sales/k=1/a.parquet", FRAME.to_parquet(index=False))
    memory.pipe("/box/sales/k=2/a.parquet", FRAME.to_parquet(index=False))
    pd.testing.assert_frame_equal(read_table("memory://box/t.csv").frame, FRAME)
    assert read_table("memory://box/sales").frame["k"].tolist() == [1, 1, 2, 2]
    with pytest.raises(TableError, match=r"memory://box/gone\.csv: no such file: check the URL"):
        read_table("memory://box/gone.csv")


def test_a_dataframe_is_a_table() -> None:
    frame = pd.DataFrame({"x": [1, 2], 7: ["a", None]}, index=[5, 9])
    table = table_of(frame, "mine")
    assert table.frame["x"].tolist() == [1, 2]
    assert list(table.frame.columns) == ["x", "7"]
    assert table.path == "mine"
    assert table_of(frame.copy()).digest == table.digest
    assert table_of(frame.assign(x=[1, 3])).digest != table.digest
    assert table_of(frame.rename(columns={"x": "z"})).digest != table.digest
    for wrong, kind in (
        (frame[:0], TableError),
        (pd.DataFrame(index=[1, 2]), TableError),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), ColumnError),
        (pd.DataFrame({"a": [[1], [2]]}), ColumnError),
    ):
        with pytest.raises(kind, match=r"^mine: "):
            table_of(wrong, "mine")

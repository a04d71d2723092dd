"""A table read some rows at a time says what it says when read at once."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import descent.data.reading.streaming
from descent.data import DataError, FeatureMap, TableError, infer, read_table
from descent.data.features.compiled.features import CompiledFeatures
from descent.data.reading.output import write_frames
from descent.data.reading.streaming import stream


def whole(path: Path, missing: tuple[str, ...] = ()) -> pd.DataFrame:
    """The table read in pieces by a model that learned these columns as plain numbers; texts as they stand."""
    return pd.concat(list(stream(str(path), path.name, missing, ("id", "number", "n"))))


def blanked(frame: pd.DataFrame) -> pd.DataFrame:
    """What means no value, as a model reads it."""
    return frame.mask(frame.isin(["", "NA"]))


def text(rows: int) -> str:
    lines = [f'{i},"a ""quoted"" text, with\na line feed",{i / 7}{",x" if i % 3 else ",NA"}' for i in range(rows)]
    return "id,note,number,kind\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize("piece", [64, 300, 1 << 20])
@pytest.mark.parametrize("packing", ["plain", "gzip", "zstd", "bom"])
def test_pieces_of_a_csv_are_the_whole(
    packing: str, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(descent.data.reading.streaming, "PIECE", piece)
    raw, path = text(40).encode(), tmp_path / "t.csv"
    if packing == "zstd":
        with pa.CompressedOutputStream(str(path), "zstd") as file:
            file.write(raw)
    else:
        path.write_bytes({"plain": raw, "gzip": gzip.compress(raw), "bom": b"\xef\xbb\xbf" + raw}[packing])
    found = whole(path)
    pd.testing.assert_frame_equal(blanked(found), read_table(path).frame, check_index_type=False, check_dtype=False)
    assert len(list(stream(str(path), "t"))) > 1 or piece > len(raw)


def test_other_encodings_and_parquet_are_read_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descent.data.reading.streaming, "PIECE", 64)
    (tmp_path / "latin.csv").write_bytes("naïve;größe\nça;1,5\n".encode("latin-1"))
    assert whole(tmp_path / "latin.csv").to_dict("list") == {"naïve": ["ça"], "größe": ["1,5"]}
    frame = pd.DataFrame({"a": range(500), "b": "x"})
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=100)
    pd.testing.assert_frame_equal(whole(tmp_path / "t.parquet"), frame, check_dtype=False, check_index_type=False)


def test_what_is_no_utf_8_further_down_is_read_as_of_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(descent.data.reading.streaming, "PIECE", 64)
    path = tmp_path / "t.csv"
    path.write_bytes(b"n,city\n" + b"".join(b"%d,Rome\n" % n for n in range(40)) + "40,Orléans\n".encode("latin-1"))
    pd.testing.assert_frame_equal(whole(path), read_table(path).frame, check_index_type=False, check_dtype=False)
    path.write_bytes(b"n,city\n" + "0,Orléans\n".encode() * 40 + b"40,Orl\xe9ans\n")
    with pytest.raises(TableError, match="line 42: byte 0xe9 is not UTF-8 text, as the rest of the file is"):
        whole(path)


def test_words_that_are_values_are_values_in_rows_that_come_later(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in a piece whose cells of a column all say so; in a column of numbers they still mean no value."""
    path = tmp_path / "t.csv"
    rows = [f"{pet},{'NA' if n % 5 == 1 else n},{n % 7}" for n, pet in enumerate(["None"] * 30 + ["cat", "dog"] * 15)]
    path.write_text("pet,size,y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    frame, inference = infer(read_table(path, keep=["None", "NA"]), "y", task="regression")
    FeatureMap.fit_transform(frame, inference, settings())[0].save(tmp_path / "features")
    features = CompiledFeatures.load(tmp_path / "features")
    assert {"pet_None", "pet_cat", "pet_dog"} <= set(features.names)
    monkeypatch.setattr(descent.data.reading.streaming, "PIECE", 16)
    pieces = list(stream(str(path), "t", features.columns.missing, ("size",)))
    assert len(pieces) > 20
    found = np.concatenate([features.transform(piece) for piece in pieces])
    np.testing.assert_array_equal(found, features.transform(frame))


@pytest.mark.parametrize("packing", ["plain", "gzip", "zstd"])
def test_lines_may_end_in_carriage_returns(packing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descent.data.reading.streaming, "PIECE", 64)
    raw, path = b"n,t\r" + b"".join(b"%d,x\r" % n for n in range(100)), tmp_path / "t.csv"
    if packing == "zstd":
        with pa.CompressedOutputStream(str(path), "zstd") as file:
            file.write(raw)
    else:
        path.write_bytes(gzip.compress(raw) if packing == "gzip" else raw)
    assert whole(path)["n"].tolist() == list(range(100))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "empty"),
        (b"a,b\n", "no rows"),
        (b"a,b\n1,2\n3,4,5\n", "cells, the header has 2"),
        (gzip.compress(text(2000).encode(), mtime=0)[:-400], "damaged or cut off"),
    ],
    ids=["empty", "header", "ragged", "cut off"],
)
def test_what_cannot_be_read_is_said(raw: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(raw)
    with pytest.raises(TableError, match=message):
        whole(tmp_path / "t.csv")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.integers(-5, 5), st.text('ab"\n,é ', max_size=6)), min_size=1, max_size=30),
    piece=st.integers(8, 200),
)
def test_wherever_it_is_cut(
    rows: list[tuple[int, str]], piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(descent.data.reading.streaming, "PIECE", piece)
    path = tmp_path / "t.csv"
    pd.DataFrame(rows, columns=["n", "t"]).to_csv(path, index=False)
    try:
        expected = read_table(path).frame
    except DataError:
        return
    found = whole(path)
    assert len(found) == len(expected)
    assert found["n"].tolist() == expected["n"].tolist()
    for one, other in zip(found["t"], expected["t"], strict=True):  # texts of digits alone are not among them
        assert (pd.isna(other) and not one.strip()) or one == other


@pytest.mark.parametrize("name", ["o.csv", "o.csv.gz", "o.parquet"])
def test_frames_are_written_whole_or_not_at_all(name: str, tmp_path: Path) -> None:
    frames = [pd.DataFrame({"a": [1.5, 2.0], "b": ["x", "y"]}), pd.DataFrame({"a": [3.0], "b": ["z, z"]})]
    path = tmp_path / name
    assert write_frames(frames, path) == 3
    found = pd.read_parquet(path) if name.endswith("parquet") else pd.read_csv(path)
    pd.testing.assert_frame_equal(found, pd.concat(frames, ignore_index=True))
    before = path.read_bytes()

    def broken():
        yield frames[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_frames(broken(), path)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("path", "message"),
    [("o.xlsx", "choose one of these endings"), ("none/o.csv", "does not exist"), ("folder.csv", "a folder")],
)
def test_an_output_that_cannot_be_written_is_said_first(path: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(TableError, match=message):
        write_frames(iter([]), tmp_path / path)

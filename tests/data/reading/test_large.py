"""Tables that are read some rows at a time say what they say when read at once."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import descent.data.reading.large
from descent.data import ColumnError, TableError, open_large, read_table, sampled
from descent.data.reading.large import LargeTable


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descent.data.reading.large, "BATCH", 100)


def frame(rows: int = 1000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
            "whole": pd.array(np.where(np.arange(rows) < 500, 7, rng.integers(0, 9, rows)), dtype="Int64"),
            "gaps": pd.array([None if i == 950 else i for i in range(rows)], dtype="Int64"),
            "text": rng.choice(["a", "b", "unknown"], rows),
            "flag": rng.random(rows) < 0.5,
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows), unit="h"),
            "label": np.where(np.arange(rows) == 17, "rare", rng.choice(["no", "yes"], rows)),
        }
    )


def opened(path: Path, missing: tuple[str, ...] = ()) -> LargeTable:
    table = LargeTable.open(str(path), path.name, missing)
    assert table is not None
    return table


def test_rows_columns_and_digest_are_those_of_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    frame().to_parquet(path, row_group_size=130)
    table, whole = opened(path, ("unknown",)), read_table(path, ("unknown",))
    assert (table.rows, table.digest()) == (1000, whole.digest)
    pd.testing.assert_frame_equal(table.columns(list(whole.frame)), whole.frame, check_index_type=False)
    pd.testing.assert_frame_equal(table.columns(["text"]), whole.frame[["text"]], check_index_type=False)
    rows = np.array([0, 99, 100, 517, 999])
    pd.testing.assert_frame_equal(table.take(rows), whole.frame.iloc[rows].reset_index(drop=True))
    assert whole.frame["text"].isna().any()


def test_a_folder_of_files_with_keys_in_its_names_is_one_table(tmp_path: Path) -> None:
    for year, rows in ((2023, slice(0, 300)), (2024, slice(300, 1000))):
        (tmp_path / f"year={year}").mkdir()
        part = frame().iloc[rows]
        (part if year == 2024 else part.drop(columns="flag")).to_parquet(tmp_path / f"year={year}" / "rows.parquet")
    table, whole = opened(tmp_path), read_table(tmp_path)
    assert table.digest() == whole.digest
    order = list(whole.frame)
    found = table.columns(order)[order]
    pd.testing.assert_frame_equal(found.drop(columns="flag"), whole.frame.drop(columns="flag"), check_index_type=False)
    assert set(found["year"]) == {2023, 2024}


def test_what_a_run_of_it_would_take_in_memory_decides(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    numbers = pd.DataFrame({"a": np.arange(1000.0), "b": np.arange(1000)})
    numbers.to_parquet(path)
    assert open_large(str(path), "t", (), 64_000) is None
    table = open_large(str(path), "t", (), 63_999)
    assert table is not None
    assert table.bytes == numbers.memory_usage(index=False).sum()


def test_a_csv_that_is_too_large_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 1000)
    assert open_large(str(path), "t.csv", (), 100_000) is None
    with pytest.raises(TableError, match=r"t\.csv: .*Write it as Parquet.*or raise data\.memory"):
        open_large(str(path), "t.csv", (), 10_000)


def test_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a=1").mkdir()
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a=1" / "1.parquet")
    with pytest.raises(ColumnError, match="in a file and in the name of its folder"):
        LargeTable.open(str(tmp_path), "t")
    pd.DataFrame({"a": ["x"]}).to_parquet(tmp_path / "2.parquet")
    with pytest.raises(TableError, match="do not match"):
        LargeTable.open(str(tmp_path), "t")


def test_a_damaged_file_is_said_before_or_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    frame().to_parquet(path, row_group_size=100)
    table = opened(path)
    raw = bytearray(path.read_bytes())
    raw[200:4000] = bytes(3800)
    path.write_bytes(bytes(raw))
    with pytest.raises(TableError, match=r"t\.parquet: cells that cannot be read"):
        table.columns(list(table.schema.names))
    path.write_bytes(bytes(raw[:500]))
    with pytest.raises(TableError, match="not readable as Parquet"):
        opened(path)


def test_a_sample_is_drawn_evenly_and_holds_every_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("descent.data.reading.sampling.FEWEST", 100)
    path = tmp_path / "t.parquet"
    given = frame()
    given.loc[::10, "label"] = None
    given.to_parquet(path, row_group_size=130)
    table = sampled(opened(path), "label", 1, seed=0)
    assert table.rows is not None
    assert 100 <= len(table.frame) <= 109
    assert (table.frame["label"] == "rare").sum() == 1
    assert table.frame["label"].notna().all()
    assert np.abs(table.rows.mean() - 500) < 120
    pd.testing.assert_frame_equal(table.frame, read_table(path).frame.iloc[table.rows].reset_index(drop=True))
    assert any("100 rows without a value of the target label" in note for note in table.notes)
    again, other = (sampled(opened(path), "label", 1, seed=seed).rows for seed in (0, 1))
    assert np.array_equal(again, table.rows)
    assert not np.array_equal(other, table.rows)

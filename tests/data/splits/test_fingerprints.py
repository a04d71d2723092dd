import numpy as np
import pandas as pd
import pytest

from descent.data import ColumnError
from descent.data.splits.fingerprints import places, row_hashes


def test_a_row_is_known_by_its_cells_whatever_their_type_order_or_place() -> None:
    frame = pd.DataFrame(
        {"a": [1, 2, 3], "b": ["x", "y", None], "c": pd.to_datetime(["2024-01-01", "2024-01-02", None])}
    )
    hashes = row_hashes(frame, ["a", "b", "c"])
    assert len(set(hashes)) == 3
    other = frame.iloc[::-1].assign(a=["3", "2", "1"], more=0)[["c", "more", "b", "a"]]
    assert np.array_equal(row_hashes(other, ["c", "b", "a"]), hashes[::-1])
    assert np.array_equal(row_hashes(frame.assign(a=[1.0, 2.0, 3.0]), ["a", "b", "c"]), hashes)
    assert np.array_equal(row_hashes(frame.assign(a=["1", "2.0", "3e0"]), ["a", "b", "c"]), hashes)
    changed = row_hashes(frame.assign(a=[1, 2, 4]), ["a", "b", "c"])
    assert (changed == hashes).tolist() == [True, True, False]


def test_a_row_stays_what_it_is_whatever_kind_other_rows_give_a_column() -> None:
    day, moment = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02 03:04:05")
    for kind in ("datetime64[s]", "datetime64[us]", "datetime64[ns]"):
        days, moments = (pd.DataFrame({"a": pd.Series([day, other]).astype(kind)}) for other in (day, moment))
        assert row_hashes(days, "a")[0] == row_hashes(moments, "a")[0] != row_hashes(moments, "a")[1]
    whole, gaps = pd.DataFrame({"a": [True, False]}), pd.DataFrame({"a": pd.Series(["True", None], dtype="str")})
    assert row_hashes(whole, "a")[0] == row_hashes(gaps, "a")[0]


def test_cells_that_change_places_make_another_row() -> None:
    assert row_hashes(pd.DataFrame({"a": [1], "b": [2]}), "ab") != row_hashes(pd.DataFrame({"a": [2], "b": [1]}), "ab")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ColumnError, match="'b' is missing"):
        row_hashes(pd.DataFrame({"a": [1]}), ["a", "b"])


def test_places_are_spread_evenly_and_follow_the_seed() -> None:
    from scipy.stats import kstest

    frame = pd.DataFrame({"a": np.arange(20_000), "b": np.arange(20_000) % 3})
    found = [places(frame, ["a", "b"], seed) for seed in (0, 1, 2**32)]
    assert all(kstest(at, "uniform").pvalue > 1e-4 for at in found)
    assert np.abs(np.corrcoef(found) - np.eye(3)).max() < 0.04
    assert np.array_equal(found[0], places(frame, ["b", "a"], 0))
    assert places(frame.assign(a=-0.0), ["a"], 0)[0] == places(frame.assign(a=0), ["a"], 0)[0]

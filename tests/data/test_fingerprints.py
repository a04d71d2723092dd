import numpy as np
import pandas as pd
import pytest

from data import ColumnError
from data.fingerprints import row_hashes


def test_a_row_is_known_by_its_cells_whatever_their_type_order_or_place() -> None:
    frame = pd.DataFrame(
        {"a": [1, 2, 3], "b": ["x", "y", None], "c": pd.to_datetime(["2024-01-01", "2024-01-02", None])}
    )
    hashes = row_hashes(frame, ["a", "b", "c"])
    assert len(set(hashes)) == 3
    other = frame.iloc[::-1].assign(a=["3", "2", "1"], more=0)[["c", "more", "b", "a"]]
    assert np.array_equal(row_hashes(other, ["c", "b", "a"]), hashes[::-1])
    assert np.array_equal(row_hashes(frame.assign(a=[1.0, 2.0, 3.0]), ["a", "b", "c"]), hashes)
    changed = row_hashes(frame.assign(a=[1, 2, 4]), ["a", "b", "c"])
    assert (changed == hashes).tolist() == [True, True, False]


def test_cells_that_change_places_make_another_row() -> None:
    assert row_hashes(pd.DataFrame({"a": [1], "b": [2]}), "ab") != row_hashes(pd.DataFrame({"a": [2], "b": [1]}), "ab")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ColumnError, match="'b' is missing"):
        row_hashes(pd.DataFrame({"a": [1]}), ["a", "b"])

"""What the checks may see of a table: rows in the file's order, whole columns but for the target, and a glance."""

import numpy as np
import pandas as pd
import pytest

from descent.data import Split, infer, table_of
from descent.data.findings.examined import Examined
from descent.data.findings.matrix import glance


@pytest.fixture
def seen() -> Examined:
    """A table of 100 rows in three parts."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=100), "y": rng.normal(size=100)})
    rows = rng.permutation(100)
    frame, inference = infer(table_of(frame), "y")
    return Examined.of(frame, inference, Split(*map(np.sort, (rows[:60], rows[60:80], rows[80:]))))


@pytest.mark.parametrize("most", [7, 80, 1000])
def test_rows_in_order_are_spaced_evenly_over_train_and_cv(seen: Examined, most: int) -> None:
    everyone = pd.concat([seen.train, seen.cv]).sort_index()
    places = np.linspace(0, 79, min(most, 80)).astype(int)
    pd.testing.assert_frame_equal(seen.in_order(most), everyone.iloc[places])


def test_the_target_of_test_rows_cannot_be_asked_for(seen: Examined) -> None:
    assert len(seen.whole("x")) == 100
    assert len(seen.worked("y")) == 80
    with pytest.raises(KeyError):
        seen.whole("y")


def test_a_glance_sees_that_a_third_of_the_rows_equal_another() -> None:
    values = np.arange(1_000_000)
    values[:150_000] = values[150_000:300_000]
    some = values[glance(len(values))]
    assert len(np.unique(some)) < len(some) < 20_000
    assert sorted(glance(10)) == list(range(10))

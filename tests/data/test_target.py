"""The target as numbers to learn, and back."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from descent.data import ColumnError, Target


def test_numbers_are_standardised_by_the_training_rows_and_come_back() -> None:
    train = pd.Series([1.0, 2.0, 3.0, 10.0], name="y")
    target = Target.fit(train, "regression", ())
    np.testing.assert_allclose(target.encode(train), (train - train.mean()) / train.std(ddof=0), rtol=1e-6)
    assert target.encode(train).dtype == np.float32
    new = pd.Series([-5, 70])
    np.testing.assert_allclose(target.decode(target.encode(new)), new, rtol=1e-6)
    assert (target.mean, target.outputs) == (4.0, 1)


def test_costs_and_metrics_return_to_the_targets_units() -> None:
    y = pd.Series([1.0, 2.0, 6.0, 10.0], name="y")
    target = Target.fit(y, "regression", ())
    guess = np.array([0.1, -0.2, 0.3, 1.0])
    error = target.decode(guess) - y
    half = float(((guess - target.encode(y)) ** 2).mean() / 2)
    assert target.cost_in_units(half) == pytest.approx(float((error**2).mean() / 2), rel=1e-6)
    rmse = float(np.sqrt(((guess - target.encode(y)) ** 2).mean()))
    metrics = target.metrics_in_units({"rmse": rmse, "r2": 0.5})
    assert metrics == {"rmse": pytest.approx(float(np.sqrt((error**2).mean())), rel=1e-6), "r2": 0.5}
    assert np.isnan(target.cost_in_units(None))


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 1e300])
def test_a_constant_target_is_refused(value: float) -> None:
    with pytest.raises(ColumnError, match="target 'y' has only one value in the training rows"):
        Target.fit(pd.Series([value] * 7, name="y"), "regression", ())


def test_a_target_beyond_computing_is_refused() -> None:
    with pytest.raises(ColumnError, match="too large or too small"):
        Target.fit(pd.Series([1e300, -1e300, 0.0], name="y"), "regression", ())


@pytest.mark.parametrize(
    ("classes", "kind"),
    [
        (("no", "yes"), "O"),
        ((0, 1), "i"),
        ((False, True), "b"),
        ((3, 5, 9), "i"),
        (("1", "2", "x"), "O"),
        ((0.5, 1.5), "f"),
    ],
)
def test_labels_come_back_as_they_were(classes: tuple[Any, ...], kind: str) -> None:
    column = pd.Series([*classes, classes[0]], name="y")
    target = Target.fit(column, "binary" if len(classes) == 2 else "multiclass", classes)
    codes = target.encode(column)
    assert codes.dtype == np.int64
    assert codes.tolist() == [*range(len(classes)), 0]
    back = target.decode(codes)
    assert back.dtype.kind == kind
    assert back.tolist() == column.tolist()
    assert target.outputs == (1 if len(classes) == 2 else len(classes))
    again = Target.from_dict(json.loads(json.dumps(target.to_dict())))
    assert again == target
    assert again.decode(codes).tolist() == column.tolist()


@pytest.mark.parametrize("dtype", ["float64", "object", "str", "Int64", "category", "uint8"])
def test_labels_in_other_types_have_the_same_codes(dtype: str) -> None:
    column = pd.Series([3, 5, 9, 3], name="y")
    assert Target("y", "multiclass", (3, 5, 9)).encode(column.astype(dtype)).tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize("label", ["maybe", None])
def test_a_label_that_was_never_seen_is_named(label: str | None) -> None:
    with pytest.raises(ColumnError, match=r"target 'y', row 2: .* is none of the classes 'no', 'yes'"):
        Target("y", "binary", ("no", "yes")).encode(pd.Series(["no", label]))


def test_a_missing_number_is_refused() -> None:
    with pytest.raises(ColumnError, match="target 'y', row 2: nan is not a number"):
        Target("y", "regression").encode(pd.Series([1.0, np.nan]))

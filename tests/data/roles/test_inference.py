"""What is decided about a table where nothing was said, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from descent.data import ColumnError, DataError, Table, infer, read_table

RNG = np.random.default_rng(0)
M = 120
NUMBERS = RNG.normal(size=M)
Ask = Callable[..., Any]


def roles_of(ask: Ask, **columns: Any) -> dict[str, str]:
    _, inference = ask(pd.DataFrame({"x": NUMBERS, **columns, "y": NUMBERS}))
    return {column.name: column.role for column in inference.columns}


@pytest.mark.parametrize(
    ("values", "role"),
    [
        (RNG.normal(size=M), "numeric"),
        (RNG.integers(0, 5, M), "numeric"),
        (np.arange(M) + 7, "identifier"),
        (np.ones(M), "constant"),
        (["red", "blue", "green"] * 40, "categorical"),
        ([True, False] * 60, "boolean"),
        (["yes", "no"] * 60, "boolean"),
        (["m", "f"] * 60, "categorical"),
        ([f"K-{n}" for n in range(M)], "identifier"),
        ([f"the {n} quick foxes jump over" for n in range(M)], "text"),
        (pd.date_range("2020-01-01", periods=M)[::-1], "datetime"),
        ([f"2020-01-{1 + n % 28:02}" for n in RNG.permutation(M)], "datetime"),
        ([f"2020-01-{1 + n % 28:02}T10:00:00Z" for n in RNG.permutation(M)], "datetime"),
    ],
)
def test_the_role_of_a_column(ask: Ask, values: Any, role: str) -> None:
    assert roles_of(ask, c=values)["c"] == role


@pytest.mark.parametrize("name", ["subject#", "patient_id", "User ID", "customer", "household_no"])
def test_rows_of_one_person_make_a_group(ask: Ask, name: str) -> None:
    frame = pd.DataFrame({name: np.repeat(range(12), 10), "x": NUMBERS, "y": NUMBERS})
    _, inference = ask(frame)
    assert (inference.split_by, inference.group) == ("group", name)


def test_few_rows_per_person_make_no_group(ask: Ask) -> None:
    assert ask(pd.DataFrame({"user": np.repeat(range(60), 2), "x": NUMBERS, "y": NUMBERS}))[1].split_by == "random"


def test_a_file_in_order_of_a_date_is_split_by_time(ask: Ask) -> None:
    days = pd.date_range("2020-01-01", periods=M)
    assert ask(pd.DataFrame({"day": days, "x": NUMBERS, "y": NUMBERS}))[1].time == "day"
    mixed = days[RNG.permutation(M)]
    assert ask(pd.DataFrame({"day": mixed, "x": NUMBERS, "y": NUMBERS}))[1].split_by == "random"
    assert ask(pd.DataFrame({"day": days, "x": NUMBERS, "y": NUMBERS}), by="random")[1].split_by == "random"


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (RNG.normal(size=M), "regression", ()),
        (np.arange(M), "regression", ()),
        ([0, 1] * 60, "binary", (0, 1)),
        ([0.0, 1.0] * 60, "binary", (0, 1)),
        ([True, False] * 60, "binary", (False, True)),
        (["no", "yes"] * 60, "binary", ("no", "yes")),
        ([3, 4, 5] * 40, "multiclass", (3, 4, 5)),
        (["c", "a", "b"] * 40, "multiclass", ("a", "b", "c")),
    ],
)
def test_the_task(ask: Ask, values: Any, task: str, classes: tuple[Any, ...]) -> None:
    _, inference = ask(pd.DataFrame({"x": NUMBERS, "y": values}))
    assert (inference.task, inference.classes) == (task, classes)
    assert [type(label) for label in inference.classes] == [type(label) for label in classes]


def test_missing_labels_do_not_turn_whole_numbers_into_floats(ask: Ask) -> None:
    frame, inference = ask(pd.DataFrame({"x": NUMBERS, "y": [0, 1, 2, np.nan] * 30}))
    assert inference.classes == (0, 1, 2)
    assert frame["y"].dtype.kind == "i"
    assert list(frame.index) == list(range(90))


@pytest.mark.parametrize("positive", ["no", "yes"])
def test_the_positive_label_comes_last(ask: Ask, positive: str) -> None:
    frame = pd.DataFrame({"x": NUMBERS, "y": ["no", "yes"] * 60})
    assert ask(frame, positive=positive)[1].classes[1] == positive


def test_what_the_configuration_says_holds(ask: Ask) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3] * 40, "b": ["1", "2"] * 60, "c": NUMBERS, "g": [1, 2, 3] * 40, "y": NUMBERS})
    _, inference = ask(frame, roles={"categorical": ["a"], "numeric": ["b"]}, exclude=["c"], group="g")
    roles = {column.name: column.role for column in inference.columns}
    assert roles == {"a": "categorical", "b": "numeric", "c": "excluded", "g": "group"}


def test_each_role_can_be_set(ask: Ask) -> None:
    frame = pd.DataFrame(
        {
            "numeric": [str(k) for k in range(M)],
            "categorical": NUMBERS.round(),
            "datetime": pd.Series([f"2024-01-{1 + k % 9:02}" for k in range(M)], dtype="str"),
            "boolean": [0, 1] * 60,
            "text": ["a", "b"] * 60,
            "identifier": NUMBERS,
            "constant": NUMBERS,
            "rest": NUMBERS,
            "y": NUMBERS,
        }
    )
    names = [name for name in frame.columns if name not in ("rest", "y")]
    rows, inference = ask(frame, roles={name: [name] for name in names})
    assert {c.name: c.role for c in inference.columns if c.name != "rest"} == {name: name for name in names}
    assert inference.categories == ("categorical", "boolean")
    assert rows["datetime"].dtype.kind == "M"


def test_roles_that_do_not_fit_are_refused(ask: Ask) -> None:
    frame = pd.DataFrame({"c": ["2024-01-31", "31.1.2024", "x"] * 40, "y": NUMBERS})
    with pytest.raises(ColumnError, match=r"t\.csv: column 'c', row 3: 'x' is not a date \(40 such values\)"):
        ask(frame, roles={"datetime": ["c"]})
    with pytest.raises(ColumnError, match=r"column 'c' is named in data\.boolean, but has 3 values"):
        ask(frame, roles={"boolean": ["c"]})


def test_dates_may_order_rows_as_numbers_do(ask: Ask) -> None:
    frame = pd.DataFrame({"year": np.arange(M)[::-1], "x": NUMBERS, "y": NUMBERS})
    assert ask(frame, time="year")[1].split_by == "time"


def test_asked_to_split_by_time_the_one_date_is_taken(ask: Ask) -> None:
    days = pd.Series(pd.date_range("2020-01-01", periods=M)).sample(frac=1, random_state=0).to_numpy()
    assert ask(pd.DataFrame({"day": days, "x": NUMBERS, "y": NUMBERS}), by="time")[1].time == "day"


def test_dates_in_another_form_are_read(ask: Ask) -> None:
    frame = pd.DataFrame({"d": [f"{1 + k % 28}.{1 + k % 12}.2024" for k in range(M)], "x": NUMBERS, "y": NUMBERS})
    read, inference = ask(frame)
    assert inference.columns[0].role == "datetime"
    assert (read["d"].dt.day - 1).tolist() == [k % 28 for k in range(M)]


FEW = {"x": list(range(6)), "y": list(range(6))}


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"y": [1.0] * M}, {}, "t.csv: target 'y' has only one value (1.0): there is nothing to predict"),
        ({"y": ["a"] * M}, {}, "t.csv: target 'y' has only one value (a)"),
        ({"y": [np.nan] * M}, {}, "t.csv: target 'y' has no value in any row"),
        (FEW, {}, "t.csv: 6 rows with a target are too few to train, compare and test: at least 10"),
        ({"y": [f"n{k}" for k in range(M)]}, {}, "t.csv: target 'y' has 120 different labels in 120 rows"),
        ({"y": [f"n{k}" for k in range(60)] * 2}, {}, "t.csv: target 'y' has 60 different labels"),
        ({"y": ["a", "b", "c"] * 40}, {"task": "binary"}, "t.csv: target 'y' has 3 labels ('a', 'b', 'c'); a binary"),
        ({"y": ["a", "b"] * 60}, {"task": "multiclass"}, "t.csv: target 'y' has 2 labels; multiclass needs three"),
        ({"y": ["1", "b"] * 60}, {"task": "regression"}, "t.csv: target 'y', row 2: 'b' is not a number (60 such"),
        ({"y": ["a", "b"] * 60}, {"positive": "c"}, "data.positive: 'c' is no label of 'y'; allowed: a, b"),
        ({"y": pd.date_range("2020-01-01", periods=M)}, {}, "t.csv: target 'y' holds dates"),
        (
            {"c": [*map(str, range(119)), "kaputt"]},
            {},
            "t.csv: column 'c', row 120: 'kaputt' is among numbers (1 such",
        ),
        (
            {"c": ["1", "b"] * 60},
            {"roles": {"numeric": ["c"]}},
            "t.csv: column 'c', row 2: 'b' is not a number (60",
        ),
        (
            {"c": pd.date_range("2020-01-01", periods=M)},
            {"roles": {"numeric": ["c"]}},
            "t.csv: column 'c', row 1: '2020-01-01",
        ),
        ({}, {"target": "Y "}, "t.csv: data.target: there is no column 'Y '. Did you mean 'y'?"),
        ({}, {"exclude": ["nope"]}, "t.csv: data.exclude: there is no column 'nope'. Columns: 'x', 'y'"),
        ({}, {"roles": {"numeric": ["q"]}}, "t.csv: data.numeric: there is no column 'q'"),
        ({}, {"roles": {"categorical": ["q"]}}, "t.csv: data.categorical: there is no column 'q'"),
        ({}, {"group": "q"}, "t.csv: data.group: there is no column 'q'"),
        ({}, {"time": "q"}, "t.csv: data.time: there is no column 'q'"),
        ({}, {"exclude": ["x"]}, "t.csv: no column is left to predict 'y' from. Roles: x is excluded"),
        ({}, {"exclude": ["y"]}, "t.csv: column 'y' is named in data.target and in data.exclude: keep one"),
        (
            {},
            {"exclude": ["x"], "roles": {"numeric": ["x"]}},
            "t.csv: column 'x' is named in data.exclude and in data.numeric",
        ),
        ({}, {"roles": {"numeric": ["x"], "categorical": ["x"]}}, "t.csv: column 'x' is named in data.numeric and in"),
        ({}, {"group": "y"}, "t.csv: column 'y' is named in data.target and in data.group"),
        ({}, {"by": "group"}, "t.csv: split.by is group, but data.group does not say which column"),
        ({}, {"by": "time"}, "t.csv: split.by is time, but data.time does not say which column"),
        ({}, {"task": "ranking"}, "data.task: 'ranking' is not a task; allowed: regression, binary, multiclass"),
    ],
)
def test_what_is_refused(ask: Ask, columns: dict[str, Any], options: dict[str, Any], message: str) -> None:
    frame = pd.DataFrame({"x": NUMBERS, "y": NUMBERS} | columns if columns is not FEW else FEW)
    with pytest.raises(DataError) as caught:
        ask(frame, **({"target": "y"} | options))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rows_keep_their_numbers_when_others_are_dropped(tmp_path: Path) -> None:
    lines = ["x,y"] + [f"{k}.5,{'' if k < 5 else k}" for k in range(30)]
    lines[21] = "oops,20"
    (tmp_path / "t.csv").write_text("\n".join(lines))
    with pytest.raises(ColumnError, match=r"t\.csv: column 'x', row 21 \(line 22\): 'oops' is among numbers"):
        infer(read_table(tmp_path / "t.csv"), "y")
    with pytest.raises(ColumnError, match=r"row 21 \(line 22\): 'oops' is not a number"):
        infer(read_table(tmp_path / "t.csv"), "y", roles={"numeric": ["x"]})


def test_the_table_itself_is_never_changed(houses: pd.DataFrame) -> None:
    before = houses.copy()
    infer(Table(houses, "", Path("t.csv")), "y", roles={"numeric": ["rooms"]})
    pd.testing.assert_frame_equal(houses, before)


def test_the_one_value_of_a_constant_is_said_as_it_stands(ask: Ask) -> None:
    _, inference = ask(pd.DataFrame({"x": NUMBERS, "zero": np.zeros(M, int), "here": "Anvers", "y": NUMBERS}))
    columns = {column.name: column for column in inference.columns}
    assert columns["zero"].reason == "only one value: 0"
    assert columns["here"].reason == "only one value: 'Anvers'"

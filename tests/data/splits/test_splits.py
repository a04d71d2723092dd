"""Splits and folds: nothing lost, nothing twice, in the shares asked for, and honest."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from descent.data import Column, ColumnError, SplitError, Table, fold_rows, infer, split_rows

from .questions import SEEDS, question

FRACTIONS = st.tuples(*[st.integers(1, 8)] * 3).map(lambda parts: tuple(part / sum(parts) for part in parts))


@given(st.integers(15, 300), FRACTIONS, SEEDS)
def test_numbers_are_split_by_chance_to_the_row(rows: int, fractions: tuple[float, float, float], seed: int) -> None:
    frame = pd.DataFrame({"y": np.arange(rows)})
    split = split_rows(frame, question("regression", "random"), fractions, seed)
    parts = [split.train, split.cv, split.test]
    assert sorted(np.concatenate(parts)) == list(range(rows))
    for part, share in zip(parts, fractions, strict=True):
        assert abs(len(part) - share * rows) <= 1 + 1e-9
        assert (np.diff(part) > 0).all()
    again = split_rows(frame, question("regression", "random"), fractions, seed)
    assert all((a == b).all() for a, b in zip(parts, [again.train, again.cv, again.test], strict=True))


@given(st.lists(st.integers(2, 60), min_size=2, max_size=8), FRACTIONS, SEEDS)
def test_every_class_has_its_share_in_every_part(
    counts: list[int], fractions: tuple[float, float, float], seed: int
) -> None:
    y = np.repeat(np.arange(len(counts)), counts)
    rows = len(y)
    if rows < 20:
        return
    split = split_rows(
        pd.DataFrame({"y": y}), question("multiclass", "stratified", tuple(range(len(counts)))), fractions, seed
    )
    parts = [split.train, split.cv, split.test]
    assert sorted(np.concatenate(parts)) == list(range(rows))
    for part, share in zip(parts, fractions, strict=True):
        for code, count in enumerate(counts):
            assert abs((y[part] == code).sum() - share * count) <= 1 + 1e-9
        assert abs(len(part) - share * rows) <= len(counts)
    assert set(y[split.train]) == set(y)


def test_two_rows_of_a_class_are_enough() -> None:
    y = np.array([0] * 50 + [1] * 2)
    for seed in range(20):
        split = split_rows(pd.DataFrame({"y": y}), question("binary", "stratified", (0, 1)), seed=seed)
        assert (y[split.train] == 1).sum() == 1


def test_random_pays_no_heed_to_classes_where_it_is_asked_for() -> None:
    y = np.array([0] * 80 + [1] * 20)
    shares = {
        (y[split_rows(pd.DataFrame({"y": y}), question("binary", "random", (0, 1)), seed=seed).test] == 1).sum()
        for seed in range(20)
    }
    assert len(shares) > 3


def grown(rows: int) -> pd.DataFrame:
    """A table whose first rows are the same whatever their number."""
    x = np.random.default_rng(0).normal(size=(3000, 2))[:rows]
    return pd.DataFrame({"x": x[:, 0], "g": np.arange(rows) // 4, "t": x[:, 1].round(3), "y": np.arange(rows) % 2})


@pytest.mark.parametrize(
    ("task", "by", "classes"),
    [("regression", "random", ()), ("binary", "stratified", (0, 1)), ("binary", "group", (0, 1))],
)
def test_by_content_a_row_keeps_its_part_while_the_table_grows(task: str, by: str, classes: tuple[int, ...]) -> None:
    asked, fractions = question(task, by, classes), (0.6, 0.2, 0.2)
    before = split_rows(grown(2000), asked, fractions, 7, "content")
    shuffled = grown(3000).sample(frac=1, random_state=0)
    after = split_rows(shuffled.reset_index(drop=True), asked, fractions, 7, "content")
    numbers = shuffled.index.to_numpy()
    for name, share in zip(("train", "cv", "test"), fractions, strict=True):
        old, new = set(getattr(before, name)), set(numbers[getattr(after, name)])
        assert old == {number for number in new if number < 2000}
        assert abs(len(new) / 3000 - share) < 4 * np.sqrt(share * (1 - share) / (750 if by == "group" else 3000))
    assert sum(len(part) for part in (after.train, after.cv, after.test)) == 3000
    other = split_rows(grown(2000), asked, fractions, 8, "content")
    assert len(np.intersect1d(before.test, other.test)) < len(before.test) / 2
    if by == "group":
        groups = grown(2000)["g"].to_numpy()
        assert not set(groups[before.test]) & set(groups[before.train])


def test_by_content_equal_rows_share_a_part_whatever_their_target_and_number() -> None:
    frame = pd.DataFrame(
        {"x": np.repeat(np.arange(50), 4), "y": np.arange(200.0), "s": [f"row {i}" for i in range(200)]}
    )
    columns = (Column("x", "numeric", ""), Column("s", "identifier", ""))
    split = split_rows(frame, replace(question("regression", "random"), columns=columns), draw="content")
    parts = [set(frame["x"].iloc[part]) for part in (split.train, split.cv, split.test)]
    assert sum(map(len, parts)) == 50
    with pytest.raises(SplitError, match=r"split\.draw=chance"):
        split_rows(frame.assign(x=1), replace(question("regression", "random"), columns=columns), draw="content")


def test_by_content_has_nothing_to_draw_where_time_decides() -> None:
    asked = question("regression", "time")
    given, drawn = (split_rows(grown(200), asked, draw=draw) for draw in ("chance", "content"))
    assert given.test.tolist() == drawn.test.tolist()


@given(
    st.lists(
        st.sampled_from(["train", "Training", " cv", "VAL", "valid", "Validation", "dev", "TEST ", "Hold-Out"]),
        min_size=20,
        max_size=60,
    ),
    SEEDS,
)
def test_a_column_says_which_part_a_row_is_for(said: list[str], seed: int) -> None:
    meant = np.array(
        [
            "t"
            if text.strip().lower() in ("train", "training")
            else "e"
            if text.strip().lower() in ("test", "hold-out")
            else "c"
            for text in said
        ]
    )
    if len(set(meant)) < 3:
        return
    frame = pd.DataFrame({"s": said, "y": np.arange(len(said))})
    split = split_rows(frame, question("regression", "column"), (0.1, 0.1, 0.8), seed)
    for part, letter in ((split.train, "t"), (split.cv, "c"), (split.test, "e")):
        assert part.tolist() == np.flatnonzero(meant == letter).tolist()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            ["train", "cv", "tset"] * 7,
            r"column 's', row 3 of those with a target, says 'tset' \(7 such rows\), which is none of the three "
            r"parts\. "
            r"Allowed are train: train, training, .*; cv: .*; test: ",
        ),
        (["train", "cv", "test", None] * 5, r"row 4 .* says nothing \(5 such rows\)"),
        ([0, 1, 2] * 7, r"row 1 .* says '0' \(21 such rows\)"),
        (["train", "test"] * 10, r"column 's' says cv for no usable row: mark some rows with cv or val, or"),
        (["cv", "test"] * 10, r"says train for no usable row"),
        (["train", "val"] * 10, r"says test for no usable row"),
    ],
)
def test_a_column_that_says_something_else_is_refused(said: list[object], message: str) -> None:
    frame = pd.DataFrame({"s": said, "y": np.arange(len(said))})
    with pytest.raises(SplitError, match=message):
        split_rows(frame, question("regression", "column"))


def test_a_table_brings_its_own_split() -> None:
    frame = pd.DataFrame(
        {"x": np.arange(60.0), "Part": ["train", "train", "dev", "test"] * 15, "y": [0, 1, 0, 1, 1, 0] * 10}
    )
    rows, asked = infer(Table(frame, "", Path("t.csv")), "y", split_column="Part")
    assert (asked.split_by, asked.split_column) == ("column", "Part")
    assert asked.of_role("split") == ("Part",)
    assert asked.categories == ()
    assert split_rows(rows, asked).cv.tolist() == list(range(2, 60, 4))
    drawn = infer(Table(frame, "", Path("t.csv")), "y", split_column="Part", by="stratified")[1]
    assert drawn.split_by == "stratified"
    assert drawn.of_role("split") == ("Part",)  # no model may see it all the same


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split_column": "part"}, "split.column: there is no column 'part'. Did you mean 'Part'?"),
        ({"split_column": "y"}, "column 'y' is named in data.target and in split.column"),
        ({"split_column": "Part", "exclude": ["Part"]}, "column 'Part' is named in data.exclude and in split.column"),
        ({"by": "column"}, "split.by is column, but split.column does not say which one"),
        ({"by": "stratified"}, "split.by is stratified, which keeps the shares of classes, but the target is a number"),
    ],
)
def test_settings_of_a_split_that_cannot_be(options: dict[str, object], message: str) -> None:
    frame = pd.DataFrame({"x": np.arange(60.0), "Part": ["train", "cv", "test"] * 20, "y": np.arange(60) * 0.5})
    with pytest.raises(ColumnError) as caught:
        infer(Table(frame, "", Path("t.csv")), "y", **options)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_seeds_differ() -> None:
    frame, asked = pd.DataFrame({"y": np.arange(50)}), question("regression", "random")
    assert (split_rows(frame, asked, seed=0).train != split_rows(frame, asked, seed=1).train).any()


@given(st.lists(st.integers(0, 40), min_size=30, max_size=200), FRACTIONS)
def test_time_never_runs_backwards(moments: list[int], fractions: tuple[float, float, float]) -> None:
    times = np.array(moments)
    frame = pd.DataFrame({"t": pd.Timestamp("2020-01-01") + pd.to_timedelta(times, unit="D"), "y": times})
    try:
        split = split_rows(frame, question("regression", "time"), fractions)
    except SplitError:
        assert max(np.bincount(times)) > min(fractions) * len(times) - 1  # one moment is larger than a part
        return
    assert times[split.train].max() < times[split.cv].min()
    assert times[split.cv].max() < times[split.test].min()
    assert sorted(np.concatenate([split.train, split.cv, split.test])) == list(range(len(times)))


@given(st.lists(st.integers(0, 15), min_size=60, max_size=200), SEEDS)
def test_groups_stay_whole(members: list[int], seed: int) -> None:
    groups = np.array(members)
    if len(set(members)) < 5:
        return
    frame = pd.DataFrame({"g": groups, "y": np.arange(len(groups))})
    split = split_rows(frame, question("regression", "group"), seed=seed)
    parts = [set(groups[part]) for part in (split.train, split.cv, split.test)]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
    assert sorted(np.concatenate([split.train, split.cv, split.test])) == list(range(len(groups)))
    for fit, held in fold_rows(frame, question("regression", "group"), 3, seed):
        assert not set(groups[fit]) & set(groups[held])


@pytest.mark.parametrize(
    ("frame", "by", "message"),
    [
        ({"g": ["a", "b"] * 10, "y": range(20)}, "group", "column 'g' has 2 groups; three parts need at least three"),
        ({"t": ["2020-01-01"] * 20, "y": range(20)}, "time", "the train part would have no rows: 20 rows"),
        ({"t": ["spring"] * 20, "y": range(20)}, "time", "column 't' orders the rows in time, but holds neither"),
    ],
)
def test_what_cannot_be_split(frame: dict[str, object], by: str, message: str) -> None:
    with pytest.raises(SplitError, match=message):
        split_rows(pd.DataFrame(frame), question("regression", by))


@pytest.mark.parametrize("by", ["group", "time"])
def test_a_single_class_to_learn_from_is_refused(by: str) -> None:
    y = np.array([0] * 80 + [1] * 20)
    frame = pd.DataFrame({"y": y, "t": np.arange(100), "g": np.where(y == 1, 99, np.arange(100) // 8)})
    refused = 0
    for seed in range(20):
        try:
            split = split_rows(frame, question("binary", by, (0, 1)), seed=seed)
        except SplitError as error:
            assert "the training rows have only one class (0)" in str(error)
            refused += 1
        else:
            assert set(y[split.train]) == {0, 1}
    assert refused


def test_a_label_that_is_text_is_stratified_too() -> None:
    frame = pd.DataFrame({"x": range(100), "y": ["no"] * 90 + ["yes"] * 10})
    rows, asked = infer(Table(frame, "", Path("t.csv")), "y", roles={"numeric": ["x"]})
    split = split_rows(rows, asked)
    assert [(rows["y"].iloc[part] == "yes").sum() for part in (split.train, split.cv, split.test)] == [6, 2, 2]

"""What is asked of tables in tests of splits and folds, as far as the rows depend on it."""

from hypothesis import strategies as st

from descent.data import Column, Inference

SEEDS = st.integers(0, 2**32 - 1)


def question(task: str, by: str, classes: tuple[int, ...] = ()) -> Inference:
    columns = (Column("g", "group", ""), Column("t", "time", ""), Column("x", "numeric", ""), Column("s", "split", ""))
    return Inference(
        "y",
        task,
        classes,
        columns,
        by,
        "g" if by == "group" else None,
        "t" if by == "time" else None,
        (),
        split_column="s" if by == "column" else None,
    )

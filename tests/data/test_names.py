"""What a message tells to type must arrive, through a shell and YAML, as the names of the columns."""

import json
import shlex

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from descent.data import ColumnError, find_column
from descent.data.options import exclude, setting

NAMES = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), min_size=1, max_size=4)


@given(NAMES)
@example(["a=[b]'"])
def test_a_shell_hands_back_the_very_names(names: list[str]) -> None:
    for option, key, wanted in (
        (exclude(names), "data.exclude", names),
        (setting("data.group", names[0]), "data.group", names[0]),
    ):
        flag, value = shlex.split(option)
        assert (flag, value.partition("=")[0], json.loads(value.partition("=")[2])) == ("--set", key, wanted)


def test_an_ordinary_list_reads_well() -> None:
    assert exclude(["casual", "registered"]) == """--set 'data.exclude=["casual","registered"]'"""


@pytest.mark.parametrize("typed", ["strength (MPa) ", "strength (MPa)"])
def test_blanks_around_a_name_may_be_left_out(typed: str) -> None:
    assert find_column(pd.DataFrame({"strength (MPa) ": [1]}), typed, "data.target", "t.csv") == "strength (MPa) "  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("columns", "typed", "message"),
    [
        (["price", "size"], "Pric", "t.csv: data.target: there is no column 'Pric'. Did you mean 'price'?"),
        (["a", "b"], "zzz", "t.csv: data.target: there is no column 'zzz'. Columns: 'a', 'b'"),
        (["a ", " a"], "a", "t.csv: data.target: 'a' could be 'a ' or ' a': write it exactly"),
        ([str(n) for n in range(20)], "x", "'11' and 8 more"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(columns: list[str], typed: str, message: str) -> None:
    with pytest.raises(ColumnError) as caught:
        find_column(pd.DataFrame(columns=columns), typed, "data.target", "t.csv")  # type: ignore[arg-type]
    assert message in str(caught.value)

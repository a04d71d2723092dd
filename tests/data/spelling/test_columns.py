"""What people write into the cells of a column, and what it means."""

import math

import numpy as np
import pandas as pd
import pytest

from descent.data import ColumnError, FoundError, infer, table_of
from descent.data.spelling.kinds import Dates, Levels, Numbers, Times, from_dict, to_dict

ROWS = 60
RNG = np.random.default_rng(0)
VALUES = RNG.uniform(1000, 90_000, ROWS).round(2)
Y = VALUES / 7 + RNG.normal(0, 1, ROWS)


def grouped(value: float, thousands: str, decimal: str) -> str:
    return f"{value:,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands)


NUMBERS = {
    "dollars": lambda v: f"${v:,.2f}",
    "euros behind": lambda v: grouped(v, ".", ",") + " €",
    "code": lambda v: f"CHF {v:.2f}",
    "apostrophe": lambda v: grouped(v, "'", "."),
    "narrow space": lambda v: grouped(v, "\u202f", ","),
    "thin space": lambda v: grouped(v, "\u2009", "."),
    "decimal comma": lambda v: f"{v:.2f}".replace(".", ","),
    "unit": lambda v: f"{v:.2f} kg",
    "square": lambda v: f"{v:.2f} m²",
    "accounting": lambda v: f"({v:.2f})",
    "trailing minus": lambda v: f"{v:.2f}-",
    "typeset minus": lambda v: f"−{v:.2f}",
    "formula": lambda v: f'="{v:.2f}"',
    "apostrophe before": lambda v: f"'{v:.2f}",
    "Fortran": lambda v: f"{v / 1000:.5f}D+03",
    "about": lambda v: f"~{v:.2f}",
    "thousand": lambda v: f"{v / 1000:.5f}k",
    "per cent": lambda v: f"{v:.2f} %",
    "roubles": lambda v: f"{v:.2f} ₽",
    "or more": lambda v: f"{v:.2f}+",
    "or more of a unit": lambda v: f"{v:.2f}+ years",
    "out of": lambda v: f"{v:.2f}/20",
    "per so many": lambda v: f"{v:.2f} l/100km",
}
NEGATIVE = {"accounting", "trailing minus", "typeset minus"}


def ask(frame: pd.DataFrame, target: str = "y", **given: object):
    return infer(table_of(frame, "t"), target, **given)


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_as_people_write_them(name: str) -> None:
    texts = [NUMBERS[name](value) for value in VALUES]
    frame, inference = ask(pd.DataFrame({"x": texts, "y": Y}))
    assert inference.of_role("numeric") == ("x",)
    np.testing.assert_allclose(frame["x"], -VALUES if name in NEGATIVE else VALUES, rtol=1e-9)
    note = next(finding for finding in inference.findings if "x" in finding.columns)
    assert note.severity == "note"
    assert "data.verbatim" in note.action


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1.2M", "900k", "3B"], [1.2e6, 9e5, 3e9]),
        (["12,34,567", "1,00,000", "99,999"], [1234567, 100000, 99999]),
        (["<0.5", "0.7", ">20"], [0.5, 0.7, 20]),
        (["5 m", "7 m", "9 m"], [5, 7, 9]),
    ],
)
def test_multipliers_lakh_and_bounds(texts: list[str], values: list[float]) -> None:
    frame, inference = ask(pd.DataFrame({"x": texts * 20, "y": np.arange(60.0)}))
    assert inference.of_role("numeric") == ("x",)
    np.testing.assert_allclose(frame["x"], values * 20)


@pytest.mark.parametrize("mark", ["-", "n.a.", r"\N", "#DIV/0!", "not measured", "k.A.", "—", "unknown", "#NV", "..."])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.8])
def test_marks_of_no_value_in_any_share(mark: str, share: float) -> None:
    texts = [mark if index < share * ROWS else f"{value:.2f}" for index, value in enumerate(VALUES)]
    frame, inference = ask(pd.DataFrame({"x": texts, "y": Y}))
    assert inference.of_role("numeric") == ("x",)
    assert frame["x"].isna().sum() == math.ceil(share * ROWS)
    assert any(mark in finding.evidence and finding.severity == "note" for finding in inference.findings)


DAYS = pd.date_range("2023-11-25", periods=ROWS, freq="31h")
DATES = [
    "%d/%m/%Y",
    "%m/%d/%Y %I:%M %p",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%b %d, %Y",
    "%d-%b-%Y",
    "%d %B %Y",
    "%Y%m%d",
    "%Y/%m/%d",
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%dT%H:%M:%S+02:00",
    "%d/%b/%Y:%H:%M:%S +0000",
    "%a %b %d %H:%M:%S %Y",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%Y-W%V-%u",
    "%d.%m.%Y, %H:%M Uhr",
    "%m/%d/%y",
    "%Y%m%dT%H%M%SZ",
]


@pytest.mark.parametrize("layout", DATES)
def test_dates_as_people_write_them(layout: str) -> None:
    frame, inference = ask(pd.DataFrame({"when": DAYS.strftime(layout), "x": VALUES, "y": Y}), by="random")
    assert inference.of_role("datetime") == ("when",)
    expected = DAYS if "%H" in layout else DAYS.floor("min") if "%I" in layout else DAYS.normalize()
    expected = expected.floor("min") if "Uhr" in layout else expected
    expected = expected - pd.Timedelta(hours=2) if "+02" in layout else expected
    assert (frame["when"].to_numpy() == expected.to_numpy("M8[us]")).all()


@pytest.mark.parametrize("layout", ["%Y-%m", "%m/%Y", "%b %Y", "%Y%m"])
def test_months(layout: str) -> None:
    months = pd.date_range("2019-01-01", periods=ROWS, freq="MS")
    frame, inference = ask(pd.DataFrame({"month": months.strftime(layout), "x": VALUES, "y": Y}), by="random")
    assert inference.of_role("datetime") == ("month",)
    assert (frame["month"].to_numpy() == months.to_numpy("M8[us]")).all()


def test_whole_numbers_that_are_dates() -> None:
    frame, inference = ask(
        pd.DataFrame({"when": DAYS.strftime("%Y%m%d").astype(int), "x": VALUES, "y": Y}), by="random"
    )
    assert inference.spellings["when"] == Dates(("compact",))
    assert (frame["when"].to_numpy() == DAYS.normalize().to_numpy("M8[us]")).all()
    assert "data.numeric" in inference.findings[0].action


@pytest.mark.parametrize(("order", "month"), [("dmy", 4), ("mdy", 3)])
def test_an_ambiguous_order_is_asked_for_and_taken(order: str, month: int) -> None:
    frame = pd.DataFrame(
        {"when": [f"{3 + i % 2:02}/{4 + i % 2:02}/20{i % 50 + 10}" for i in range(ROWS)], "x": VALUES, "y": Y}
    )
    _, inference = ask(frame)
    warning = next(finding for finding in inference.findings if finding.severity == "warning")
    assert warning.columns == ("when",)
    assert f'data.date_order="{order}"' in warning.action
    read, _ = ask(frame, date_order=order, by="random")
    assert read["when"].dt.month[0] == month
    with pytest.raises(ColumnError, match="date_order"):
        ask(frame, roles={"datetime": ["when"]})


def test_one_column_tells_the_order_of_another() -> None:
    frame = pd.DataFrame(
        {"a": ["03/04/2024", "05/06/2024"] * 30, "b": ["25/12/2023", "02/01/2024"] * 30, "x": VALUES, "y": Y}
    )
    read, _ = ask(frame, by="random")
    assert read["a"].dt.month.tolist()[:2] == [4, 6]


def test_sentinels_are_no_dates() -> None:
    texts = [*DAYS.strftime("%Y-%m-%d")[:-10], *["9999-12-31"] * 5, *["1900-01-01"] * 5]
    frame, _ = ask(pd.DataFrame({"until": texts, "x": VALUES, "y": Y}), by="random")
    assert frame["until"].isna().sum() == 10


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["08:30", "23:15"], [8.5, 23.25]),
        (["8:30 pm", "12:00 am"], [20.5, 0]),
        (["1:02:03", "26:00:00"], [3723, 93600]),
        (["1h 30m", "45 min"], [5400, 2700]),
        (["PT1H30M", "PT5S"], [5400, 5]),
        (["2 days 03:00:00", "0 days 00:00:01"], [183600, 1]),
    ],
)
def test_times_and_durations(texts: list[str], values: list[float]) -> None:
    frame, inference = ask(pd.DataFrame({"t": texts * 30, "x": VALUES, "y": Y}))
    assert "t" in inference.of_role("numeric")
    np.testing.assert_allclose(frame["t"], values * 30)


@pytest.mark.parametrize(
    "texts",
    [
        [f"{v:.0f}-{v + 50:.0f}" for v in VALUES],
        [f"{'EUR' if i % 2 else 'USD'} {v:.2f}" for i, v in enumerate(VALUES)],
        [f"{v:.1f}{'%' if i % 2 else ''}" for i, v in enumerate(VALUES)],
        [f"approximately {v:.2f}" for v in VALUES],
        [f"{v:.2f}" if i % 4 else f"see note {i % 3}" for i, v in enumerate(VALUES)],
    ],
)
def test_what_is_not_read_is_not_dropped_in_silence(texts: list[str]) -> None:
    _, inference = ask(pd.DataFrame({"c": texts, "x": VALUES, "y": Y}))
    warning = next(finding for finding in inference.findings if finding.severity == "warning")
    assert warning.columns == ("c",)
    assert "--set" in warning.action


def test_places_are_numbers() -> None:
    endings = {1: "st", 2: "nd", 3: "rd"}
    places = RNG.integers(1, 9, ROWS)
    frame, inference = ask(pd.DataFrame({"rank": [f"{n}{endings.get(n, 'th')}" for n in places], "y": Y}))
    assert inference.of_role("numeric") == ("rank",)
    np.testing.assert_array_equal(frame["rank"], places)


def test_names_with_a_number_are_names_without_a_word() -> None:
    _, inference = ask(pd.DataFrame({"who": [f"Student {i}" for i in range(ROWS)], "x": VALUES, "y": Y}))
    assert inference.of_role("identifier") == ("who",)
    assert not inference.findings


def test_the_time_of_a_log_is_a_date() -> None:
    days = pd.date_range("2024-01-30 08:15:00", periods=ROWS, freq="7h")
    frame, _ = ask(pd.DataFrame({"ts": days.strftime("[%d/%b/%Y:%H:%M:%S +0000]"), "y": Y}))
    np.testing.assert_array_equal(frame["ts"].to_numpy("M8[us]"), days.to_numpy("M8[us]"))


@pytest.mark.parametrize("mark", ["null kg", "nan kg", ":", "never", "ongoing"])
def test_more_marks_of_no_value(mark: str) -> None:
    frame, inference = ask(
        pd.DataFrame({"x": [mark if i % 9 == 0 else f"{v} kg" for i, v in enumerate(VALUES)], "y": Y})
    )
    assert inference.of_role("numeric") == ("x",)
    assert frame["x"].isna().sum() == len(range(0, ROWS, 9))


def test_all_texts_among_numbers_are_named_at_once() -> None:
    texts = [{5: "lost", 9: "spilt"}.get(i, f"{v}") for i, v in enumerate(VALUES)]
    with pytest.raises(ColumnError, match=r'data\.missing=\["lost","spilt"\]'):
        ask(pd.DataFrame({"x": texts, "y": Y}))


def test_a_date_that_few_rows_have_orders_none() -> None:
    days = pd.date_range("2024-01-01", periods=ROWS).strftime("%Y-%m-%d")
    _, inference = ask(pd.DataFrame({"left": [day if i % 3 == 0 else None for i, day in enumerate(days)], "y": Y}))
    assert inference.split_by == "random"


def test_ranges_are_read_where_that_is_said() -> None:
    frame, _ = ask(pd.DataFrame({"c": ["10-20", "30-50"] * 30, "y": Y}), roles={"numeric": ["c"]})
    assert frame["c"].tolist()[:2] == [15, 40]


def test_a_target_of_numbers_in_disguise_is_refused_or_read() -> None:
    frame, inference = ask(pd.DataFrame({"x": VALUES, "price": [f"${v:,.2f}" for v in VALUES]}), "price")
    assert inference.task == "regression"
    np.testing.assert_allclose(frame["price"], VALUES)
    mixed = [f"{'€' if i % 2 else '$'}{v:,.2f}" for i, v in enumerate(VALUES)]
    with pytest.raises(FoundError, match=r"data\.numeric"):
        ask(pd.DataFrame({"x": VALUES, "price": mixed}), "price")


def test_blanks_and_case_of_labels_and_categories() -> None:
    labels = ["yes", "Yes", "yes ", "no", "No", "no"] * 10
    frame, inference = ask(
        pd.DataFrame({"c": ["Red", "red", " red", "blue", "Blue", "blue"] * 10, "x": VALUES, "y": labels})
    )
    assert inference.classes == ("no", "yes")
    assert set(frame["c"]) == {"Red", "blue"} or set(frame["c"]) == {"red", "blue"}
    assert {name for finding in inference.findings for name in finding.columns} >= {"c", "y"}
    kept, verbatim = ask(pd.DataFrame({"c": labels, "x": VALUES, "y": Y}), verbatim=["c"])
    assert kept["c"].nunique() == 5
    assert not any("c" in finding.columns for finding in verbatim.findings)


@pytest.mark.parametrize("labels", [["001", "002"], ["1.10", "1.1"], ["true", "false"], ["08:30", "09:30"]])
def test_labels_stay_as_they_stand(labels: list[str]) -> None:
    _, inference = ask(pd.DataFrame({"x": VALUES, "y": labels * 30}))
    assert sorted(inference.classes) == sorted(labels)


@pytest.mark.parametrize("text", ["None", "NA", "null", "n/a"])
def test_a_usual_mark_among_the_labels_is_told(text: str) -> None:
    _, inference = ask(pd.DataFrame({"x": VALUES, "y": ["a", "b", text] * 20}))
    warning = next(finding for finding in inference.findings if finding.severity == "warning")
    assert f'data.keep=["{text}"]' in warning.action


def test_numbers_with_an_order_are_numbers() -> None:
    grades = np.clip(RNG.normal(6, 1.5, 2000).round(), 1, 10).astype(int)
    months = RNG.integers(1, 13, 2000)
    levels = RNG.choice(6, 2000) + 1
    frame = pd.DataFrame({"OverallQual": grades, "month": months, "levels": levels, "y": RNG.normal(size=2000)})
    _, inference = ask(frame)
    assert inference.of_role("numeric") == ("OverallQual",)
    counts = pd.DataFrame({"households": RNG.integers(1, 300, 2000), "y": RNG.normal(size=2000)})
    assert ask(counts)[1].of_role("group") == ()


def test_a_spelling_survives_json() -> None:
    for spelling in (
        Numbers(",", ".", ("€",), ("kg",), multipliers=True),
        Dates(("dmy",), sentinels=("1900-01-01",)),
        Times(("hms", "ms")),
        Levels(truths=("no", "yes"), same=(("red", "Red"),)),
    ):
        assert from_dict(to_dict(spelling)) == spelling

"""The search that nobody had to write."""

import pytest

from descent.schemas import (
    config_from,
    default_search,
    expand_variants,
    resolved,
    with_default_search,
)

LEAST = {"data": {"source": "a.csv", "target": "y"}}


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
@pytest.mark.parametrize("rows", [60, 1_000, 10_000, 80_000])
@pytest.mark.parametrize("numeric", [0, 8, 100])
def test_a_default_search_fits_its_task_and_stays_small(task: str, rows: int, numeric: int) -> None:
    config = resolved(config_from(LEAST), task=task)
    config = with_default_search(config, task=task, rows=rows, columns=max(numeric, 5), numeric_columns=numeric)
    found = expand_variants(resolved(config, task=task))
    assert 9 <= len(found) <= 40
    assert {variant.kind for variant in found} >= {"network"}
    linear, networks = ([one for one in found if bool(one.layers) is deep] for deep in (False, True))
    assert {variant.features.degree for variant in linear} == ({1, 2} if numeric == 8 else {1})
    assert {variant.features.degree for variant in networks} == {1}
    assert {variant.embedding is None for variant in networks} == ({True, False} if numeric else {True})


@pytest.mark.parametrize("rows", [500, 1_999, 5_000, 19_999, 80_000, 500_000])
def test_the_steps_of_a_training_stay_at_a_few_thousand(rows: int) -> None:
    search = default_search("regression", rows, 10)
    assert search.models is not None
    batch = search.models[-1].batch
    assert isinstance(batch, int)
    assert 500 < search.epochs * rows * 0.6 / batch < 10_000


@pytest.mark.parametrize(
    ("rows", "effort", "repeats"), [(499, "standard", 2), (500, "standard", 1), (499, "quick", 1), (60, "thorough", 2)]
)
def test_few_rows_are_divided_into_folds_twice(rows: int, effort: str, repeats: int) -> None:
    config = config_from(LEAST, [f"search.effort={effort}"])
    filled = with_default_search(config, task="binary", rows=rows, columns=4, numeric_columns=4)
    assert filled.validation.repeats == repeats
    said = config_from(LEAST, [f"search.effort={effort}", "validate.repeats=3"])
    assert with_default_search(said, task="binary", rows=rows, columns=4, numeric_columns=4).validation.repeats == 3


def test_what_is_written_is_kept() -> None:
    config = config_from(LEAST, ["search.epochs=7", "search.early_stopping=null", "features.degree=3"])
    filled = with_default_search(config, task="binary", rows=100, columns=4, numeric_columns=4)
    assert (filled.search.epochs, filled.search.early_stopping, filled.features.degree) == (7, None, 3)
    assert filled.search.models == default_search("binary", 100, 4, 4).models
    assert {variant.features.degree for variant in expand_variants(filled)} == {3}


def test_written_models_are_kept_whole() -> None:
    config = config_from(LEAST, ["search.models=[{kind: linear}]"])
    assert with_default_search(config, task="binary", rows=100, columns=4, numeric_columns=4) is config


@pytest.mark.parametrize(("columns", "solver"), [(5, "newton"), (200, "newton"), (201, "lbfgs"), (2000, "lbfgs")])
def test_wide_tables_get_the_solver_without_a_cube_of_columns(columns: int, solver: str) -> None:
    config = with_default_search(config_from(LEAST), task="binary", rows=400, columns=columns, numeric_columns=columns)
    found = expand_variants(config)
    assert {variant.optimizer.kind for variant in found if variant.kind == "logistic"} == {solver}


@pytest.mark.parametrize(("numeric", "degrees"), [(0, {1}), (1, {1, 2}), (15, {1, 2}), (16, {1})])
def test_degree_two_is_for_linear_models_of_few_numeric_columns(numeric: int, degrees: set[int]) -> None:
    config = with_default_search(config_from(LEAST), task="binary", rows=400, columns=20, numeric_columns=numeric)
    found = expand_variants(config)
    assert {variant.features.degree for variant in found if not variant.layers} == degrees
    assert {variant.features.degree for variant in found if variant.layers} == {1}


def test_more_effort_is_more_work_in_every_respect() -> None:
    work = []
    for effort in ("quick", "standard", "thorough"):
        search = default_search("binary", 10_000, 10, 10, effort=effort)
        found = expand_variants(config_from(LEAST).model_copy(update={"search": search}))
        assert search.early_stopping is not None
        work.append((sum(bool(one.layers) for one in found), search.epochs, search.early_stopping.patience))
    assert work[0] < work[1] < work[2]
    assert [networks for networks, _, _ in work] == [1, 12, 36]


def test_counts_have_their_loss_tried_and_no_more_variants() -> None:
    plain, amounts = (default_search("regression", 10_000, 10, 10, amounts=one) for one in (False, True))
    found = [expand_variants(config_from(LEAST).model_copy(update={"search": one})) for one in (plain, amounts)]
    assert len(found[0]) == len(found[1])
    assert {one.loss for one in found[0]} == {"squared_error"}
    assert {one.loss for one in found[1] if one.layers} == {"squared_error", "poisson"}

"""A quick search is part of the standard one, a thorough one holds more."""

import pytest

from descent.schemas import ConfigError, ExperimentConfig, config_from, expand_variants, resolved, with_default_search

LEAST = {"data": {"source": "t.csv", "target": "y"}}


def filled(*overrides: str, rows: int = 5_000) -> ExperimentConfig:
    config = resolved(config_from(LEAST, overrides), task="regression")
    config = with_default_search(config, task="regression", rows=rows, columns=20, numeric_columns=20)
    return resolved(config, task="regression")


@pytest.mark.parametrize("rows", [300, 5_000, 50_000])
def test_more_effort_is_more_work(rows: int) -> None:
    work = []
    for effort in ("quick", "standard", "thorough"):
        config = filled(f"search.effort={effort}", rows=rows)
        networks = [one for one in expand_variants(config) if one.layers]
        work.append(sum(one.epochs * sum(one.layers) ** 2 for one in networks))
    assert work[0] < 0.6 * work[1] < 0.6 * 0.6 * work[2]


def test_linear_models_are_the_same_at_any_effort() -> None:
    lines = [
        {(one.lambda_, one.features) for one in expand_variants(filled(f"search.effort={effort}")) if not one.layers}
        for effort in ("quick", "standard", "thorough")
    ]
    assert lines[0] == lines[1] == lines[2]


def test_what_is_written_stays_at_any_effort() -> None:
    config = filled(
        "search.effort=quick",
        "validate.finalists=7",
        "search.epochs=33",
        "select.ensemble.members=2",
        "diagnose.curves=true",
    )
    assert (config.validation.finalists, config.search.epochs) == (7, 33)
    assert (config.select.ensemble.members, config.diagnose.curves) == (2, True)
    assert filled("search.effort=quick").diagnose.curves is False
    assert filled("search.effort=thorough").select.ensemble.members == 10
    assert filled().validation.finalists == 3
    assert [filled("search.effort=quick", rows=rows).validation.folds for rows in (300, 5_000)] == [5, 3]
    assert filled("search.effort=quick", "validate.folds=4").validation.folds == 4
    assert filled("search.effort=quick").search.effort == "quick"
    models = ["search.models=[{kind: network, layers: [4]}]"]
    assert expand_variants(filled("search.effort=quick", *models)) == expand_variants(filled(*models))


def test_an_effort_that_is_none_is_told_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"search\.effort"):
        config_from(LEAST, ["search.effort=much"])

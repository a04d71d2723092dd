"""What features may learn from: the training rows, or those of a fold, and no others."""

from pathlib import Path

import numpy as np
import pytest

from descent.flows.table.matrices import featurise
from descent.flows.table.question import ask

from ..steps import Steps
from ..tables import prices

LINEAR = "search.models=[{kind: linear}]"
SETTINGS = ("features.degree=2", "features.max_levels=2", "split.by=random", LINEAR)


@pytest.mark.parametrize("scale", ["standard", "minmax", "robust", "quantile"])
def test_scaling_before_the_split_is_impossible(tmp_path: Path, scale: str) -> None:
    """Whatever the cv rows hold, all that is learned is of the training rows; the test rows are not even there."""
    steps = Steps.take(prices(), "price", tmp_path, f"features.scale={scale}", *SETTINGS)
    question, parts, settings = steps.question, steps.parts, steps.entry.variant.features
    assert len(parts.frame) == parts.sizes["train"] + parts.sizes["cv"] == 160
    other = parts.frame.copy()
    other.loc[parts.cv, "area"] = 1e6
    other.loc[parts.cv, "city"] = "Köln"
    other.loc[parts.cv, "price"] = -1e9
    one = featurise(settings, question, parts.frame, parts.train, parts.cv, None)
    two = featurise(settings, question, other, parts.train, parts.cv, None)
    assert one.features.names == two.features.names
    for name in ("x", "y"):
        np.testing.assert_array_equal(getattr(one.sources, name), getattr(two.sources, name))
    assert (one.sources.x_cv != two.sources.x_cv).any()  # type: ignore[union-attr]


def test_features_are_fitted_anew_in_every_fold(tmp_path: Path) -> None:
    steps = Steps.take(prices(), "price", tmp_path, *SETTINGS)
    question, parts, settings = steps.question, steps.parts, steps.entry.variant.features
    assert len(parts.folds) == 5
    means = set()
    for fit, held in parts.folds:
        made = featurise(settings, question, parts.frame, fit, held, None)
        others = parts.frame.iloc[fit].reset_index(drop=True)
        alone = featurise(settings, question, others, np.arange(len(fit)), None, None)
        np.testing.assert_array_equal(made.sources.x, alone.sources.x)
        assert made.features.numeric is not None
        means.add(tuple(made.features.numeric.named_steps["scale"].mean_))
    assert len(means) == 5


def test_the_rows_of_a_question_are_taken_once(tmp_path: Path) -> None:
    posed = ask(Steps.take(prices(), "price", tmp_path, *SETTINGS).question.config)
    frame = posed.frame
    assert posed.take() is frame
    with pytest.raises(IndexError):
        posed.take()

"""What an effort means beside the default search: finalists, folds, repeats, votes, and what a diagnosis measures."""

from typing import Any

from descent.schemas.config.experiment import ExperimentConfig
from descent.schemas.config.search import Effort
from descent.schemas.variants.defaults import SMALL

FINALISTS: dict[Effort, int] = {"quick": 2, "standard": 3, "thorough": 5}
QUICK_FOLDS, MANY = 3, 2_000
"""Folds of quick where the table has at least so many rows; fewer rows need every one of them."""
REPEATS = 2
"""How often tables of fewer than `SMALL` rows are divided into folds, but for quick."""
VOTES: dict[Effort, int] = {"quick": 5, "standard": 5, "thorough": 10}


def with_effort(config: ExperimentConfig, rows: int) -> ExperimentConfig:
    """A copy with finalists, folds, repeats, votes and curves of the configured effort, where they are not written."""
    effort = config.search.effort
    folds = QUICK_FOLDS if effort == "quick" and rows >= MANY else config.validation.folds
    repeats = REPEATS if effort != "quick" and rows < SMALL else config.validation.repeats
    wanted = {"finalists": FINALISTS[effort], "folds": folds, "repeats": repeats}
    open_ = {key: value for key, value in wanted.items() if key not in config.validation.model_fields_set}
    changes: dict[str, Any] = {"validation": config.validation.model_copy(update=open_)}
    if "ensemble" not in config.select.model_fields_set:
        members = config.select.ensemble.model_copy(update={"members": VOTES[effort]})
        changes["select"] = config.select.model_copy(update={"ensemble": members})
    if effort == "quick" and "curves" not in config.diagnose.model_fields_set and not config.diagnose.follow:
        changes["diagnose"] = config.diagnose.model_copy(update={"curves": False})
    return config.model_copy(update=changes)

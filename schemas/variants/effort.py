"""What an effort means beside the default search: finalists, votes, and what a diagnosis measures."""

from typing import Any

from descent.schemas.config.experiment import ExperimentConfig
from descent.schemas.config.search import Effort

FINALISTS: dict[Effort, int] = {"quick": 2, "standard": 3, "thorough": 5}
VOTES: dict[Effort, int] = {"quick": 5, "standard": 5, "thorough": 10}


def with_effort(config: ExperimentConfig) -> ExperimentConfig:
    """A copy with the finalists, votes and curves of the configured effort, where they are not written."""
    effort = config.search.effort
    changes: dict[str, Any] = {}
    if "finalists" not in config.validation.model_fields_set:
        changes["validation"] = config.validation.model_copy(update={"finalists": FINALISTS[effort]})
    if "ensemble" not in config.select.model_fields_set:
        members = config.select.ensemble.model_copy(update={"members": VOTES[effort]})
        changes["select"] = config.select.model_copy(update={"ensemble": members})
    if effort == "quick" and "curves" not in config.diagnose.model_fields_set and not config.diagnose.follow:
        changes["diagnose"] = config.diagnose.model_copy(update={"curves": False})
    return config if effort == "standard" else config.model_copy(update=changes)

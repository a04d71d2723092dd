"""How much a search tries that the user has not written."""

from math import ceil
from typing import Any

from descent.schemas.config.experiment import ExperimentConfig
from descent.schemas.config.models import NetworkSearch
from descent.schemas.config.search import Effort, SearchConfig
from descent.schemas.config.sweeps import choices

FINALISTS: dict[Effort, int] = {"quick": 2, "standard": 3, "thorough": 5}
VOTES: dict[Effort, int] = {"quick": 5, "standard": 5, "thorough": 10}
FASTER = 2
"""By so much a quick search shortens trainings."""
WIDER = 2
"""By so much the widest networks of a thorough search are wider."""


def search_with(search: SearchConfig, effort: Effort) -> SearchConfig:
    """The default search as it stands for ``standard``, made smaller or larger.

    ``quick``: one rate, the largest, no dropout, half the epochs. ``thorough``: networks twice as wide beside the
    others, a rate between, half as many epochs again.
    """
    if effort == "standard":
        return search
    models = tuple(
        changed
        for model in search.models or ()
        for changed in (_networks(model, effort) if isinstance(model, NetworkSearch) else (model,))
    )
    if effort == "thorough":
        return search.model_copy(update={"models": models, "epochs": ceil(1.5 * search.epochs)})
    stopping = search.early_stopping
    shorter = None if stopping is None else max(3, ceil(stopping.patience / FASTER))
    return search.model_copy(update={
        "models": models,
        "epochs": ceil(search.epochs / FASTER),
        "early_stopping": None if stopping is None else stopping.model_copy(update={"patience": shorter}),
    })  # fmt: skip


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


def _networks(model: NetworkSearch, effort: Effort) -> tuple[NetworkSearch, ...]:
    optimizer: Any = model.optimizer
    rates = [float(rate) for rate in choices(optimizer.learning_rate)]
    if effort == "quick":
        fast = optimizer.model_copy(update={"learning_rate": max(rates)})
        return (model.model_copy(update={"optimizer": fast, "dropout": 0.0}),)
    between = (*rates, float(f"{(min(rates) * max(rates)) ** 0.5:.2g}")) if len(rates) > 1 else tuple(rates)
    tried = optimizer.model_copy(update={"learning_rate": tuple(sorted(set(between)))})
    usual = model.model_copy(update={"optimizer": tried})
    layers: Any = model.layers
    if not all(isinstance(one, int) for one in layers):  # several are swept already
        return (usual,)
    wide = usual.model_copy(update={"layers": tuple(WIDER * one for one in layers)})
    return (usual, wide)

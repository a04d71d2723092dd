"""The plan of a question whose features are fitted."""

from collections.abc import Mapping

from descent.flows.search.plan import Plan, make_plan
from descent.flows.table.question import Matrices, Question
from descent.ml.optimizers.rules import SOLVERS
from descent.schemas import ConfigError, FeatureSettings


def planned(question: Question, matrices: Mapping[FeatureSettings, Matrices], workers: int) -> Plan:
    """Variants → fleets → chunks, for matrices of these widths.

    Raises:
        ConfigError: the budget does not suffice for an epoch of each variant.
    """
    columns = {settings: one.width for settings, one in matrices.items()}
    outputs = next(iter(matrices.values())).target.outputs
    config = question.config
    plan = make_plan(question.variants, columns, outputs, question.task, workers, config.compute.dtype, config.search)
    budget = config.search.budget
    trained = sum(variant.optimizer.kind not in SOLVERS for variant in question.variants)
    if budget is not None and budget.epochs is not None and budget.epochs < trained:
        message = f"{budget.epochs} is less than one epoch for each of {trained} variants: raise it, or try fewer"
        raise ConfigError([config.problem(("search", "budget", "epochs"), message)])
    return plan

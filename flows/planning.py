"""The plan of a question whose features are fitted."""

from collections.abc import Mapping

from schemas import FeatureSettings

from .inputs import Matrices, Question
from .plan import Plan, make_plan


def planned(question: Question, matrices: Mapping[FeatureSettings, Matrices], workers: int) -> Plan:
    """Variants → fleets → chunks, for matrices of these widths."""
    columns = {settings: one.width for settings, one in matrices.items()}
    outputs = next(iter(matrices.values())).target.outputs
    return make_plan(question.variants, columns, outputs, question.task, workers, question.config.compute.dtype)

"""What a run says first: the table, its split, how both were decided, what was noticed, and the configuration."""

from descent.flows.report import findings
from descent.flows.table.parts import Parts
from descent.flows.table.question import Question
from descent.schemas import ExperimentConfig, to_yaml


def told(question: Question, parts: Parts, given: ExperimentConfig) -> list[str]:
    """What was found and decided, in lines for the user; the whole configuration where the search was not ``given``."""
    return [
        *opening(question, parts),
        *(f"  {line}" for line in findings.lines(parts.findings)),
        *(_configuration(question.config) if given.search.models is None else ()),
    ]


def opening(question: Question, parts: Parts) -> list[str]:
    """The table, its split, and how both were decided, in lines."""
    inference = question.inference
    roles = {role: inference.of_role(role) for role in dict.fromkeys(column.role for column in inference.columns)}
    used = ", ".join(f"{len(names)} {role}" for role, names in roles.items())
    sizes = parts.sizes
    return [
        f"{question.source_name}: {sum(sizes.values()):,} rows; {inference.task} of {inference.target!r}; "
        f"columns: {used}",
        f"split by {inference.split_by}{', drawn by content' if question.config.split.draw == 'content' else ''}: "
        f"{sizes['train']:,} train, {sizes['cv']:,} cv, {sizes['test']:,} test (sealed)",
        *(f"  note: {note}" for note in inference.notes),
    ]


def _configuration(config: ExperimentConfig) -> list[str]:
    lines = to_yaml(config, comments=False).splitlines()
    return ["the configuration, kept as experiment.yaml in the folder of the run:", *(f"  {line}" for line in lines)]

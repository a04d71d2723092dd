"""A configuration in which what it left open is written down: inferred from the table, or scaled to its size."""

from typing import Any

from descent.schemas.config.experiment import ExperimentConfig
from descent.schemas.text.loading import validated
from descent.schemas.variants.defaults import default_search
from descent.schemas.variants.effort import with_effort
from descent.schemas.variants.tasks import check_task


def resolved(
    config: ExperimentConfig,
    *,
    name: str | None = None,
    task: str | None = None,
    split_by: str | None = None,
    draw: str | None = None,
    group: str | None = None,
    time: str | None = None,
    metric: str | None = None,
) -> ExperimentConfig:
    """A copy with inferred values written in; None leaves a value as it is.

    Raises:
        ConfigError: a value is not allowed, or the metric or a kind of model does not fit the task.
    """
    changes: dict[str, dict[str, Any]] = {
        "data": {"task": task, "group": group, "time": time},
        "split": {"by": split_by, "draw": draw},
        "select": {"metric": metric},
    }
    sections: dict[str, Any] = {} if name is None else {"name": name}
    for section, values in changes.items():
        if given := {key: value for key, value in values.items() if value is not None}:
            sections[section] = getattr(config, section).model_copy(update=given)
    written = config.model_copy(update=sections)
    validated(written.model_dump(), config.origin)
    if written.data.task is not None:
        check_task(written, written.data.task)
    return written


def with_default_search(
    config: ExperimentConfig, *, task: str, rows: int, columns: int, numeric_columns: int, amounts: bool = False
) -> ExperimentConfig:
    """A copy in which the models, where none are written, are those that fit the size of the table.

    The epochs and early stopping that go with them are taken as well, unless they are written; the linear models try
    degree 2 where `features.degree` is not written. ``amounts``: no number of the target is negative.
    """
    if config.search.models is not None:
        return config
    search = default_search(
        task,
        rows,
        columns,
        numeric_columns,
        degrees="degree" not in config.features.model_fields_set,
        amounts=amounts,
        effort=config.search.effort,
    )
    taken = {
        key: getattr(search, key)
        for key in type(search).model_fields
        if key == "models" or (key not in config.search.model_fields_set and key != "effort")
    }
    return with_effort(config.model_copy(update={"search": config.search.model_copy(update=taken)}), rows)

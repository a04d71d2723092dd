"""Whether fresh data are such that a challenger may be trained on them, seen from the champion."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from descent import data
from descent.data.finding import ordered
from descent.data.findings.shift import drift_since
from descent.flows.promotion.kept import About, Kept
from descent.flows.promotion.promote import kept_of, refuse_other_question
from descent.flows.serving.predictor import Predictor
from descent.flows.serving.source import load_model
from descent.flows.table.parts import Parts
from descent.flows.table.question import Posed, Question
from descent.flows.table.split import cut
from descent.flows.tracking.registry import CHAMPION, Registry, Version
from descent.flows.tracking.store import prepare, tracking_uri
from descent.schemas import ExperimentConfig, config_from
from descent.schemas.config.retraining import RetrainConfig

ASKED = 1000
"""Fresh rows that the champion is asked about."""


class BadDataError(data.DataError):
    """The fresh data cannot be what they should be: nothing was trained, and the champion stays."""


@dataclass(frozen=True)
class Champion:
    """The registered model in use, and what its run has kept."""

    version: Version
    about: About
    kept: Kept
    model: Predictor


def with_name(config: ExperimentConfig) -> ExperimentConfig:
    """The configuration with ``register.name``: that of the experiment, unless it has one.

    Raises:
        ConfigError: the experiment's name is no name for a registered model.
    """
    if config.registration.name is not None:
        return config
    plain = config.model_dump(by_alias=True, exclude_unset=True)
    named = config_from(plain | {"register": {**plain.get("register", {}), "name": config.title}})
    named._origin = config._origin
    return named


def registry_of(config: ExperimentConfig) -> Registry:
    """The registered model that an experiment trains."""
    assert config.registration.name is not None
    prepare(tracking_uri())
    return Registry(tracking_uri(), config.registration.name)


def champion_of(config: ExperimentConfig) -> Champion | None:
    """The champion; None if there is none yet.

    Raises:
        RunError: MLflow cannot be asked, or the champion's run has lost what it kept.
        ModelError: the champion was changed.
    """
    registry = registry_of(config)
    version = registry.version(CHAMPION) if registry.exists() else None
    if version is None:
        return None
    kept = kept_of(registry, version)
    return Champion(version, kept.about(), kept, load_model(version.address))


def examine(posed: Posed, champion: Champion | None) -> tuple[data.Finding, ...]:
    """What is noticed about a fresh table, in itself and beside the champion's; the test rows' targets stay unseen.

    Raises:
        BadDataError: the table could be used, but not in the champion's place.
        RunError: it asks another question than the champion answers.
    """
    question, wanted = posed.question, posed.question.config.retrain
    with TemporaryDirectory() as folder:  # the test rows are sealed here too, and thrown away
        parts = cut(question, posed.frame, Path(folder))
    if champion is None:
        return parts.findings
    inference = question.inference
    refuse_other_question(
        f"this table ({question.source_name})",
        inference.target,
        question.task,
        [*map(str, inference.classes)],
        champion.version,
        champion.about,
    )
    _refuse_fewer_rows(parts, champion, wanted)
    _ask(champion, parts)
    return ordered([*_drifted(question, parts, champion, wanted), *parts.findings])


def _refuse_fewer_rows(parts: Parts, champion: Champion, wanted: RetrainConfig) -> None:
    rows, before = parts.sizes["train"] + parts.sizes["cv"], champion.about.learned_rows
    if rows < wanted.rows * before:
        raise BadDataError(
            f"only {rows:,} rows to train on, where the champion ({champion.version.address}) had {before:,}: is the "
            "table complete? If it is meant to be this small, lower retrain.rows"
        )


def _ask(champion: Champion, parts: Parts) -> None:
    """The champion must be able to answer, or no comparison will be possible."""
    rows = parts.frame.iloc[np.linspace(0, len(parts.frame) - 1, min(ASKED, len(parts.frame))).astype(np.intp)]
    try:
        champion.model.predict(rows)
    except data.DataError as error:
        raise BadDataError(
            f"the champion ({champion.version.address}) cannot predict these rows: {error}. To start over with "
            "other columns, register under another name (register.name)"
        ) from error


def _drifted(question: Question, parts: Parts, champion: Champion, wanted: RetrainConfig) -> Sequence[data.Finding]:
    before = champion.kept.sample()
    if before is None:
        return ()
    found = drift_since(before, parts.frame, question.inference)
    if found and wanted.drift == "refuse":
        raise BadDataError(f"{found[0]} (retrain.drift: refuse)")
    return found

"""``descent promote`` and ``descent rollback``: who is the champion."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as version_of_package

import numpy as np
import pandas as pd

from descent.data import DataError
from descent.data.splits.fingerprints import row_hashes
from descent.flows.errors import RunError
from descent.flows.machine.home import make_home
from descent.flows.machine.locks import locked
from descent.flows.promotion.decision import FEWEST, Decision, decide
from descent.flows.promotion.kept import FOLDER, About, Kept
from descent.flows.serving.source import load_model
from descent.flows.table import ledger
from descent.flows.tracking.registry import CHALLENGER, CHAMPION, Registry, Version
from descent.ml.statistics import metrics

PREVIOUS = "descent.previous_champion"


@dataclass(frozen=True)
class Promotion:
    """What came of a comparison; ``rows`` are the test rows that counted, ``known`` those left out as learned from."""

    name: str
    challenger: str
    champion: str | None
    decision: Decision
    rows: int = 0
    known: int = 0

    def __str__(self) -> str:
        against = f"champion, version {self.champion}" if self.champion else "no champion"
        outcome = "is the champion now" if self.decision.promote else "is not promoted"
        rows = f" ({self.rows:,} rows new to both)" if self.rows else ""
        return f"{self.name} version {self.challenger} against {against}: {outcome}: {self.decision.reason}{rows}"


class TooFewRowsError(RunError):
    """Of the challenger's test rows too few are new to the champion: nothing was compared, nothing has changed."""


def promote(registry: Registry, *, confidence: float | None = None, guards: Sequence[str] | None = None) -> Promotion:
    """Compare the challenger with the champion, write the decision on its version, and let the better one be champion.

    Without a champion the challenger takes the place if it beats the dummy on its test rows. ``confidence`` and
    ``guards`` are those that the challenger was registered with, unless given.

    Raises:
        RunError: there is no challenger, the two cannot be compared, or somebody moved an alias meanwhile.
    """
    with locked(make_home() / f"promote-{re.sub(r'[^A-Za-z0-9]+', '-', registry.name)}.lock"):
        challenger, champion = registry.version(CHALLENGER), registry.version(CHAMPION)
        if challenger is None:
            raise RunError(
                f"{registry.name}: there is no challenger: register one: descent run … --set "
                f"register.name={registry.name}"
            )
        if champion is not None and champion.number == challenger.number:
            raise RunError(
                f"{registry.name}: version {champion.number} is already the champion: train a new challenger"
            )
        found = (
            _first(registry, challenger)
            if champion is None
            else _compared(registry, challenger, champion, confidence, guards)
        )
        registry.note(challenger, _tags(found), f"{'Promoted' if found.decision.promote else 'Kept back'}: {found}")
        if found.decision.promote:
            now = registry.version(CHAMPION)
            if (now and now.number) != (champion and champion.number):
                raise RunError(
                    f"{registry.name}: the champion was changed during the comparison, to version "
                    f"{now.number if now else 'none'}: compare again"
                )
            registry.note(challenger, {PREVIOUS: champion.number if champion else ""})
            registry.point(CHAMPION, challenger)
        return found


def rollback(registry: Registry) -> tuple[Version, str]:
    """Give the alias ``champion`` back to the version that had it before; gives both, the one before by its number.

    Raises:
        RunError: there is no champion, or none before it.
    """
    with locked(make_home() / f"promote-{re.sub(r'[^A-Za-z0-9]+', '-', registry.name)}.lock"):
        champion = registry.version(CHAMPION)
        if champion is None:
            raise RunError(f"{registry.name}: there is no champion to roll back")
        before = champion.tags.get(PREVIOUS, "")
        if not before:
            raise RunError(f"{registry.name}: version {champion.number} is the first champion: there is none before it")
        registry.point(CHAMPION, Version(registry.name, before, ""))
        registry.note(champion, {"descent.rolled_back": _now()})
        return champion, before


def _first(registry: Registry, challenger: Version) -> Promotion:
    about, found = kept_of(registry, challenger).about(), registry.metrics(challenger)
    own, dummy = found.get(f"test/{about.metric}"), found.get(f"dummy/{about.metric}")
    if own is None or dummy is None:
        raise RunError(f"{challenger.address}: its run has no test/{about.metric}: train the challenger again")
    better = own > dummy if metrics.greater_is_better(about.metric) else own < dummy
    words = f"{about.metric} {own:.4g}, a dummy has {dummy:.4g}"
    reason = f"the first, and better than a dummy: {words}" if better else f"not better than a dummy: {words}"
    return Promotion(registry.name, challenger.number, None, Decision(better, reason, about.metric))


def _compared(
    registry: Registry, challenger: Version, champion: Version, confidence: float | None, guards: Sequence[str] | None
) -> Promotion:
    own, other = kept_of(registry, challenger), kept_of(registry, champion)
    about, before = own.about(), other.about()
    refuse_other_question(challenger.address, about.target, about.task, about.classes, champion, before)
    models = [load_model(one.address) for one in (champion, challenger)]
    ledger.enter(_opening(about, challenger))
    rows = own.test_rows()
    try:
        known = np.isin(row_hashes(rows, before.columns), other.learned())
    except DataError as error:
        raise RunError(f"{champion.address} cannot predict the challenger's rows: {error}") from error
    rows = rows[~known].reset_index(drop=True)
    units = None if about.group is None else pd.factorize(rows[about.group], use_na_sentinel=False)[0]
    count = len(rows) if units is None else len(np.unique(units))
    if count < FEWEST:
        what = "rows" if units is None else f"values of {about.group}"
        raise TooFewRowsError(
            f"{registry.name}: of the challenger's {len(known):,} test rows {int(known.sum()):,} are among "
            f"the champion's training rows; {count} {what} are left, too few to compare (at least {FEWEST}). Train the "
            "challenger on a table with new rows"
        )
    target = models[0].target
    y = rows[about.target].to_numpy(np.float64) if about.task == "regression" else target.encode(rows[about.target])
    try:
        outputs = [model.outputs(rows) for model in models]
    except DataError as error:
        raise RunError(f"{champion.address} cannot predict the challenger's rows: {error}") from error
    decision = decide(
        about.task,
        about.metric,
        y,
        *outputs,
        units=units,
        confidence=confidence or about.confidence,
        guards=about.guards if guards is None else guards,
    )
    return Promotion(
        registry.name, challenger.number, champion.number, decision, rows=len(rows), known=int(known.sum())
    )


def kept_of(registry: Registry, version: Version) -> Kept:
    """What the run of a version has kept, fetched."""
    return Kept(registry.files(version, FOLDER))


def refuse_other_question(
    what: str, target: str, task: str, classes: Sequence[str], champion: Version, before: About
) -> None:
    """Raises `RunError` if something answers another question than the champion does."""
    for name, new, old in (
        ("target", target, before.target),
        ("task", task, before.task),
        ("classes", ", ".join(classes), ", ".join(before.classes)),
    ):
        if new != old:
            raise RunError(
                f"{what} and {champion.address} answer different questions: {name} {new}, and {old}. Register this "
                "one under another name"
            )


def _opening(about: About, challenger: Version) -> ledger.Opening:
    """The challenger looks at its own test rows once more: no further model does."""
    return ledger.Opening(
        when=_now(),
        experiment=about.experiment,
        run=f"promote {challenger.address}",
        target=about.target,
        config=about.config,
        table=about.table,
        sealed=about.sealed,
        rows=about.rows,
        test_rows=about.test_rows,
        version=version_of_package("descent-ml"),
    )


def _tags(found: Promotion) -> dict[str, str]:
    decision = found.decision
    tags = {
        "descent.decision": "promoted" if decision.promote else "kept back",
        "descent.reason": decision.reason,
        "descent.compared_with": found.champion or "no champion",
        "descent.decided": _now(),
    }
    if (own := decision.comparison) is not None:
        tags |= {
            "descent.difference": f"{own.difference:.6g}",
            "descent.lower_bound": f"{own.lower:.6g}",
            "descent.confidence": f"{own.confidence:g}",
            "descent.rows": str(found.rows),
            "descent.rows_left_out": str(found.known),
        }
    return tags


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

"""Following the best advice: what it says is trained like everything else, on train and cv rows, before the test."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np

from descent.flows import tasks
from descent.flows.diagnosis.changes import Change
from descent.flows.diagnosis.diagnose import Diagnosed
from descent.flows.diagnosis.evidence import costs_of
from descent.flows.evaluation import folds as judgement
from descent.flows.recorder import Recorder
from descent.flows.run.workspace import Workspace
from descent.flows.search.leaderboard import Entry, Finalist, choose, rank
from descent.flows.search.plan import make_plan
from descent.flows.table.question import Matrices, Parts, Question, featurise
from descent.ml.diagnosis.advice import Advice
from descent.schemas import FeatureSettings


@dataclass(frozen=True)
class Followed:
    """What came of an advice: ``realised`` is by how much J_cv fell, ``se`` its standard error over the cv rows."""

    advice: Advice
    entries: tuple[Entry, ...] = field(repr=False)
    realised: float
    se: float
    selected: bool


@dataclass(frozen=True)
class Standing:
    """The finalists with their scores, and who leads."""

    finalists: Sequence[Finalist]
    winner: Finalist


def best_advice(diagnosed: Diagnosed) -> tuple[Advice, Change] | None:
    """The first advice that is a setting whose gain was predicted; None where there is none."""
    for advice in diagnosed.diagnosis.advice:
        change = None if advice.remedy is None else diagnosed.changes.get(advice.remedy)
        if change is not None and advice.gain is not None:
            return advice, change
    return None


def follow(
    diagnosed: Diagnosed, standing: Standing, question: Question, parts: Parts,
    matrices: Mapping[FeatureSettings, Matrices], workers: int, work: Workspace, executor: Executor,
    recorder: Recorder, say: Callable[[str], None],
) -> tuple[Finalist, Followed | None, dict[FeatureSettings, Matrices]]:  # fmt: skip
    """Train the variants of the best advice; the best of them meets the finalists on the folds.

    Gives the winner by the rule that chose before, what came of it (None where no advice is a setting with a predicted
    gain, or its variants all diverged), and the matrices, those of new feature settings among them.
    """
    known = dict(matrices)
    found = best_advice(diagnosed)
    if found is None:
        say("diagnose.follow: no advice is a setting that is predicted to help")
        return standing.winner, None, known
    if parts.whole is not None:
        say("diagnose.follow: not for tables that are trained from disk, whose advice is measured on a sample")
        return standing.winner, None, known
    advice, change = found
    say(f"following the advice: {advice.text}")
    for number, settings in enumerate(dict.fromkeys(v.features for v in change.variants if v.features not in known)):
        known[settings] = featurise(settings, question, parts, parts.train, parts.cv, work.scratch / f"follow-{number}")
    columns = {settings: one.width for settings, one in known.items()}
    outputs = next(iter(known.values())).target.outputs
    dtype = question.config.compute.dtype
    search = question.config.search.model_copy(update={"strategy": "grid", "budget": None})  # all of them to their end
    plan = make_plan(change.variants, columns, outputs, question.task, workers, dtype, search)
    np.save(work.progress, np.zeros(len(plan.variants)))
    trained = [
        tasks.train_chunk.submit(chunk, question, known, work, executor, recorder, None) for chunk in plan.chunks
    ]
    entries = [one.entry for future in trained for one in future.result()]
    candidates = question.candidates(rank(entries, question.metric, question.greater_is_better))[:1]
    if not candidates:
        say("none of its variants could be trained")
        return standing.winner, None, known
    folds = [
        tasks.score_fold.submit(number, fold, candidates, question, parts, executor, work)
        for number, fold in enumerate(parts.folds, start=1)
    ]
    tried = judgement.finalists(candidates, [future.result() for future in folds], question.metric)[0]
    chosen = choose([*standing.finalists, tried], question.config.select.rule, question.greater_is_better)
    fall = diagnosed.costs - costs_of(tried.entry.variant, question, known, executor)
    se = float(fall.std(ddof=1) / np.sqrt(len(fall)))
    return chosen, Followed(advice, tuple(entries), float(fall.mean()), se, chosen is tried), known

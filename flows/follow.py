"""Following the best advice: what it says is trained like everything else, on train and cv rows, before the test."""

from collections.abc import Callable

import numpy as np

from descent.flows import tasks
from descent.flows.diagnosis.changes import Change
from descent.flows.diagnosis.diagnose import Diagnosed, Followed, Standing
from descent.flows.diagnosis.evidence import costs_of
from descent.flows.evaluation import folds
from descent.flows.evaluation.selection import Selection
from descent.flows.recorder import Recorder
from descent.flows.run.study import Study
from descent.flows.search.leaderboard import candidates, rank
from descent.flows.search.plan import make_plan
from descent.ml.diagnosis.advice import Advice


def best_advice(diagnosed: Diagnosed) -> tuple[Advice, Change] | None:
    """The first advice that is a setting whose gain was predicted; None where there is none."""
    for advice in diagnosed.diagnosis.advice:
        change = None if advice.remedy is None else diagnosed.changes.get(advice.remedy)
        if change is not None and advice.gain is not None:
            return advice, change
    return None


def follow(
    diagnosed: Diagnosed, standing: Standing, study: Study, recorder: Recorder, say: Callable[[str], None]
) -> tuple[Selection, Followed | None]:
    """Train the variants of the best advice; the best of them meets the finalists on the folds.

    Gives the winner by the rule that chose before, and what came of it: None where no advice is a setting with a
    predicted gain, or its variants all diverged.
    """
    question = study.question
    found = best_advice(diagnosed)
    if found is None:
        say("diagnose.follow: no advice is a change of settings that is predicted to help")
        return standing.selection, None
    if study.parts.rows.sampled:
        say("diagnose.follow: not for tables that are trained from disk, whose advice is measured on a sample")
        return standing.selection, None
    advice, change = found
    say(f"following the advice: {advice.text}")
    for variant in change.variants:
        study.swept(variant.features)
    search = question.config.search.model_copy(update={"strategy": "grid", "budget": None})  # all of them to their end
    plan = make_plan(
        change.variants,
        study.widths,
        study.outputs,
        question.task,
        study.workers,
        study.dtype,
        search,
        study.numbers,
        study.shift,
    )
    np.save(study.progress, np.zeros(len(plan.variants)))
    trained = [tasks.train_chunk.submit(chunk, study, recorder, None) for chunk in plan.chunks]
    entries = [one.entry for future in trained for one in future.result()]
    best = candidates(rank(entries, question.metric, question.greater_is_better), question.metric, 1)[:1]
    if not best:
        say("none of its variants could be trained")
        return standing.selection, None
    scores = [tasks.score_fold.submit(number, best, study) for number, _ in enumerate(study.parts.folds, start=1)]
    tried = folds.finalists(best, [future.result() for future in scores], study)[0]
    chosen = tasks.select([*standing.finalists, tried], study)
    fall = diagnosed.costs - costs_of(tried.entry.variant, study)
    se = float(fall.std(ddof=1) / np.sqrt(len(fall)))
    return chosen, Followed(advice, tuple(entries), float(fall.mean()), se, chosen.winner is tried)

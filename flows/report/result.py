"""What an experiment found out, as the value that `schemas` describes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from descent.data.finding import LEAKAGE
from descent.flows.diagnosis.diagnose import Diagnosed, Followed
from descent.flows.evaluation.final_test import Tested
from descent.flows.evaluation.importance import Importance
from descent.flows.evaluation.refit import Final
from descent.flows.evaluation.rival import Rival
from descent.flows.evaluation.selection import Selection
from descent.flows.run.study import Study
from descent.flows.search.leaderboard import Entry
from descent.flows.search.race import Race
from descent.flows.table.parts import Parts
from descent.ml.diagnosis.verdict import Advice
from descent.schemas import ExperimentResult

STAGES = ("load", "features", "train", "crossvalidate", "track")


@dataclass(frozen=True)
class Answer:
    """What an experiment has found out, step by step; ``board`` is in the order of the leaderboard."""

    race: Race
    board: Sequence[Entry]
    selection: Selection
    diagnosed: Diagnosed
    followed: Followed | None
    final: Final
    tested: Tested
    importance: Importance | None
    rival: Rival | None = None


@dataclass(frozen=True)
class Circumstances:
    """What the result says of the run itself: seconds of its stages and ``beside`` it, and where things are."""

    seconds: Mapping[str, float]
    beside: Mapping[str, float]
    mlflow: Mapping[str, str | None]
    model: Path
    report: Path | None
    warnings: Sequence[str] = ()


def result_of(study: Study, answer: Answer, run: Circumstances) -> ExperimentResult:
    """Put everything together."""
    question, parts, winner = study.question, study.parts, answer.selection.winner
    chosen = winner.entry.variant
    stages = {name: run.seconds[name] for name in ("total", *STAGES)}
    return ExperimentResult.model_validate(
        {
            "experiment": question.config.title,
            "task": question.task,
            "data": {
                "rows": sum(parts.sizes.values()),
                "digest": question.digest,
                "splits": parts.sizes,
                "source": question.source,
                "target": question.inference.target,
                "split_by": question.inference.split_by,
                "notes": question.inference.notes,
                "findings": [asdict(finding) for finding in parts.findings],
            },
            "search": answer.race.result(),
            "variants": [
                {
                    "name": entry.variant.name,
                    "params": entry.variant.params(),
                    "cost": {"train": entry.cost_train, "cv": entry.cost_cv},
                    "metrics": {"cv": entry.metrics},
                    "epochs": entry.epochs,
                    "status": entry.status,
                    "message": entry.message,
                    "fleet": entry.fleet,
                    "reused": entry.reused,
                }
                for entry in answer.board
            ],
            "selected": {
                "name": chosen.name,
                "params": chosen.params(),
                "cv": {"mean": winner.mean, "se": winner.se, "folds": winner.folds if winner.se is not None else ()},
                "metric": question.metric,
                **_made_of(answer),
            },
            "rivals": {} if answer.rival is None else {"boosted": answer.rival.cv},
            "diagnosis": {**_diagnosis(answer, parts), "followed": _followed(answer.followed)},
            "test": _test(answer.tested),
            "seconds": {
                **stages,
                "other": {k: v for k, v in run.seconds.items() if k not in stages},
                "beside": run.beside,
            },
            "mlflow": run.mlflow,
            "model": str(run.model),
            "report": None if run.report is None else str(run.report),
            "warnings": tuple(run.warnings),
        }
    )


def _made_of(answer: Answer) -> dict[str, object]:
    """What the final model consists of."""
    selection, models = answer.selection, len(answer.final.model.members)
    calibration = None if selection.calibration is None else asdict(selection.calibration)
    if models == 1:
        alone = {"name": selection.winner.entry.variant.name, "weight": 1.0, "models": 1}
        return {"members": (alone,), "calibration": calibration}
    return {
        "calibration": calibration,
        "members": tuple(
            {
                "name": one.entry.variant.name,
                "weight": weight,
                "models": 1 if one.is_linear else sum(model is not None for model in one.models),
            }
            for one, weight in selection.members
        ),
    }


def _diagnosis(answer: Answer, parts: Parts) -> dict[str, object]:
    diagnosed, followed = answer.diagnosed, answer.followed
    found, law, curves = diagnosed.diagnosis, diagnosed.law, diagnosed.curves
    rows = 2 * parts.sizes["train"]
    tried = None if followed is None or followed.selected else followed.advice.remedy  # known not to help
    return {
        "verdict": found.verdict,
        "probabilities": found.probabilities,
        "evidence": [{"name": name, "value": value, "sentence": said} for name, value, said in found.evidence],
        "advice": (
            *({"text": str(f)} for f in parts.findings if f.name in LEAKAGE),  # it puts the rest in question
            *(_advice(advice) for advice in found.advice if advice.remedy is None or advice.remedy != tried),
        ),
        "curves": {"learning": curves.learning, "lambda": curves.lambda_, "capacity": curves.capacity},
        "projection": None
        if law is None
        else {
            "rows": rows,
            "cv": law.at(rows).value,
            "low": law.at(rows).low,
            "high": law.at(rows).high,
            "asymptote": law.asymptote,
        },
    }


def _advice(advice: Advice) -> dict[str, object]:
    gain = None if advice.gain is None else asdict(advice.gain)
    return {"text": advice.text, "setting": advice.setting, "gain": gain, "confidence": advice.confidence}


def _followed(followed: Followed | None) -> dict[str, object] | None:
    if followed is None or followed.advice.gain is None:
        return None
    return {
        "advice": followed.advice.text,
        "setting": followed.advice.setting,
        "variants": [entry.variant.name for entry in followed.entries],
        "predicted": asdict(followed.advice.gain),
        "realised": followed.realised,
        "se": followed.se,
        "selected": followed.selected,
    }


def _test(tested: Tested) -> dict[str, object]:
    count, opening = tested.count, tested.count.opening
    return {
        "metrics": tested.metrics,
        "baseline": tested.baseline,
        "linear": tested.linear,
        "boosted": tested.boosted,
        "beaten_by": tested.beaten_by,
        "intervals": tested.intervals,
        "confidence": count.confidence,
        "opening": {
            "number": count.number,
            "elsewhere": count.elsewhere,
            "unreadable": count.unreadable,
            "when": opening.when,
            "run": opening.run,
            "repeated": count.repeated,
            "sealed_digest": opening.sealed,
            "rows_digest": opening.rows,
            "config_digest": opening.config,
        },
    }

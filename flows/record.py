"""Recording a run in MLflow without waiting for it.

MLflow takes seconds to import and milliseconds per run; both pass in a process of their own, call after call in the
order of asking, while the experiment goes on.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from schemas import ExperimentResult, to_yaml
from schemas.names import family

from . import figures, orphans, recording, store, tracking
from .diagnosing import Diagnosed
from .final import Final
from .inputs import Parts, Question
from .notes import leaderboard_rows, markdown
from .selection import Entry

LAST_WORDS = 20.0
"""Seconds that a run which ends early waits for MLflow to note how it ended."""


class Recorder:
    """The run in MLflow: begun by `begin`, ended by `finish`; as killed or failed when an exception comes between."""

    def __init__(self) -> None:
        self._handle: Future[tracking.Handle] | None = None
        self._drawn: Future[dict[str, Path]] | None = None
        self._pending: list[Future[Any]] = []
        self._finished = False

    def __enter__(self) -> Self:
        self._executor = recording.take()
        return self

    def begin(self, question: Question, parts: Parts, run_name: str) -> None:
        """Begin the parent run."""
        config, inference = question.config, question.inference
        self._handle = self._executor.submit(
            recording.begin,
            store.tracking_uri(),
            config.title,
            run_name,
            params={
                "task": question.task,
                "target": inference.target,
                "split": inference.split_by,
                "seed": config.split.seed,
                "variants": len(question.variants),
                "metric": question.metric,
                "rule": config.select.rule,
                "folds": config.validation.folds,
            },
            tags={"task": question.task, "target": inference.target, orphans.TAG: orphans.this_command()},
            config_yaml=to_yaml(config, comments=False),
            dataset=tracking.Dataset(
                name=question.source_name,
                digest=question.digest,
                source=question.source,
                rows=sum(parts.sizes.values()),
                schema={column.name: column.role for column in inference.columns} | {inference.target: "target"},
            ),
        )

    def add(self, entries: Sequence[Entry]) -> None:
        """Record trained variants as runs nested in the parent, as soon as that has begun."""
        self._later(recording.add, [_record(entry) for entry in entries])

    def draw(
        self, board: Sequence[Entry], candidates: Sequence[Entry], winner: Entry, diagnosed: Diagnosed,
        question: Question, folder: Path,
    ) -> None:  # fmt: skip
        """Draw the figures that `finish` logs."""
        drawing = figures.Drawing(
            variants=[_shown(entry) for entry in board if entry.status != "diverged"],
            winner=winner.variant.name,
            finalists=[entry.variant.name for entry in candidates],
            unit=f"{question.inference.target}²" if question.task == "regression" else "log loss",
            verdict=diagnosed.diagnosis.verdict,
            dummy=diagnosed.cost_dummy,
            level=diagnosed.level,
            high_bias=diagnosed.high_bias,
            high_variance=diagnosed.high_variance,
        )
        self._drawn = self._executor.submit(figures.draw, drawing, folder)

    def finish(self, result: ExperimentResult, final: Final) -> None:
        """Record the outcome and end the run; what went wrong in the recording until now is raised here."""
        selected = result.selected
        self._later(
            tracking.finish_experiment,
            self.handle,
            metrics={**_test_metrics(result), f"cv/{selected.metric}": selected.cv.mean},
            tags={"verdict": result.diagnosis.verdict, "selected": selected.name, **_opening_tags(result)},
            figures={} if self._drawn is None else self._drawn.result(),
            tables={"leaderboard": leaderboard_rows(result)},
            note_markdown=markdown(result),
            result_json=result.model_dump_json(indent=2),
            model_folder=final.folder,
            model_inputs=final.features.schema,
        )
        for future in self._pending:
            future.result()
        self._finished = True

    @property
    def handle(self) -> tracking.Handle:
        """The parent run, once it has begun."""
        if self._handle is None:
            raise RuntimeError("begin comes first")
        return self._handle.result()

    def _later(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self._pending.append(self._executor.submit(function, *args, **kwargs))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and self._handle is not None and not self._finished:
            self._end_early(error)
        self._executor.shutdown(wait=True, kill_workers=kind is not None)

    def _end_early(self, error: BaseException | None) -> None:
        for future in self._pending:
            future.cancel()
        try:
            handle = self.handle
            if isinstance(error, Exception):
                said = self._executor.submit(tracking.mark_failed, handle, str(error))
            else:
                said = self._executor.submit(tracking.mark_killed, handle)
            said.result(timeout=LAST_WORDS)
        except Exception:  # noqa: BLE001 - the error under way matters more than a store that cannot be told of it
            return


def _test_metrics(result: ExperimentResult) -> dict[str, Any]:
    """Metrics on the test rows by model, with the ends of the intervals."""
    test = result.test
    parts = {"test": test.metrics, "dummy": test.baseline, "linear": test.linear}
    named = {f"{part}/{name}": value for part, values in parts.items() for name, value in values.items()}
    ends = {
        f"test/{name}_{end}": value
        for name, interval in test.intervals.items()
        for end, value in zip(("low", "high"), interval, strict=True)
    }
    return {name: value for name, value in (named | ends).items() if value is not None}


def _opening_tags(result: ExperimentResult) -> dict[str, str]:
    """What the ledger says about this look at the test rows."""
    test, opening = result.test, result.test.opening
    if opening is None:
        return {}
    return {
        "test.opening": str(opening.number),
        "test.confidence": f"{test.confidence:.6g}",
        "test.sealed.sha256": opening.sealed_digest,
        "test.rows.sha256": opening.rows_digest,
        "config.sha256": opening.config_digest,
    }


def _shown(entry: Entry) -> figures.Shown:
    variant = entry.variant
    return figures.Shown(
        name=variant.name,
        family=family(variant),
        lambda_=variant.lambda_,
        cost_train=entry.cost_train,
        cost_cv=entry.cost_cv,
        curve_train=entry.curve_train,
        curve_cv=entry.curve_cv,
        best_epoch=entry.best_epoch or None,
    )


def _record(entry: Entry) -> tracking.VariantRecord:
    return tracking.VariantRecord(
        name=entry.variant.name,
        params=entry.variant.params(),
        status=entry.status,
        cost_train=entry.cost_train,
        cost_cv=entry.cost_cv,
        metrics=entry.metrics,
        curve_train=entry.curve_train,
        curve_cv=entry.curve_cv,
        epochs=entry.epochs,
        best_epoch=entry.best_epoch or None,
        message=entry.message,
    )

"""Recording a run without waiting for MLflow.

The command writes what there is to record into an outbox (`flows.tracking`), which takes milliseconds. A process of its
own, the recording process, imports MLflow and drains the outbox while the experiment goes on. A tracking server that
goes away costs the run nothing: what it did not take waits in the outbox for ``descent sync``.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self

from descent.flows.diagnosis.diagnose import Diagnosed
from descent.flows.errors import attempt
from descent.flows.promotion import kept
from descent.flows.report.contents import Contents, TestRows, versions
from descent.flows.report.drawing import Drawing, Shown
from descent.flows.report.markdown import LEADERBOARD, leaderboard, markdown
from descent.flows.report.result import Answer
from descent.flows.run.study import Study
from descent.flows.run.workspace import REPORT
from descent.flows.search.leaderboard import Entry
from descent.flows.table import datasets, ledger
from descent.flows.tracking import orphans, process, store, values
from descent.flows.tracking.outbox import Outbox
from descent.flows.tracking.records import FAILED, KILLED, Beginning, Ending, RunOutcome, VariantRecord
from descent.flows.tracking.sender import Delivery
from descent.flows.tracking.store import Handle
from descent.schemas import ExperimentResult, to_yaml

FIGURES = "figures"
LONGEST_UNIT = 28
LAST_WORDS = 20.0
"""Seconds that a run which ends early waits for MLflow to note how it ended."""


class Recorder:
    """The run in MLflow: begun by `begin`, ended by `finish`; as killed or failed when an exception comes between."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._outbox: Outbox | None = None
        self._handle: Future[Handle] | None = None
        self._draining: Future[None] | None = None
        self.warnings: list[str] = []
        self._finished = False
        self.seconds = 0.0
        """Processor time of the recording process, with its imports, once it is done."""

    def __enter__(self) -> Self:
        self._process = process.started()
        self._process.say = self._say
        return self

    def begin(self, study: Study) -> None:
        """Begin the parent run, or go on with that of a run that did not finish; its name is that of its outbox."""
        question, config, inference = study.question, study.question.config, study.question.inference
        self._outbox = Outbox.taken(study.run)
        self._outbox.begin(
            Beginning(
                study.run,
                store.tracking_uri(),
                config.title,
                params={
                    "task": question.task,
                    "target": inference.target,
                    "split": inference.split_by,
                    "split_seed": config.split.seed,
                    "variants": len(question.variants),
                    "metric": question.metric,
                    "rule": config.select.rule,
                    "folds": question.folds,
                },
                tags={
                    "task": question.task,
                    "target": inference.target,
                    "dataset.sha256": question.digest,
                    "config.sha256": ledger.config_digest(config),
                    orphans.TAG: orphans.this_command(),
                    **values.source(),
                },
                config_yaml=to_yaml(config, comments=False),
                datasets=datasets.worked_on(question, study.parts),
            )
        )
        self._handle = self._process.submit(process.begin, self._outbox.folder, config.track.system_metrics)

    def add(self, entries: Sequence[Entry]) -> None:
        """Record trained variants as runs nested in the parent.

        Raises:
            RunError: MLflow turned out to refuse the run.
        """
        assert self._outbox is not None
        if self._handle is not None and self._handle.done():
            self._handle.result()
        self._outbox.add([_record(entry) for entry in entries])
        if self._draining is None or self._draining.done():  # of a server that is away none are to pile up
            self._draining = self._process.submit(process.drain, self._outbox.folder)

    def decided(
        self, board: Sequence[Entry], candidates: Sequence[Entry], winner: Entry, diagnosed: Diagnosed, study: Study
    ) -> None:
        """Keep what the figures of `report` show."""
        question = study.question
        self._drawing = Drawing(
            variants=[_shown(entry) for entry in board if entry.compares_with(winner)],
            winner=winner.variant.name,
            finalists=[entry.variant.name for entry in candidates],
            unit=_squared(question.inference.target) if question.task == "regression" else "log loss",
            dummy=diagnosed.cost_dummy,
            level=diagnosed.level,
            high_bias=diagnosed.high_bias,
            high_variance=diagnosed.high_variance,
        )

    def report(self, result: ExperimentResult, answer: Answer, study: Study, config_path: Path) -> bool:
        """Write report and figures into the folder of the study; ``config_path`` is where the configuration will stand.

        Says whether there is one; `warnings` has what is missing in it, or why there is none.
        """
        question, tested = study.question, answer.tested
        contents = Contents(
            result=result,
            drawing=self._drawing,
            columns=question.inference.columns,
            rows=TestRows(tested.y, tested.outputs, tuple(map(str, question.inference.classes))),
            config_yaml=to_yaml(question.config, comments=False),
            config_path=str(config_path),
            importance=answer.importance,
            versions=versions(),
        )

        def written() -> list[str]:
            # In this process, which has scikit-learn: the recording process is busy sending, and would import it.
            from descent.flows.report import page

            return page.write(contents, study.folder / REPORT, study.folder / FIGURES)

        missing = attempt("the report", written, self.warnings)
        self.warnings += missing or []
        return missing is not None

    def finish(self, result: ExperimentResult, answer: Answer, study: Study, report: Path | None) -> Delivery:
        """Record the outcome and end the run; says what MLflow did not take, which then waits in the outbox."""
        assert self._outbox is not None
        question, parts, final = study.question, study.parts, answer.final
        name = question.config.registration.name
        promotion = {} if name is None else kept.write(question, parts, final.model.schema, study.folder / kept.FOLDER)
        self._outbox.finish(
            RunOutcome(
                metrics=_of_parent(result),
                tags={
                    "verdict": result.diagnosis.verdict,
                    **{
                        f"verdict.{name}": f"{p:.3f}"
                        for name, p in result.diagnosis.probabilities.items()
                        if p is not None
                    },
                    "selected": result.selected.name,
                    **_opening_tags(result),
                    **({"warnings": " ".join(result.warnings)} if result.warnings else {}),
                },
                note=markdown(result),
                winner=_record(answer.selection.winner.entry),
                datasets=[datasets.tested_on(question, parts)],
                tables=[LEADERBOARD],
                model_inputs=final.model.schema,
                register=name,
            ),
            {
                "result.json": result.model_dump_json(indent=2),
                LEADERBOARD: leaderboard(result),
                **({} if report is None else {report.name: report}),
                **{f"{FIGURES}/{figure.name}": figure for figure in sorted((study.folder / FIGURES).glob("*.svg"))},
                **promotion,
            },
            final.folder,
        )
        delivery: Delivery
        delivery, self.seconds = self._process.submit(
            process.finish, self._outbox.folder, question.config.track.system_metrics
        ).result()
        self._outbox.release()
        self._finished = True
        return delivery

    @property
    def handle(self) -> Handle:
        """The parent run, once it has begun.

        Raises:
            RunError: MLflow refused it.
        """
        if self._handle is None:
            raise RuntimeError("begin comes first")
        return self._handle.result()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and self._outbox is not None and not self._finished:
            self._end_early(self._outbox, error)
        self._process.shutdown(kill_workers=kind is not None)

    def _end_early(self, outbox: Outbox, error: BaseException | None) -> None:
        try:
            if self._handle is not None and self._handle.done() and self._handle.exception() is not None:
                outbox.remove()  # the run never began
                return
            failed = isinstance(error, Exception)
            outbox.end(Ending(FAILED, str(error)) if failed else Ending(KILLED, "interrupted"))
            self._process.submit(process.drain, outbox.folder).result(timeout=LAST_WORDS)
        except Exception:  # noqa: BLE001 - the error under way matters more than a store that cannot be told of it
            return
        finally:
            outbox.release()


def _of_parent(result: ExperimentResult) -> dict[str, float]:
    """What is known of the parent run alone: the test, with the ends of the intervals, and the winner on the folds."""
    test, selected = result.test, result.selected
    parts = {"test": test.metrics, "dummy": test.baseline, "linear": test.linear, "boosted": test.boosted}
    named = {f"{part}/{name}": value for part, values in parts.items() for name, value in values.items()}
    named |= {
        f"test/{name}_{end}": value
        for name, interval in test.intervals.items()
        for end, value in zip(("low", "high"), interval, strict=True)
    }
    if selected.cv.se is not None:
        named |= {f"folds/{selected.metric}": selected.cv.mean, f"folds/{selected.metric}_se": selected.cv.se}
    return {name: value for name, value in named.items() if value is not None}


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
    }


def _squared(target: str) -> str:
    """The unit of a regression's costs, short enough for an axis."""
    name = " ".join(target.split())
    name = name if len(name) <= LONGEST_UNIT else f"{name[: LONGEST_UNIT - 1]}…"
    return f"{name}²" if name.isidentifier() else f"({name})²"


def _shown(entry: Entry) -> Shown:
    variant = entry.variant
    return Shown(
        name=variant.name,
        lambda_=variant.lambda_,
        cost_train=entry.cost_train,
        cost_cv=entry.cost_cv,
        linear=not variant.layers,
        curve_train=entry.curve_train,
        curve_cv=entry.curve_cv,
        best_epoch=entry.best_epoch or None,
    )


def _record(entry: Entry) -> VariantRecord:
    return VariantRecord(
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

"""What came of a retraining, told to people however it ends."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from descent.data import Finding
from descent.flows.prefect_server import artifacts
from descent.flows.promotion.promote import Promotion, TooFewRowsError
from descent.flows.retraining.notices import Notice
from descent.schemas import ExperimentConfig, ExperimentResult
from descent.schemas.problems.secrets import conceal

Outcome = Literal["promoted", "kept", "failed"]


@dataclass
class Retrained:
    """A retraining as far as it has come; ``outcome`` is ``failed`` until there is a decision."""

    experiment: str
    champion: str | None = None
    """Version that was the champion when it began; None if there was none, or it ended before it had looked."""
    looked: bool = False
    """Whether it had come to look for the champion."""
    findings: Sequence[Finding] = ()
    result: ExperimentResult | None = None
    challenger: str | None = None
    outcome: Outcome = "failed"
    reason: str = ""
    links: dict[str, str] = field(default_factory=dict)

    def began(self, champion: str | None) -> None:
        """Note who is the champion, if anyone."""
        self.champion, self.looked = champion, True

    def decide(self, found: Promotion | TooFewRowsError) -> None:
        """Note who won, or that there was too little to compare with."""
        promoted = isinstance(found, Promotion) and found.decision.promote
        self.outcome, self.reason = "promoted" if promoted else "kept", str(found)

    @property
    def serving(self) -> str | None:
        """Version that is the champion now."""
        return self.challenger if self.outcome == "promoted" else self.champion

    def notice(self) -> Notice:
        """The same for people."""
        who = {
            "promoted": f"version {self.challenger} is the new champion",
            "kept": self._stays,
            "failed": f"retraining failed; {self._stays}",
        }[self.outcome]
        noticed = [f"noticed: {one}" for one in self.findings if one.severity != "note"]
        return Notice(f"{self.experiment}: {who}", "\n".join([self.reason, *noticed]), self.outcome, self.links)

    @property
    def _stays(self) -> str:
        if self.champion is not None:
            return f"version {self.champion} stays champion"
        return "still no champion" if self.looked else "the champion stays, if there is one"

    def markdown(self) -> str:
        """The same as a page."""
        from descent.flows.report.markdown import plain

        notice = self.notice()
        return "\n".join([f"## {plain(notice.title)}", *(f"- {plain(line)}" for line in notice.body.splitlines())])


@contextmanager
def told(config: ExperimentConfig, tell: Callable[[Notice], None]) -> Iterator[Retrained]:
    """Tell people in the end, of a failure as well, which then goes on; ``tell`` raises nothing."""
    news = Retrained(config.title)
    try:
        yield news
    except BaseException as error:
        # A traceback is for the log; an interruption has no words.
        news.reason = conceal(str(error).strip()) or type(error).__name__
        tell(news.notice())
        raise
    if news.result is not None:
        news.links = artifacts.links(news.result)
    tell(news.notice())

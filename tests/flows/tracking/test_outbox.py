"""What waits to be sent: whole, or not there."""

from pathlib import Path

import pytest

from descent.flows.tracking.outbox import Outbox

from .recorded import beginning, outcome, variant


def test_an_outcome_that_cannot_be_written_leaves_nothing_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / ".descent"))
    box = Outbox.of("run")
    box.begin(beginning("run", "sqlite://"))
    before = sorted(box.folder.rglob("*"))
    made, model = outcome(variant("linear", at=1), {}, at=1), tmp_path / "model"
    with pytest.raises(OSError, match="model"):  # stands for a full disk: it comes after the artifacts
        box.finish(made, {"result.json": "{}"}, model)
    assert sorted(box.folder.rglob("*")) == before
    model.mkdir()
    box.finish(made, {"result.json": "{}"}, model)
    found = box.outcome()
    assert found is not None
    assert found.winner == made.winner

"""How commands end: what they say and with which exit code."""

import pytest
import typer

from descent.data import DataError
from descent.flows.cli.exits import reported
from descent.flows.errors import RunError, UsageError

GOES_ON = ", and the run is marked as killed. The same command resumes it"


@pytest.mark.parametrize(("trains", "more"), [(True, GOES_ON), (False, "")])
def test_an_interruption_is_told_for_what_the_command_does(
    trains: bool, more: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, reported(trains=trains):
        raise KeyboardInterrupt
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == f"descent: interrupted: no partial files were kept{more}\n"


@pytest.mark.parametrize(
    ("error", "code"), [(UsageError("say --port 1"), 2), (DataError("no rows"), 2), (RunError("it has gone"), 1)]
)
def test_who_has_to_do_something_is_seen_by_the_exit_code(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, reported():
        raise error
    assert ended.value.exit_code == code
    assert capsys.readouterr().err == f"descent: {error}\n"

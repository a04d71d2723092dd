"""What an interrupted command says: only one that trains has a run that goes on."""

import pytest
import typer

from flows.commands.exits import reported

GOES_ON = ", and the run is marked as killed. The same command goes on"


@pytest.mark.parametrize(("trains", "more"), [(True, GOES_ON), (False, "")])
def test_an_interruption_is_told_for_what_the_command_does(
    trains: bool, more: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, reported(trains=trains):
        raise KeyboardInterrupt
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == f"descent: interrupted: nothing half-written was kept{more}\n"

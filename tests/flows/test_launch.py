"""A result stays one when Prefect's server is not there to hear of it; what it leaves unsaid is said."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from descent.flows import launch
from descent.flows.errors import RunError
from descent.flows.machine import environment
from descent.flows.prefect_server.server import Server

SERVER = Server("http://127.0.0.1:9/api")


class Flow:
    """What `launch` uses of a Prefect flow; its server dies before or after the function has run."""

    def __init__(self, function: Callable[..., Any], *, dies: str) -> None:
        self.fn, self._dies = function, dies

    def with_options(self) -> "Flow":
        return Flow(self.fn, dies=self._dies)

    def __call__(self, config: Any, fresh: bool) -> Any:
        if self._dies == "before":
            raise httpx.ConnectError("Connection refused")
        try:
            return self.fn(config, fresh)
        finally:
            if self._dies == "after":
                raise httpx.ConnectError("Connection refused\nmore of it")


@pytest.fixture(autouse=True)
def hopeless(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    given_up: list[bool] = []
    monkeypatch.setattr(environment, "_hopeless", given_up)
    return given_up


def upper(config: Any, fresh: bool) -> Any:
    assert fresh
    return config.upper()


def run(flow: Flow, said: list[str]) -> Any:
    return launch._run(flow, SERVER, said.append, "a configuration", True)  # type: ignore[arg-type]


def test_the_result_of_a_flow_is_given_back(hopeless: list[bool]) -> None:
    said: list[str] = []
    assert run(Flow(upper, dies="never"), said) == "A CONFIGURATION"
    assert (said, hopeless) == ([], [])


def test_a_result_that_the_server_did_not_hear_of_is_given_back_and_that_is_said(hopeless: list[bool]) -> None:
    said: list[str] = []
    assert run(Flow(upper, dies="after"), said) == "A CONFIGURATION"
    (line,) = said
    assert "http://127.0.0.1:9 can no longer be used: Connection refused. The run is complete" in line
    assert hopeless  # the command need not wait for Prefect's threads


def test_without_a_result_it_is_a_failure_that_says_what_to_do() -> None:
    with pytest.raises(RunError, match=r"(?s)can no longer be used: Connection refused\. .* PREFECT_API_URL"):
        run(Flow(upper, dies="before"), [])


def test_an_error_of_the_run_itself_stays_what_it_is() -> None:
    def fails(config: Any, fresh: bool) -> Any:
        raise KeyError(config)

    for dies in ("never", "after"):
        with pytest.raises(KeyError):
            run(Flow(fails, dies=dies), [])


def test_a_local_server_that_a_full_disk_keeps_from_working_is_told_as_a_full_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(100, 100, 0))
    local = replace(SERVER, pid=1)
    with pytest.raises(OSError, match=r"(?s)needs about 67 MB"):
        launch._run(Flow(upper, dies="before"), local, print, "a configuration", True)  # type: ignore[arg-type]


@pytest.mark.parametrize(("code", "ends"), [(None, 0), (0, 0), (2, 2), ("a message", 1)])
def test_a_command_that_has_given_up_ends_at_once_with_its_exit_code(
    code: object, ends: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []

    def leave(code: int) -> None:
        ended.append(code)
        raise KeyboardInterrupt  # os._exit does not come back either

    monkeypatch.setattr("descent.flows.machine.environment.os._exit", leave)
    environment.give_up()
    with pytest.raises(KeyboardInterrupt):
        environment.end(SystemExit(code))
    assert ended == [ends]


def test_a_command_that_has_not_given_up_ends_as_python_does() -> None:
    with pytest.raises(SystemExit) as caught:
        environment.end(SystemExit(3))
    assert caught.value.code == 3

"""The artifacts of a flow run, where they cannot be made."""

import socket

import pytest

from descent.flows.prefect_server import artifacts

from ..report.made import result


def refuse(*_: object, **__: object) -> None:
    raise TypeError("no such artifact")


def test_artifacts_that_cannot_be_made_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr(artifacts, "create_table_artifact", refuse)
    said: list[str] = []
    artifacts.publish(result("binary"), said.append)
    assert len(said) == 1
    assert said[0].startswith("the artifacts of this run in Prefect could not be made: TypeError: no such artifact")


def test_a_server_that_has_gone_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{port}/api")
    monkeypatch.setattr(artifacts, "create_table_artifact", refuse)
    said: list[str] = []
    artifacts.publish(result("binary"), said.append)
    assert said == []

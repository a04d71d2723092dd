"""Which Prefect API a command talks to."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from descent.flows.errors import RunError
from descent.flows.prefect_server import connection


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return


def test_the_users_server_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / ".descent"))
    monkeypatch.setenv("PREFECT_API_URL", "https://prefect.team.example/api")
    server = connection.connect()
    assert (server.url, server.api_url) == ("https://prefect.team.example", "https://prefect.team.example/api")
    assert not server.is_local
    assert not (tmp_path / ".descent").exists()
    with connection.session(server, print):
        assert os.environ["PREFECT_API_URL"] == "https://prefect.team.example/api"


def test_a_server_that_is_not_there_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(RunError, match=r"PREFECT_API_URL is http://127\.0\.0\.1:9/api, but .* unset the variable"):
        connection.wait_connected(connection.connect())

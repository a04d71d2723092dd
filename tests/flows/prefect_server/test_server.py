"""The local Prefect server with real processes: found, shared, replaced, ended."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from descent.flows.errors import RunError, UsageError
from descent.flows.machine.locks import is_free
from descent.flows.prefect_server import server
from descent.flows.prefect_server.connection import connected
from descent.flows.prefect_server.server import Server

from ..waiting import eventually

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder for the tests of this file, in their order: a server takes seconds to start."""
    folder = tmp_path_factory.mktemp("shared") / "a folder" / ".descent"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESCENT_HOME", str(folder))
        yield folder
        server.release()
        server.stop_server()


@pytest.fixture
def home(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("DESCENT_HOME", str(shared))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    yield shared
    server.release()


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of a test's own."""
    folder = tmp_path / ".descent"
    monkeypatch.setenv("DESCENT_HOME", str(folder))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    yield folder
    server.release()


def ensure_server() -> Server:
    """The local server, once it answers."""
    found = server.start_server()
    server.wait_ready(found)
    return found


def command(program: str, **options: Any) -> "subprocess.Popen[str]":
    """A descent command: a process that does what ``program`` says."""
    return subprocess.Popen([sys.executable, "-c", program], text=True, stdout=subprocess.PIPE, cwd=ROOT, **options)


def ask(found: Server, path: str, body: object = None, host: str | None = None) -> tuple[int, Any]:
    connection = HTTPConnection(found.url.removeprefix("http://"), timeout=300)
    headers = {"content-type": "application/json"} | ({"host": host} if host else {})
    try:
        connection.request("GET" if body is None else "POST", path, body and json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if answer.status == 200 else text
    finally:
        connection.close()


FLOW = """
from descent.flows.machine.environment import quiet
quiet()
from descent.flows.prefect_server.connection import connect, session, wait_connected
server = connect()
from prefect import flow, task
@task
def double(x): return 2 * x
@flow(name={name!r})
def run():
    total = sum(future.result() for future in [double.submit(i) for i in range(5)])
    {last}
    return total
wait_connected(server)
with session(server, print):
    print(run())
"""


def runs(found: Server, name: str) -> list[dict[str, Any]]:
    status, answer = ask(found, "/api/flow_runs/filter", {"flows": {"name": {"any_": [name]}}})
    assert status == 200
    return list(answer)


def test_two_commands_at_once_start_one_server_which_is_found_again(home: Path) -> None:
    assert server.running_server() is None
    program = (
        "from descent.flows.prefect_server.server import start_server, wait_ready; "
        "s = start_server(); wait_ready(s); print(s.pid, s.started, s.url)"
    )
    commands = [command(program) for _ in range(2)]
    answers = [process.communicate(timeout=600)[0].split() for process in commands]
    assert sorted(started for _, started, _ in answers) == ["False", "True"]
    found = ensure_server()
    assert not found.started
    assert [(pid, url) for pid, _, url in answers] == [(str(found.pid), found.url)] * 2
    assert server.running_server() == found


def test_a_flow_with_its_tasks_is_recorded_and_nothing_is_printed(home: Path) -> None:
    done = command(FLOW.format(name="whole", last="pass"), stderr=subprocess.PIPE)
    assert done.communicate(timeout=600) == ("20\n", "")
    found = ensure_server()
    (run,) = runs(found, "whole")
    assert run["state_name"] == "Completed"

    def completed_tasks() -> int:
        tasks = ask(found, "/api/task_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})[1]
        return sum(task["state_name"] == "Completed" for task in tasks)

    assert eventually(lambda: completed_tasks() == 5)


def test_a_flow_whose_command_was_killed_is_marked_as_crashed(home: Path) -> None:
    killed = command(FLOW.format(name="killed", last="import os; os.kill(os.getpid(), 9)"), stderr=subprocess.PIPE)
    killed.communicate(timeout=600)
    assert killed.returncode == -signal.SIGKILL
    found = server.running_server()
    assert found is not None
    assert eventually(lambda: [run["state_name"] for run in runs(found, "killed")] == ["Crashed"])


def test_a_process_that_stays_open_uses_the_server_only_while_it_runs_something(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    with connected() as outer, connected() as inner:
        assert inner.url == outer.url
    in_use = home / "prefect" / "in-use.lock"
    with connected():
        with connected():
            pass
        assert not is_free(in_use)
    assert is_free(in_use)  # or the server would never look for what others, killed since, have left


def test_the_server_answers_to_no_other_name(home: Path) -> None:
    found = ensure_server()
    assert ask(found, "/api/health", host="rebound.example:80")[0] == 400
    assert ask(found, "/api/health", host=f"localhost:{found.url.rsplit(':', 1)[1]}")[0] == 200


def test_a_server_in_use_by_another_command_is_not_stopped(home: Path) -> None:
    ensure_server()
    other = command(
        "import descent.flows.prefect_server.server as s; s.start_server(); print('up', flush=True); input()",
        stdin=subprocess.PIPE,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "up\n"
    with pytest.raises(RunError, match="in use by another descent command"):
        server.stop_server()
    other.communicate("\n")
    assert server.running_server() is not None


def test_a_killed_server_is_replaced_on_the_same_port_even_by_a_command_that_is_killed_as_it_starts_it(
    home: Path,
) -> None:
    first = ensure_server()
    assert first.pid is not None
    server.release()
    os.kill(first.pid, signal.SIGKILL)
    assert eventually(lambda: server.running_server() is None)
    dies = """
import os, descent.flows.prefect_server.server as s
start = s.subprocess.Popen
def killed(*args, **kwargs):
    start(*args, **kwargs)
    os.kill(os.getpid(), 9)
s.subprocess.Popen = killed
s.start_server()
"""
    killed = command(dies)
    killed.communicate(timeout=600)
    assert killed.returncode == -signal.SIGKILL
    second = ensure_server()
    assert not second.started  # the server found its way into the record by itself
    assert second.pid != first.pid
    assert second.url == first.url
    assert ask(second, "/api/health")[0] == 200


def test_a_server_of_another_prefect_version_is_replaced_by_one_that_ends_when_idle(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ensure_server()
    record = home / "prefect" / "server.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "prefect": "3.0.0"}), encoding="ascii")
    monkeypatch.setenv("DESCENT_SERVER_IDLE_MINUTES", "0.05")
    second = ensure_server()
    assert second.started
    assert second.pid != first.pid
    assert second.prefect == first.prefect
    server.release()
    assert eventually(lambda: is_free(home / "prefect" / "server.lock"))
    assert server.running_server() is None


def test_a_server_that_cannot_start_says_why_and_where(own_home: Path) -> None:
    (own_home / "prefect").mkdir(parents=True)
    (own_home / "prefect" / "prefect.db").write_text("this is no database, " * 100, encoding="ascii")
    with pytest.raises(RunError, match=r"(?s)exited while starting.*prefect-server\.log.*not a database"):
        ensure_server()


@pytest.mark.parametrize("text", ["soon", "0", "-3", "nan"])
def test_idle_minutes_must_be_a_positive_number(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESCENT_SERVER_IDLE_MINUTES", text)
    with pytest.raises(UsageError, match="DESCENT_SERVER_IDLE_MINUTES"):
        server.idle_minutes()

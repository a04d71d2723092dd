"""The stack as a team meets it, from its first start to the day after a restore. The tests build on each other."""

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from .conftest import MINUTE, Stack
from .readme import commands, section

pytestmark = pytest.mark.stack

SERVERS = ("mlflow", "prefect", "worker", "model")
RUN = ("descent", "run", "data/samples/penguins.csv", "--target", "species", "--set", "search.epochs=20", "--json")
LONG = """
name: through-a-restart
data: {source: data/samples/diabetes.csv, target: progression, task: regression}
search:
  epochs: 4000
  early_stopping: null
  models: [{kind: network, layers: [64, 64], lambda: [0, 0.1, 1, 10]}]
"""
PENGUIN = {
    "island": "Torgersen",
    "bill_length_mm": 39.1,
    "bill_depth_mm": 18.7,
    "flipper_length_mm": 181,
    "body_mass_g": 3750,
    "sex": "male",
    "year": 2007,
}


def test_all_services_are_healthy_and_the_migrations_ran_once(stack: Stack) -> None:
    lines = stack.compose("ps", "--all", "--format", "{{.Service}}: {{.Status}}").splitlines()
    states = dict(line.split(": ", 1) for line in lines)
    assert all("(healthy)" in states[name] for name in ("postgres", *SERVERS)), states
    assert all(states[name].startswith("Exited (0)") for name in ("migrate-mlflow", "migrate-prefect")), states


@pytest.mark.parametrize("service", SERVERS)
def test_a_service_is_not_root_and_cannot_write_to_its_image(stack: Stack, service: str) -> None:
    assert stack.within(service, "id", "-u").strip() == "1000"
    assert (
        "Read-only file system"
        in stack.script("compose", "exec", "-T", service, "touch", "/usr/local/x", check=False).stderr
    )


def test_the_image_holds_no_secret(stack: Stack) -> None:
    docker = ["docker", "-H", f"unix://{stack.environment['CTR_STATE']}/docker.sock"]
    history = subprocess.run(
        [*docker, "history", "--no-trunc", "descent:local"], capture_output=True, text=True, check=True
    ).stdout
    inspected = subprocess.run([*docker, "inspect", "descent:local"], capture_output=True, text=True, check=True).stdout
    secrets = [value for name, value in stack.settings.items() if name.endswith(("PASSWORD", "KEY"))]
    assert len(secrets) == len(set(secrets)) >= 4
    assert not [secret for secret in secrets if secret in history + inspected]
    assert json.loads(inspected)[0]["Size"] <= 1.2e9


WRONG = {"none": None, "empty": ("", ""), "wrong password": ("admin", "wrong"), "wrong name": ("nobody", "wrong")}


@pytest.mark.parametrize("login", WRONG.values(), ids=WRONG.keys())
def test_wrong_credentials_are_refused_at_every_port(stack: Stack, login: tuple[str, str] | None) -> None:
    for url, body in (
        ("http://localhost:5000/", None),
        ("http://localhost:5000/api/2.0/mlflow/experiments/search", {"max_results": 1}),
        ("http://localhost:5000/ajax-api/2.0/mlflow/runs/search", {"experiment_ids": ["0"]}),
        ("http://localhost:5000/api/2.0/mlflow-artifacts/artifacts", None),
        ("http://localhost:4200/api/flow_runs/filter", {}),
        ("http://localhost:4200/api/deployments/filter", {}),
        ("http://localhost:4200/api/admin/settings", None),
        ("http://localhost:8000/invocations", {"dataframe_records": [{}]}),
        ("http://localhost:8000/ping", None),
    ):
        status, text = stack.ask(url, login, body=body)
        assert status == 401, (url, status, text[:200])


def test_every_port_that_listens_beyond_loopback_is_one_that_asks_for_a_password(stack: Stack) -> None:
    sockets = stack.script("exec", "ss", "-Hltn").stdout.split("\n")
    outside = {int(line.split()[3].rsplit(":", 1)[1]) for line in sockets if line and "127.0.0.1:" not in line}
    assert outside == {5000, 4200, 5432, 8000}


def test_the_database_refuses_wrong_and_missing_passwords(stack: Stack) -> None:
    def login(name: str, password: str) -> str:
        words = f"psql --no-password --host=postgres --username={name} --dbname=mlflow --command='SELECT 1'"
        command = f"PGPASSWORD='{password}' {words}"
        done = stack.script("compose", "exec", "-T", "postgres", "sh", "-c", command, check=False)
        return done.stdout + done.stderr

    assert "password authentication failed" in login("descent", "wrong")
    assert "password authentication failed" in login("nobody", "wrong")
    assert "no password supplied" in login("descent", "")
    assert "(1 row)" in login("descent", stack.settings["POSTGRES_PASSWORD"])


def test_an_experiment_in_the_worker_is_recorded_by_the_servers(stack: Stack) -> None:
    result = json.loads(stack.within("worker", *RUN, "--set", "register.name=by-hand"))
    (run,) = stack.runs("penguins")
    assert run["info"]["run_id"] == result["mlflow"]["run_id"]
    assert run["info"]["status"] == "FINISHED"
    assert stack.prefect("flow_runs/count", {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}) == 1


def test_what_readme_tells_a_team_to_type_makes_a_champion_that_answers_where_it_says(stack: Stack) -> None:
    _, deploy = commands()  # the first has brought the stack up
    (url,) = re.findall(r"http://[\w:/]+", section())
    login, body = stack.model_login, {"dataframe_records": [PENGUIN]}
    status, text = stack.ask(url, login, body=body)
    assert (status, "there is no such version yet" in text) == (503, True), text

    before = stack.runs("penguins")
    assert "0 3 * * * (Europe/Berlin)" in stack.typed(deploy)
    done = stack.ended(stack.due_now("penguins"))
    log = stack.compose("logs", "--tail", "100", "worker")
    assert done["state_type"] == "COMPLETED", (done["state"]["message"], log)

    (run,) = [run for run in stack.runs("penguins") if run not in before]
    assert run["info"]["status"] == "FINISHED"
    alias = stack.mlflow("registered-models/alias?name=champion&alias=champion")["model_version"]
    assert (alias["version"], alias["run_id"]) == ("1", run["info"]["run_id"])
    left = stack.prefect("artifacts/filter", {"flow_runs": {"id": {"any_": [done["id"]]}}})
    artifacts = {artifact["key"]: artifact["data"] for artifact in left}
    assert {"leaderboard", "diagnosis", "mlflow-run", "report", "decision"} <= set(artifacts)
    assert "version 1 is the new champion" in artifacts["decision"]
    assert f"http://localhost:5000/#/experiments/{run['info']['experiment_id']}/runs/" in artifacts["mlflow-run"]

    deadline = time.monotonic() + MINUTE
    while (status := stack.ask(url, login, body=body)[0]) != 200:
        assert time.monotonic() < deadline, status
        time.sleep(1)
    (prediction,) = json.loads(stack.ask(url, login, body=body)[1])["predictions"]
    assert prediction["prediction"] == "Adelie"

    assert "without a worker nothing runs" not in stack.within("worker", "descent", "schedules")
    stack.within("worker", "descent", "schedules", "--pause", "penguins")
    (row,) = json.loads(stack.within("worker", "descent", "schedules", "--json"))
    assert (row["name"], row["last_state"], row["paused"]) == ("penguins", "Completed", True)


def test_a_promotion_by_hand_makes_a_champion_once(stack: Stack) -> None:
    said = stack.within("worker", "descent", "promote", "by-hand")
    assert "by-hand version 1 against no champion: is the champion now" in said
    again = stack.script("compose", "exec", "-T", "worker", "descent", "promote", "by-hand", check=False)
    assert again.returncode == 1
    assert "is already the champion" in again.stderr


def test_the_image_is_small_and_nobody_in_it_is_root(stack: Stack) -> None:
    size, user = stack.image()
    assert size <= 1.2e9
    assert user not in ("", "0", "root")


def test_a_restart_of_the_database_in_mid_run_loses_nothing(stack: Stack) -> None:
    """The run completes, or it says in a sentence why not and completes on the next command."""
    stack.within("worker", "sh", "-c", f"cat > /srv/descent/long.yaml <<'END'\n{LONG}END")
    running = stack.background("exec", "-T", "worker", "descent", "run", "long.yaml", "--json")
    try:
        deadline = time.monotonic() + 2 * MINUTE
        while "RUNNING" not in stack.prefect_states("through-a-restart"):
            assert time.monotonic() < deadline
            assert running.poll() is None, running.communicate()[0]
            time.sleep(0.5)
        stack.compose("restart", "postgres")
        said, _ = running.communicate(timeout=5 * MINUTE)
    finally:
        running.kill()
        running.wait()
    if running.returncode != 0:
        assert running.returncode == 1, said
        assert "descent: " in said
        stack.compose("up", "--detach", "--no-build", "--wait")
        stack.within("worker", "descent", "run", "long.yaml", "--json")
    assert "FINISHED" in {run["info"]["status"] for run in stack.runs("through-a-restart")}


def test_a_stack_taken_down_and_up_again_has_lost_nothing(stack: Stack) -> None:
    before = stack.runs("penguins")
    stack.compose("down", "--timeout", "30")
    stack.script("up")
    assert stack.runs("penguins") == before
    assert stack.prefect("flow_runs/count", {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}) >= 2


def test_a_backup_brings_back_what_was_lost(stack: Stack, tmp_path: Path) -> None:
    compose = f"bash {stack.script_path} compose"

    def make(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["make", *words],
            cwd=stack.project,
            env=stack.environment | {"COMPOSE": compose},
            capture_output=True,
            text=True,
            check=False,
        )

    before = stack.runs("penguins")
    saved = make("backup", f"TO={tmp_path / 'saved'}")
    assert saved.returncode == 0, saved.stderr
    damaged = tmp_path / "damaged"
    subprocess.run(["cp", "-r", tmp_path / "saved", damaged], check=True)
    (damaged / "mlflow.dump").write_bytes(b"not a dump")
    refused = make("restore", f"BACKUP={damaged}")
    assert refused.returncode != 0
    assert "nothing was changed" in refused.stderr
    assert stack.runs("penguins") == before
    stack.compose("down", "--volumes", "--timeout", "30")
    restored = make("restore", f"BACKUP={tmp_path / 'saved'}")
    assert restored.returncode == 0, restored.stderr
    assert stack.runs("penguins") == before
    model = before[0]["info"]["run_id"]
    assert model in stack.within(
        "worker",
        "python",
        "-c",
        f"import mlflow; print(mlflow.pyfunc.load_model('runs:/{model}/model').metadata.run_id)",
    )

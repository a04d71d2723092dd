"""What can be held about the container stack without an engine; docs/containers.md says how it is started."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from descent.flows.machine.environment import PRIVATE

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
MIGRATIONS = {"migrate-mlflow", "migrate-prefect"}
SERVICES = {"postgres", "mlflow", "prefect", "worker", "model"}
REQUIRED = ("POSTGRES_PASSWORD", "MLFLOW_PASSWORD", "MLFLOW_SECRET_KEY", "PREFECT_PASSWORD", "MODEL_PASSWORD")


def read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(ROOT / name)
    return loaded


COMPOSE = read("docker-compose.yml")


def steps(instruction: str) -> list[str]:
    """The arguments of every such instruction of the Dockerfile, its continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", DOCKERFILE)
    return [line.split(maxsplit=1)[1] for line in joined.splitlines() if line.startswith(f"{instruction} ")]


def test_the_stack_has_the_services_that_the_page_names() -> None:
    assert set(COMPOSE["services"]) == SERVICES | MIGRATIONS


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_says_when_it_is_healthy_and_is_waited_for(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert {"interval", "timeout", "retries"} <= set(service["healthcheck"])
    for other, wait in service.get("depends_on", {}).items():
        done = "service_completed_successfully" if other in MIGRATIONS else "service_healthy"
        assert wait == {"condition": done}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_ports_are_published_on_the_loopback_address_unless_told_otherwise(name: str) -> None:
    ports = COMPOSE["services"][name].get("ports", [])
    assert all(str(port).startswith("${BIND_ADDRESS:-127.0.0.1}:") for port in ports)


@pytest.mark.parametrize("name", sorted(SERVICES | MIGRATIONS))
def test_no_service_can_take_the_whole_machine_or_gain_rights(name: str) -> None:
    service = COMPOSE["services"][name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == ("on-failure:5" if name in MIGRATIONS else "unless-stopped")
    if name != "postgres":
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]


def test_the_example_lists_every_setting_and_gives_no_secret_a_value() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    used = set(re.findall(r"\$\{([A-Z_]+)", text))
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", example, flags=re.MULTILINE))
    assert set(listed) == used
    assert {name for name, value in listed.items() if f"\n{name}=\n" in example} == set(REQUIRED)
    for name, default in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", text):
        assert listed[name] == default
    assert set(re.findall(r"\$\{([A-Z_]+):\?", text)) == set(REQUIRED)


def test_secrets_are_fresh_private_and_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    for name in (".env.example", "deploy/make_env.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    command = [sys.executable, str(tmp_path / "deploy" / "make_env.py")]
    subprocess.run(command, check=True, capture_output=True)
    written = tmp_path / ".env"
    text = written.read_text(encoding="utf-8")
    values = re.findall(rf"^(?:{'|'.join(REQUIRED)})=(.+)$", text, flags=re.MULTILINE)
    assert len(set(values)) == len(REQUIRED)
    assert min(map(len, values)) >= 24
    assert written.stat().st_mode & 0o077 == 0
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode != 0
    assert "left as it is" in again.stderr
    assert written.read_text(encoding="utf-8") == text


def test_no_image_is_whatever_is_newest_today() -> None:
    images = [service["image"] for service in COMPOSE["services"].values()]
    images += [re.split(r"\s+as\s+", step, flags=re.IGNORECASE)[0] for step in steps("FROM")]
    for image in images:
        assert re.search(r":(?!latest$)[\w.-]+$", image), image


def test_the_password_reaches_the_servers_only_as_a_variable() -> None:
    password = COMPOSE["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"]
    for name in ("mlflow", "prefect", *MIGRATIONS):
        assert COMPOSE["services"][name]["environment"]["PGPASSWORD"] == password
    assert "POSTGRES_PASSWORD" not in str([service.get("command") for service in COMPOSE["services"].values()])


def test_mounted_files_and_volumes_exist() -> None:
    mounts = [mount for service in COMPOSE["services"].values() for mount in service.get("volumes", [])]
    for source in {mount.split(":")[0] for mount in mounts}:
        assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"], source


def test_the_image_has_every_package_and_sends_all_of_them_to_the_build() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {word for step in steps("COPY") for word in step.split()[:-1]}
    assert set(packages) <= copied
    assert ignored[0] == "*"
    assert copied <= {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_is_as_private_as_the_command_line() -> None:
    given = dict(pair.partition("=")[::2] for step in steps("ENV") for pair in step.split())
    assert PRIVATE.items() <= given.items()


def test_servers_and_worker_do_not_run_as_root() -> None:
    assert steps("USER") == ["1000"]


@pytest.mark.parametrize("name", ["experiment", "retrain"])
def test_a_deployment_starts_its_flow_in_the_folder_of_the_worker(name: str) -> None:
    prefect = read("prefect.yaml")
    (deployment,) = (one for one in prefect["deployments"] if one["name"] == name)
    module, function_name = deployment["entrypoint"].rsplit(".", 1)  # a module, not a file
    source = (ROOT / module.replace(".", "/")).with_suffix(".py").read_text(encoding="utf-8")
    (function,) = (
        node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == function_name
    )
    assert [ast.unparse(decorator).partition("(")[0] for decorator in function.decorator_list] == ["flow"]
    (step,) = prefect["pull"]
    (folder,) = (arguments["directory"] for arguments in step.values())
    assert folder in {mount.split(":")[1] for mount in COMPOSE["services"]["worker"]["volumes"]}
    assert steps("WORKDIR")[-1] == folder


def test_the_worker_serves_the_pool_that_the_deployment_asks_for() -> None:
    (pool,) = {deployment["work_pool"]["name"] for deployment in read("prefect.yaml")["deployments"]}
    command = " ".join(COMPOSE["services"]["worker"]["command"])
    assert f"work-pool create {pool} " in command
    assert f"worker start --pool {pool} " in command

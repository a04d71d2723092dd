"""A real MLflow tracking server, as a team has one."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from descent.flows.tracking.ui import server_command

from .stores import new_store


@dataclass
class Server:
    """A tracking server over a folder, on one port for all its lives."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            server_command(
                new_store(self.folder), self.port, "--artifacts-destination", str(self.folder / "artifacts")
            ),
            env=os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            try:
                with build_opener(ProxyHandler({})).open(f"{self.url}/health", timeout=5):
                    return
            except OSError:
                assert self.process.poll() is None
                time.sleep(0.2)
        raise AssertionError("the tracking server does not answer")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


def serving(folder: Path) -> Iterator[Server]:
    """A server with a store in that folder, ended in the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    made = Server(folder, port)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setenv("NO_PROXY", "127.0.0.1")
        try:
            made.start()
            yield made
        finally:
            made.kill()

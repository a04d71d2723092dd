"""What tracking costs: a sweep of 256 variants × 100 epochs without it, on SQLite, and through a tracking server.

    .venv/bin/python -m benchmarks.runs.tracking TABLE [--repeat 2] [--epochs 100]

TABLE is magic_gamma.csv.gz (19,020 rows). Whole flows, in turn. "Waited" is the share of the run's wall time that the
run itself counts as tracking (``seconds.track``: writing the outbox's last record, sending what is left, the model);
"beside" the processor time of the recording process, its import of MLflow included. Without
tracking means the same run with a recorder that records nothing and no recording process. Prints one JSON object.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from descent.flows.tracking.ui import server_command

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DESCENT = "from descent.flows.cli.app import main; main()"
NO_TRACKING = """
from contextlib import nullcontext
from descent.flows.tracking import process
process.ready = nullcontext
from descent.flows.recorder import Recorder
from descent.flows.tracking.store import Handle
from descent.flows.tracking.sender import Delivery
for name in ("begin", "add", "__exit__"):
    setattr(Recorder, name, lambda *_: None)
Recorder.__enter__ = lambda self: self
Recorder.finish = lambda *_: Delivery(None)
Recorder.handle = Handle("nowhere", "0", "0")
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("table", type=Path, help="magic_gamma.csv.gz")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=100)
    arguments = parser.parse_args()
    sets = [f"data.source={arguments.table.resolve()}", f"search.epochs={arguments.epochs}"]
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(measure(Path(scratch), sets, arguments.repeat), indent=2))


def measure(scratch: Path, sets: list[str], repeat: int) -> dict[str, list[dict[str, float]]]:
    """Figures of each kind of store, one per repetition, in the order of measuring."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PREFECT_"))}
    environment = mine | {"DESCENT_HOME": str(scratch / "descent")}
    found: dict[str, list[dict[str, float]]] = {"none": [], "sqlite": [], "server": []}
    server, url = serve(scratch, environment)
    try:
        run([str(ROOT / "experiments" / "penguins.yaml")], environment, "")  # Prefect's server starts, caches are warm
        command = [str(HERE / "tracking.yaml"), *(word for pair in sets for word in ("--set", pair))]
        for _ in range(repeat):
            found["none"].append(run(command, environment, NO_TRACKING))
            found["sqlite"].append(run(command, environment, ""))
            found["server"].append(run(command, environment | {"MLFLOW_TRACKING_URI": url}, ""))
    finally:
        server.terminate()
        server.wait()
        subprocess.run([sys.executable, "-c", DESCENT, "down"], env=environment, cwd=ROOT, check=False)
    return found


def run(arguments: list[str], environment: dict[str, str], before: str) -> dict[str, float]:
    """One run's seconds."""
    command = [sys.executable, "-c", before + DESCENT, "run", *arguments, "--fresh", "--json"]
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the run ended with {done.returncode}")
    result: dict[str, Any] = json.loads(done.stdout)
    seconds = result["seconds"]
    assert result["mlflow"]["unsent"] is None
    figures = {
        "total": seconds["total"],
        "train": seconds["train"],
        "track": seconds["track"],
        "waited, %": round(100 * seconds["track"] / seconds["total"], 1),
        "beside, processor": seconds["beside"].get("tracking", 0.0),
        "variants": len(result["variants"]),
    }
    print(figures, file=sys.stderr)
    return figures


def serve(scratch: Path, environment: dict[str, str]) -> "tuple[subprocess.Popen[bytes], str]":
    """An MLflow tracking server over SQLite with artifacts of its own, one worker and no job execution."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (scratch / "server").mkdir()
    store = f"sqlite:///{scratch}/server/mlflow.db"
    process = subprocess.Popen(
        server_command(store, port, "--artifacts-destination", str(scratch / "server" / "artifacts")),
        env=environment | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            with urlopen(f"{url}/health", timeout=5):
                return process, url
        except OSError:
            time.sleep(0.2)


if __name__ == "__main__":
    main()

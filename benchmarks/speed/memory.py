"""Memory of a fleet above its data: the growth of a fresh process's peak while it trains."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.speed.shapes import FLEET, SHAPES, Shape, make_data

ROOT = Path(__file__).resolve().parents[2]


def measure_memory(shape: Shape, epochs: int = 2) -> dict[str, float]:
    """MB (2²⁰ bytes) above interpreter, NumPy and data: in ``chunks`` as by default, and ``together`` in one."""
    x, y = make_data(shape)
    with TemporaryDirectory() as folder:
        np.save(Path(folder) / "x.npy", x)
        np.save(Path(folder) / "y.npy", y)
        found = {}
        for way in ("chunks", "together"):
            command = [sys.executable, "-m", "benchmarks.speed.memory", shape.name, folder, way, str(epochs)]
            done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
            found[way] = float(json.loads(done.stdout))
    return found


def peak() -> float:
    """Largest resident set of this process so far, MB."""
    # getrusage would do on every Unix, but on Linux its peak starts from the parent process's.
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def child(name: str, folder: str, way: str, epochs: str) -> None:
    """Train in this process and print how its peak grew."""
    from dataclasses import replace

    from benchmarks.speed.ours import train_chunks
    from benchmarks.speed.shapes import fleet_settings
    from descent import ml

    shape = replace(SHAPES[name], epochs=int(epochs))
    data = ml.Arrays(np.load(Path(folder) / "x.npy"), np.load(Path(folder) / "y.npy"))
    before = peak()
    train_chunks(shape, data, fleet_settings(), FLEET if way == "together" else None)
    print(json.dumps(peak() - before))


if __name__ == "__main__":
    child(*sys.argv[1:])

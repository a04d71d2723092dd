"""A run of `benchmarks.deaths.forked` that nobody disturbs: all others of the same experiment are compared with it."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.deaths.aftermath import facts
from benchmarks.deaths.forked import experiment, import_all, own_home, start


@dataclass(frozen=True)
class Undisturbed:
    """An experiment that nobody disturbed, in a home where it can be begun again; ``facts`` are those of aftermath."""

    home: Path
    folder: Path
    config: Path
    facts: dict[str, Any]
    seconds: float


@contextmanager
def undisturbed(epochs: int, *, curves: bool) -> Iterator[Undisturbed]:
    """Run the experiment once, in a home of its own that ends with this.

    Raises:
        SystemExit: it did not end with 0.
    """
    with tempfile.TemporaryDirectory() as place, own_home(Path(place)) as home:
        config = experiment(Path(place), epochs, curves=curves)
        import_all()
        # Prefect's server starts before the first command, which would take longer than all others.
        program = "from descent.flows.prefect_server.server import start_server, wait_ready; wait_ready(start_server())"
        subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=True)
        ended = start(config, Path(place)).end()
        if ended.code or ended.result is None:
            raise SystemExit(f"the undisturbed run ended with {ended.code}:\n{ended.said}")
        yield Undisturbed(home, Path(place), config, facts(home, ended.result), ended.seconds)

"""What runs come to, as digests: whether a change of the code has changed a number.

::

    python -m benchmarks.runs.digests experiments/*.yaml table.csv:target … > before.json

Every experiment is run anew in a folder of its own, with a fixed number of workers. The same lines before and after a
change mean the same variants with the same costs, the same selection and verdict, the same test metrics and weights.
"""

import argparse
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from descent.schemas import ExperimentConfig, ExperimentResult, config_from, load_config

WORKERS = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every experiment and print its digests as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiments", nargs="+", metavar="FILE.yaml | TABLE:TARGET")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as of descent run")
    given = parser.parse_args(arguments)
    configs = {name: config_of(name, given.set) for name in given.experiments}
    with TemporaryDirectory() as folder:
        os.environ["DESCENT_HOME"] = folder
        from descent import run_experiment

        found = {name: digests(run_experiment(config, fresh=True)) for name, config in configs.items()}
    print(json.dumps(found, indent=2))


def config_of(name: str, overrides: Sequence[str]) -> ExperimentConfig:
    """An experiment file, or a table with its target after a colon."""
    given = [f"compute.workers={WORKERS}", *overrides]
    if name.endswith((".yaml", ".yml")):
        return load_config(Path(name), given)
    table, _, target = name.rpartition(":")
    return config_from({"data": {"source": str(Path(table).absolute()), "target": target}}, overrides=given)


def digests(result: ExperimentResult) -> dict[str, str]:
    """SHA-256, shortened, of each thing that a run comes to; the names of what is selected and said in full."""
    plain = result.model_dump(mode="json")
    weights = sorted((Path(result.model)).rglob("*.safetensors"))
    return {
        "variants": _of([{k: v for k, v in one.items() if k != "reused"} for one in plain["variants"]]),
        "selected": result.selected.name,
        "folds": _of(plain["selected"]),
        "verdict": result.diagnosis.verdict,
        "diagnosis": _of(plain["diagnosis"]),
        "test": _of([plain["test"][name] for name in ("metrics", "baseline", "linear", "intervals")]),
        "weights": _of([hashlib.sha256(path.read_bytes()).hexdigest() for path in weights]),
    }


def _of(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


if __name__ == "__main__":
    main()

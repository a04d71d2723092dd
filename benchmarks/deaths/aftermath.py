"""What commands have left: in their results, in `.descent/` and in MLflow."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.deaths.forked import NAME, VARIANTS


def facts(home: Path, result: dict[str, Any]) -> dict[str, Any]:
    """Everything that must be the same: of the result, the weights of all trained variants, and the model's files."""
    variants = [{**one, "reused": None} for one in result["variants"]]
    test = {name: result["test"][name] for name in ("metrics", "baseline", "linear", "intervals", "confidence")}
    files = sorted(path for path in Path(result["model"]).rglob("*.safetensors"))
    return {
        "leaderboard": variants,
        "winner": result["selected"],
        "diagnosis": result["diagnosis"],
        "test": test,
        "openings counted": result["test"]["opening"]["number"],
        "model": [hashlib.sha256(path.read_bytes()).hexdigest() for path in files],
        "weights": weights(home),
    }


def weights(home: Path) -> dict[str, str]:
    """A digest of what is kept of each trained variant, by its address."""
    from descent.flows.cache.values import Value

    values = {path.name: Value.from_bytes(path.read_bytes().partition(b"\n")[2]) for path in _kept(home)}
    return {
        address: hashlib.sha256(np.ascontiguousarray(value.outcome.parameters)).hexdigest()
        for address, value in values.items()
    }


def _kept(home: Path) -> list[Path]:
    found = (home / "cache" / "trained").rglob("*")
    return [path for path in found if path.is_file() and not path.name.startswith(".")]


def _runs(home: Path) -> list[tuple[str, str, str, str]]:
    """Stage, status, run and variant of every run in MLflow that is not deleted."""
    query = """
        select stage.value, runs.status, run.value, coalesce(variant.value, '')
        from runs join experiments using (experiment_id)
        join tags as stage on stage.run_uuid = runs.run_uuid and stage.key = 'stage'
        join tags as run on run.run_uuid = runs.run_uuid and run.key = 'descent.run'
        left join tags as variant on variant.run_uuid = runs.run_uuid and variant.key = 'descent.variant'
        where experiments.name = ? and runs.lifecycle_stage = 'active'"""
    with closing(sqlite3.connect(home / "mlflow.db")) as connection:
        return connection.execute(query, (NAME,)).fetchall()


def duplicates(home: Path) -> int:
    """Runs in MLflow that are there more than once."""
    found = [(stage, run, variant) for stage, _, run, variant in _runs(home)]
    return len(found) - len(set(found))


def left_over(home: Path) -> Iterator[str]:
    """What is not as it should be: what finished is in MLflow (one run, unless a kill came too late), nothing else."""
    found = _runs(home)
    parents = sorted(run for stage, _, run, _ in found if stage == "experiment")
    if parents != sorted(path.parent.name for path in (home / "runs").glob("*/result.json")):
        yield f"runs of the experiment in MLflow: {', '.join(parents)}"
    for parent in parents:
        variants = [variant for stage, _, run, variant in found if stage == "variant" and run == parent]
        if len(variants) != VARIANTS:
            yield f"{len(variants)} variants in MLflow, not {VARIANTS}"
    if others := {status for _, status, _, _ in found} - {"FINISHED"}:
        yield f"runs in MLflow are {', '.join(sorted(others))}"
    for name in ("unfinished", "outbox"):
        left = [path.name for path in (home / name).glob("*") if not path.name.startswith(".")]
        if left:
            yield f"{name}/ holds {', '.join(left)}"
    if len(list((home / "runs").iterdir())) != len(parents) or list((home / "runs").glob("*/scratch")):
        yield f"runs/ holds {', '.join(path.name for path in (home / 'runs').iterdir())}"
    for path in _kept(home):
        head, _, content = path.read_bytes().partition(b"\n")
        if json.loads(head)["sha256"] != hashlib.sha256(content).hexdigest():
            yield f"{path} is damaged"

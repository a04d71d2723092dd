"""A registry, and models to register in it."""

from pathlib import Path

import numpy as np
import pandas as pd

from descent.flows.evaluation.final_test import tested
from descent.flows.promotion import kept
from descent.flows.tracking import logged_model, registry
from descent.flows.tracking.registry import CHAMPION, Registry
from descent.flows.tracking.store import client_of

from ..steps import Steps

LINEAR = "search.models=[{kind: linear, lambda: 1}]"


def table(rows: int, noise: float, seed: int) -> pd.DataFrame:
    """Rows whose target follows a line."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": x @ [1, -2, 0.5] + rng.normal(0, noise, rows)})


class Store:
    """A registry of its own, and models to register in it."""

    def __init__(self, folder: Path, uri: str) -> None:
        self.folder, self.uri = folder, uri
        self.registry = Registry(self.uri, "house")
        self.runs = 0

    def register(self, frame: pd.DataFrame, target: str = "y", *settings: str) -> str:
        """Train on a table and register the model as the challenger; its version."""
        self.runs += 1
        here = self.folder / f"run-{self.runs}"
        steps = Steps.take(frame, target, here, "register.name=house", LINEAR, *settings)
        final = steps.refit(here)
        metrics = tested(final, steps.at(here, f"run-{self.runs}"))
        client = client_of(self.uri)
        experiment = client.get_experiment_by_name("house") or client.get_experiment(
            client.create_experiment(
                "house", None if self.uri.startswith("http") else (self.folder / "artifacts").as_uri()
            )
        )
        run = client.create_run(experiment.experiment_id)
        for part, values in (("test", metrics.metrics), ("dummy", metrics.baseline)):
            for name, value in values.items():
                client.log_metric(run.info.run_id, f"{part}/{name}", value)
        files = kept.write(steps.question, steps.parts, final.model.schema, here / "kept")
        for name, path in files.items():
            client.log_artifact(run.info.run_id, str(path), name.rpartition("/")[0])
        uri = logged_model.log_model(
            self.uri, experiment.experiment_id, run.info.run_id, final.folder, final.model.schema
        )
        return registry.register(client, "house", uri, run.info.run_id)

    def tags(self, version: str) -> dict[str, str]:
        """What was written on a version."""
        return dict(client_of(self.uri).get_model_version("house", version).tags)

    def champion(self) -> str | None:
        """The number of the champion."""
        found = self.registry.version(CHAMPION)
        return found.number if found else None

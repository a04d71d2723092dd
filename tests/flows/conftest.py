"""A model as the flow leaves it."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from .embedded import Embedded, embedded
from .tracking_server import Server, serving
from .warm import Warm


def save_tiny_model(folder: Path, target: str, labels: list[object] | None = None) -> dict[str, str]:
    """Train briefly on a made-up table and write a model folder; returns the columns that it needs."""
    import pandas as pd

    from descent import ml
    from descent.data import FeatureMap, Target, infer, read_table
    from descent.flows.serving import manifest
    from descent.ml.checkpoints import save_model
    from descent.schemas import FeatureSettings

    rng = np.random.default_rng(0)
    rows = 240
    table = pd.DataFrame(
        {
            "bill": rng.normal(size=rows),
            "age": rng.integers(1, 50, rows),
            "island": rng.choice(["Biscoe", "Dream", "Torgersen"], rows),
        }
    )
    score = table["bill"] + table["age"] / 25 + (table["island"] == "Dream")
    table[target] = 100 * score if labels is None else pd.qcut(score, len(labels), labels=labels).astype(object)
    folder.mkdir(parents=True)
    table.to_csv(folder.with_suffix(".csv"), index=False)
    frame, inference = infer(read_table(folder.with_suffix(".csv")), target)
    features = FeatureMap.fit_transform(frame, inference, FeatureSettings())[0]
    encoder = Target.fit(frame[target], inference.task, inference.classes)
    x, y = features.transform(frame), encoder.encode(frame[target])
    model = ml.Model(inputs=x.shape[1], hidden=(8,), outputs=encoder.outputs, task=inference.task)
    settings = [ml.Settings(learning_rate=0.02)]
    (outcome,) = ml.train(model, "adam", settings, ml.Arrays(x, y, x, y), batch=32, epochs=40)
    features.save(folder / "features")
    (folder / "target.json").write_text(json.dumps(encoder.to_dict()), encoding="utf-8")
    save_model(folder / "model", model, outcome.parameters)
    if labels is None:
        widths = {str(level): level / 10 for level in range(50, 100)}
        (folder / "interval.json").write_text(json.dumps({"half_widths": widths}), encoding="utf-8")
    manifest.write(folder)
    return features.schema


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A regression model's folder, and the columns that it needs."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return folder, save_tiny_model(folder, "mass")


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """One process that has imported everything, for the commands of all tests."""
    made = Warm(tmp_path_factory.mktemp("warm"))
    yield made
    made.end()


@pytest.fixture(scope="session")
def home(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """One embedded home for all tests of whole processes: one local Prefect server, one MLflow store."""
    yield from embedded(tmp_path_factory.mktemp("embedded") / ".descent", warm)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One MLflow tracking server for all tests that need one; whoever ends it starts it again."""
    yield from serving(tmp_path_factory.mktemp("tracking-server"))

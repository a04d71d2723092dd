"""Trained models as the final one is made of them: each with its own features, weighted, averaged and stored."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent import data, ml
from descent.flows.serving import manifest
from descent.ml.ensembles import blend

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class TrainedMember:
    """A model with the features that it sees and the target that it answers in."""

    features: data.FeatureMap
    target: data.Target
    model: ml.Model
    parameters: Array

    def outputs(self, rows: pd.DataFrame) -> Array:
        """What the last layer says about rows of the table: see `ml.outputs`."""
        return ml.outputs(self.model, self.parameters, self.features.transform(rows))

    def rescaled(self, rows: pd.DataFrame, target: data.Target) -> Array:
        """The same on the scale of another target."""
        z = self.outputs(rows)
        if target.task != "regression" or (target.mean, target.scale) == (self.target.mean, self.target.scale):
            return z
        return np.asarray((self.target.decode(z) - target.mean) / target.scale)


@dataclass(frozen=True, eq=False)
class Member:
    """A model and its weight in the average."""

    trained: TrainedMember
    weight: float


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The final model: one or several, whose predictions or probabilities are averaged; ``target`` is what it says.

    ``half_widths`` are half the lengths of the intervals around predictions, as `store` writes them.
    """

    members: tuple[Member, ...]
    target: data.Target
    half_widths: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def schema(self) -> dict[str, str]:
        """The columns that it needs, by kind."""
        return {name: kind for one in self.members for name, kind in one.trained.features.schema.items()}

    def outputs(self, rows: pd.DataFrame) -> Array:
        """As of `Trained.outputs`, on the scale of ``target``."""
        if len(self.members) == 1:
            return self.members[0].trained.outputs(rows)
        found, seen = [], dict[int, Array]()
        for one in self.members:
            features = one.trained.features
            if id(features) not in seen:
                seen[id(features)] = features.transform(rows)
            z = ml.outputs(one.trained.model, one.trained.parameters, seen[id(features)])
            found.append(one.trained.target.decode(z) if self.target.task == "regression" else z)
        whole = blend(self.target.task, found, [one.weight for one in self.members])
        return (whole - self.target.mean) / self.target.scale if self.target.task == "regression" else whole

    def store(self, folder: Path) -> None:
        """Write a model folder, as `flows.serving.predictor` reads it."""
        _plain(folder / "target.json", self.target.to_dict())
        if len(self.members) == 1:
            (one,) = self.members
            one.trained.features.save(folder / "features")
            ml.save_model(folder / "model", one.trained.model, one.trained.parameters)
        else:
            weights = []
            for number, group in enumerate(_by_features(self.members)):
                place = folder / "members" / str(number)
                group[0].trained.features.save(place / "features")
                _plain(place / "target.json", group[0].trained.target.to_dict())
                for at, one in enumerate(group):
                    ml.save_model(place / f"model-{at}", one.trained.model, one.trained.parameters)
                weights.append([one.weight for one in group])
            _plain(folder / "members.json", {"weights": weights})
        if self.half_widths is not None:
            _plain(folder / "interval.json", self.half_widths)
        manifest.write(folder)


def _by_features(members: Sequence[Member]) -> list[list[Member]]:
    """Members that see the same features, together: these are then made once."""
    groups: dict[int, list[Member]] = {}
    for one in members:
        groups.setdefault(id(one.trained.features), []).append(one)
    return list(groups.values())


def _plain(path: Path, value: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2), encoding="utf-8")

"""A trained model as MLflow serves it: raw columns in, predictions out.

This file is shipped inside every model, with what it imports of `ml` and `data`. A model folder holds ``features/``
(`data.FeatureMap`; ``compiled.json`` is what is read here), ``target.json`` (`data.Target`), ``model/``
(`ml.checkpoints`), for numbers ``interval.json``, for classes ``calibration.json`` where they
are calibrated, and ``manifest.json``: numbers and JSON, no pickle. One of several
members has, in place of ``features/`` and ``model/``, ``members.json`` with their weights and ``members/<n>/`` with
``features/``, ``target.json`` and ``model-<i>/``. Loading one imports neither pandas nor scikit-learn.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from descent.data.errors import DataError
from descent.data.features.compiled.features import CompiledFeatures
from descent.data.features.compiled.unknown import Unknown
from descent.data.target import Target
from descent.flows.serving import manifest
from descent.flows.serving.manifest import ModelError
from descent.ml.checkpoints import load_model
from descent.ml.ensembles import blend
from descent.ml.errors import MLError
from descent.ml.prediction import Forward, probabilities_of

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]

LEVEL = 0.9
"""Probability with which an interval holds the value, where nothing else is asked for."""


@dataclass(frozen=True)
class Group:
    """Models of one ensemble that see the same features, with their weights, and the target that they answer in."""

    features: CompiledFeatures
    target: Target
    forwards: tuple[Forward, ...]
    weights: tuple[float, ...]


class Predictor:
    """Predicts rows of a table like the one it was trained on; columns may stand in any order, others are ignored."""

    def __init__(self, folder: Path) -> None:
        """Load a model folder.

        Raises:
            ModelError: it is incomplete, was changed, or holds something else. Nothing of it was executed.
        """
        manifest.verify(folder)
        try:
            self.target = Target.from_dict(json.loads((folder / "target.json").read_text(encoding="utf-8")))
            self.groups = _groups(folder, self.target)
            self.temperature = _temperature(folder / "calibration.json")
            self.half_widths, self.never_negative = _intervals(folder / "interval.json")
        except (DataError, MLError, OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{folder}: not a model of descent: {error}") from error

    @property
    def inputs(self) -> dict[str, str]:
        """The columns that are needed, by kind: ``double``, ``string`` or ``datetime``."""
        return {name: kind for group in self.groups for name, kind in group.features.schema.items()}

    @property
    def features(self) -> CompiledFeatures:
        """Those of the first member: the columns that go in are the same for all."""
        return self.groups[0].features

    def outputs(self, frame: "pd.DataFrame", unknown: Unknown | None = None) -> Array:
        """What the model says of rows: values (m,) in the target's units, or logits, (m,) of the positive class or
        (m, K). ``unknown`` counts the levels that the first member did not learn.

        Raises:
            FeatureError: as of `predict`.
        """
        counts = (unknown, *[None] * (len(self.groups) - 1))
        blocks = (group.features.blocks(frame, one) for group, one in zip(self.groups, counts, strict=True))
        return np.concatenate([self._outputs(matrices) for matrices in zip(*blocks, strict=True)])

    def _outputs(self, matrices: Sequence[Array]) -> Array:
        found, weights = list[Array](), list[float]()
        for group, matrix in zip(self.groups, matrices, strict=True):
            for forward, weight in zip(group.forwards, group.weights, strict=True):
                z = forward.outputs(matrix)
                found.append(group.target.decode(z) if self.target.task == "regression" else z)
                weights.append(weight)
        whole = blend(self.target.task, found, weights)
        return whole if self.temperature == 1.0 else whole / self.temperature

    def predict(
        self, frame: "pd.DataFrame", params: dict[str, Any] | None = None, unknown: Unknown | None = None
    ) -> "pd.DataFrame":
        """Column ``prediction`` in the target's units; for classes the likeliest one, and ``probability_<label>`` each.

        For numbers also ``lower`` and ``upper``, between which the value lies with the probability ``level`` of
        ``params`` (0.9 unless given; in steps of 0.01 from 0.5 to 0.99): see `ml.statistics.conformal`. They are
        infinite where too few rows were held out to say; where no target that it learned from was
        negative, ``lower`` is not below 0, nor below a prediction that is.
        ``unknown`` counts the levels that the model did not learn.

        Raises:
            FeatureError: a column is missing, or holds texts where numbers were learned.
            ModelError: the model has no interval for this level.
        """
        import pandas as pd  # here, as loading a model does without

        if len(frame) == 0:
            return self._of_none(frame)
        if self.target.task == "regression":
            width = self.half_width((params or {}).get("level", LEVEL))
            values = self.outputs(frame, unknown)
            lower = values - width
            if self.never_negative:
                np.maximum(lower, np.minimum(values, 0), out=lower)
            columns = {"prediction": values, "lower": lower, "upper": values + width}
            return pd.DataFrame(columns, index=frame.index)
        probabilities = probabilities_of(self.target.task, self.outputs(frame, unknown))
        labels = pd.Series(self.target.decode(probabilities.argmax(axis=1)), index=frame.index).infer_objects()
        columns = {f"probability_{label}": probabilities[:, code] for code, label in enumerate(self.target.classes)}
        return pd.DataFrame({"prediction": labels, **columns}, index=frame.index)

    def _of_none(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """No predictions for no rows; the columns must be there all the same."""
        import pandas as pd

        from descent.data.features.raw import refuse_absent

        refuse_absent(frame, self.features.columns)
        names = ["lower", "upper"]
        if self.target.task != "regression":
            names = [f"probability_{label}" for label in self.target.classes]
        return pd.DataFrame({name: np.empty(0) for name in ("prediction", *names)}, index=frame.index)

    def half_width(self, level: float) -> float:
        """Half the length of the interval with this probability, in the target's units.

        Raises:
            ModelError: no such level.
        """
        try:
            wanted = 100 * float(level)  # it may come from a request, whatever that holds
        except (TypeError, ValueError):
            wanted = float("nan")
        for step, width in self.half_widths.items():
            if abs(step - wanted) < 1e-6:
                return width
        raise ModelError(f"level is {level}; intervals are known from 0.5 to 0.99 in steps of 0.01")


def _groups(folder: Path, target: Target) -> tuple[Group, ...]:
    """The members of a model folder: one in the folder itself, or several, grouped by their features."""
    listed = folder / "members.json"
    if not listed.exists():
        return (Group(CompiledFeatures.load(folder / "features"), target, (_forward(folder / "model"),), (1.0,)),)
    found = []
    for number, weights in enumerate(json.loads(listed.read_text(encoding="utf-8"))["weights"]):
        place = folder / "members" / str(number)
        forwards = tuple(_forward(place / f"model-{at}") for at in range(len(weights)))
        own = Target.from_dict(json.loads((place / "target.json").read_text(encoding="utf-8")))
        found.append(Group(CompiledFeatures.load(place / "features"), own, forwards, tuple(map(float, weights))))
    if not found:
        raise ValueError(f"{listed.name} names no member")
    return tuple(found)


def _forward(folder: Path) -> Forward:
    return Forward(*load_model(folder))


def _temperature(path: Path) -> float:
    """What logits are divided by; 1 where they are not."""
    if not path.exists():
        return 1.0
    found = float(json.loads(path.read_text(encoding="utf-8"))["temperature"])
    if not 0 < found < float("inf"):
        raise ValueError(f"{path.name}: the temperature is {found}")
    return found


def _intervals(path: Path) -> tuple[dict[int, float], bool]:
    """Half the length of the interval by level in hundredths, infinite where it is null; whether no target was negative
    that the model learned from."""
    if not path.exists():
        return {}, False
    stored = json.loads(path.read_text(encoding="utf-8"))
    widths = {int(step): np.inf if width is None else float(width) for step, width in stored["half_widths"].items()}
    return widths, bool(stored.get("never_negative", False))


@contextmanager
def bad_request() -> Iterator[None]:
    """What is wrong with the rows becomes MLflow's error, which its server answers with 400 and the sentence."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import BAD_REQUEST

    try:
        yield
    except (DataError, ModelError) as error:
        raise MlflowException(str(error), BAD_REQUEST) from error


class Served:
    """A predictor as MLflow calls it: what is wrong with the rows becomes an answer and not an accident."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    def predict(self, frame: "pd.DataFrame", params: dict[str, Any] | None = None) -> "pd.DataFrame":
        """As of `Predictor.predict`.

        Raises:
            MlflowException: the rows do not fit the model; MLflow's server answers 400 with the sentence.
        """
        with bad_request():
            return self.predictor.predict(frame, params)


def _load_pyfunc(path: str) -> Served:
    """What MLflow calls to load the model."""
    return Served(Predictor(Path(path)))

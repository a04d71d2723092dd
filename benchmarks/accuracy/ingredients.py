"""What each ingredient of the default networks is worth: the recipe with one thing changed, on some rows of each table.

    python -m benchmarks.accuracy.ingredients FOLDER… [--only TABLE …] [--rows 1500] [--change NAME …]

Five networks learn from four fifths of some train rows each and keep the epoch that was best on their own fifth; they
predict the cv rows, one by one and averaged. No test row is touched. Printed are losses, and as a ratio of the recipe's
their geometric mean over the tables, their median and on how many tables they are higher. By time, the fifths are
blocks that follow one another. For classes the average also predicts with its logits divided by the temperature that is
best on the fifths.
"""

import argparse
import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # before NumPy is there

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent import data, ml
from descent.ml.ensembles import blend, temperature
from descent.schemas.variants.variant import FeatureSettings

from .scores import loss
from .tables import SPLITS, Question, questions

FOLDS, EPOCHS, BATCH = 5, 25, 64
STANDARD = FeatureSettings(degree=1, interaction_only=False, scale="standard", impute="median")
RECIPE: dict[str, Any] = {
    "hidden": (128, 128, 128),
    "activation": "mish",
    "initializer": "lecun",
    "embedded": True,
    "input_scale": False,
    "scale": "standard",
    "learning_rate": 0.06,
    "beta2": 0.95,
    "ntk": True,
    "embedding_rate": 0.05,
    "lam": 0.0,
    "dropout": 0.0,
    "bias_rate": 1.0,
    "schedule": ml.Schedule("cosine"),
}
CHANGES: dict[str, Mapping[str, Any]] = {
    "recipe": {},
    "no embedding": {"embedded": False},
    "σ = 1": {"sigma": 1.0},
    "σ = 10": {"sigma": 10.0},
    "relu": {"activation": "relu", "initializer": "he"},
    "no NTK, rate 0.003": {"ntk": False, "learning_rate": 0.003, "embedding_rate": 1.0},
    "constant rate": {"schedule": ml.Schedule("constant"), "learning_rate": 0.02},
    "half the rate": {"learning_rate": 0.03, "embedding_rate": 0.1},
    "dropout 0.1": {"dropout": 0.1},
    "smooth clip": {"scale": "smooth_clip"},
    "quantiles": {"scale": "quantile"},
    "slow biases": {"bias_rate": 0.1},
    "input scale": {"input_scale": True, "scale_rate": 6.0},
    "λ = 1": {"lam": 1.0},
    "2 × 256": {"hidden": (256, 256)},
    "3 × 64": {"hidden": (64, 64, 64)},
}


class Sample(NamedTuple):
    """Rows of one table to learn from, those that are asked about, and the fifth of each row."""

    learn: pd.DataFrame
    asked: pd.DataFrame
    fifth: NDArray[np.intp]
    inference: data.Inference


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--only", nargs="+", default=None, help="names of tables")
    parser.add_argument("--rows", type=int, default=1500, help="rows to learn from, at most")
    parser.add_argument("--change", nargs="+", default=list(CHANGES), choices=list(CHANGES))
    given = parser.parse_args()
    found: dict[str, list[tuple[float, float]]] = {}
    calibrated: list[float] = []
    for question in questions(given.folders):
        if given.only is None or question.name in given.only:
            sample = sampled(question, given.rows)
            for name in dict.fromkeys(["recipe", *given.change]):
                one, mean, cooled = losses(sample, RECIPE | CHANGES[name])
                found.setdefault(name, []).append((one, mean))
                print(f"{question.name}, {name}: one {one:.5g}, five averaged {mean:.5g}", flush=True)
                if cooled is not None and name == "recipe":
                    calibrated.append(cooled / mean)
                    print(f"{question.name}: calibrated {cooled:.5g}, {cooled / mean:.3f} of that", flush=True)
    reference = np.log(found["recipe"])
    print("| change | one network | five averaged | median of these | tables worse |\n|---|---|---|---|---|")
    for name, values in found.items():
        ratios = np.exp(np.log(values) - reference)
        one, mean = np.exp(np.log(ratios).mean(axis=0))
        worse = f"{(ratios[:, 1] > 1).sum()} of {len(ratios)}"
        print(f"| {name} | {one:.3f} | {mean:.3f} | {np.median(ratios[:, 1]):.3f} | {worse} |")
    if calibrated:
        print(f"averages calibrated out of fold: {np.exp(np.log(calibrated).mean()):.3f}")
    print(f"five averaged against one: {np.exp((reference[:, 1] - reference[:, 0]).mean()):.3f}")


def sampled(question: Question, most: int) -> Sample:
    """At most ``most`` train rows, drawn by chance, and at most 5,000 cv rows."""
    frame, inference = data.infer(
        data.read_table(question.path), question.target, exclude=question.exclude, by=SPLITS.get(question.name)
    )
    split = data.split_rows(frame, inference)
    learn, asked = (_some(frame.iloc[rows], most) for rows, most in ((split.train, most), (split.cv, 5_000)))
    fifth = np.arange(len(learn)) * FOLDS // len(learn)
    if inference.split_by == "time":
        learn = learn.sort_values(str(inference.time), kind="stable").reset_index(drop=True)
    else:
        for number, (_, held) in enumerate(data.fold_rows(learn, inference, FOLDS)):
            fifth[held] = number
    return Sample(learn, asked, fifth, inference)


def _some(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    rows = np.sort(np.random.default_rng(1).permutation(len(frame))[:most])
    return frame.iloc[rows].reset_index(drop=True)


def losses(sample: Sample, settings: Mapping[str, Any]) -> tuple[float, float, float | None]:
    """The mean loss of the five, the loss of their mean, and for classes that of their mean once it is calibrated."""
    task, name, asked = sample.inference.task, sample.inference.target, sample.asked
    outputs: list[NDArray[Any]] = []
    out_of_fold: list[NDArray[Any]] = []
    for number in range(FOLDS):
        fit, held = sample.learn[sample.fifth != number], sample.learn[sample.fifth == number]
        features, x = data.FeatureMap.fit_transform(fit, sample.inference, replace(STANDARD, scale=settings["scale"]))
        target = data.Target.fit(fit[name], task, sample.inference.classes)
        arrays = ml.Arrays(x, target.encode(fit[name]), features.transform(held), target.encode(held[name]))
        model = _model(settings, x.shape[1], features.numbers, target)
        own = ml.Settings(seed=number, **{key: settings[key] for key in STEPS if key in settings})
        trained = ml.train(model, "adam", [own], arrays, batch=BATCH, epochs=EPOCHS)[0]
        z = ml.outputs(model, trained.parameters, features.transform(asked))
        outputs.append(z * target.scale + target.mean if task == "regression" else z)
        out_of_fold.append(ml.outputs(model, trained.parameters, np.asarray(arrays.x_cv)))
    y = asked[name].to_numpy(np.float64) if task == "regression" else target.encode(asked[name])
    each = [loss(task, y, _answers(task, z)) for z in outputs]
    whole = blend(task, outputs, [1 / FOLDS] * FOLDS)
    mean = loss(task, y, _answers(task, whole))
    if task == "regression":
        return float(np.mean(each)), mean, None
    held = [target.encode(sample.learn[name][sample.fifth == number]) for number in range(FOLDS)]
    by = temperature(task, np.concatenate(held), np.concatenate(out_of_fold))
    return float(np.mean(each)), mean, loss(task, y, _answers(task, whole / by))


STEPS = ("learning_rate", "beta2", "ntk", "embedding_rate", "bias_rate", "scale_rate", "lam", "dropout", "schedule")
"""Settings that act on steps; the others make the model or the features."""


def _model(settings: Mapping[str, Any], inputs: int, numbers: int, target: data.Target) -> ml.Model:
    embedding = None
    if settings["embedded"] and numbers:
        embedding = ml.Embedding(numbers, sigma=settings.get("sigma", ml.Embedding(numbers).sigma))
    made = {key: settings[key] for key in ("hidden", "activation", "initializer", "input_scale")}
    return ml.Model(inputs, outputs=target.outputs, task=target.task, embedding=embedding, **made)  # type: ignore[arg-type]


def _answers(task: str, z: NDArray[Any]) -> NDArray[Any]:
    """Numbers (m,) or probabilities (m, K)."""
    if task == "regression":
        return np.asarray(z, np.float64)
    logits = np.column_stack([np.zeros(len(z)), z]) if z.ndim == 1 else z
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


if __name__ == "__main__":
    main()

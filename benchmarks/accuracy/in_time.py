"""Where rows follow time: members that leave out a stretch of it, or trained on all rows for the epochs of the folds?

    python -m benchmarks.accuracy.in_time FOLDER… [--only TABLE …] [--rows 12000]

Networks learn from the first 40, 55 and 70 % of the train and cv rows, and are evaluated on what follows (20, 20 and
30 %); no test row is touched. Printed are rmse or log loss of an average of five, each stopped by a fifth that lies
between others (``stretches``), or trained on all rows for the epochs that were best on a fold that follows in time
(``all rows``, as the flow does it), and the ratio.
"""

import argparse
import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # before NumPy is there

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent import data, ml
from descent.ml.ensembles import blend
from descent.schemas.variants.defaults import EPOCHS

from .ingredients import RECIPE, STANDARD, STEPS, _answers, _model
from .scores import loss
from .tables import Question, questions

ORIGINS = ((0.4, 0.6), (0.55, 0.75), (0.7, 1.0))
MEMBERS = 5
SETTINGS = RECIPE | {"embedded": False}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--only", nargs="+", default=None, help="names of tables")
    parser.add_argument("--rows", type=int, default=12_000, help="rows of a table, at most: every second, third, …")
    given = parser.parse_args()
    ratios = []
    for question in questions(given.folders):
        if given.only is None or question.name in given.only:
            for start, stop, between, anew in _compared(question, given.rows):
                ratios.append(anew / between)
                print(
                    f"{question.name}, {start:.0%} to {stop:.0%}: stretches {between:.5g}, all rows {anew:.5g}",
                    flush=True,
                )
    print(f"all rows against stretches: {np.exp(np.log(ratios).mean()):.3f}")


def _compared(question: Question, most: int) -> Any:
    frame, inference = data.infer(
        data.read_table(question.path), question.target, exclude=question.exclude, task=question.task, by="time"
    )
    frame = frame.sort_values(str(inference.time), kind="stable")
    frame = frame.iloc[: int(0.8 * len(frame)) : max(1, len(frame) // most)].reset_index(drop=True)
    for start, stop in ORIGINS:
        learn, asked = frame[: int(start * len(frame))], frame[int(start * len(frame)) : int(stop * len(frame))]
        yield (
            start,
            stop,
            *(_loss(way(learn, asked, inference), learn, asked, inference) for way in (stretches, all_rows)),
        )


def stretches(learn: pd.DataFrame, asked: pd.DataFrame, inference: data.Inference) -> list[NDArray[Any]]:
    """Outputs of members of which each is stopped by another fifth."""
    fifth = np.arange(len(learn)) * MEMBERS // len(learn)
    return [
        _trained(learn[fifth != number], learn[fifth == number], asked, inference, number)[0]
        for number in range(MEMBERS)
    ]


def all_rows(learn: pd.DataFrame, asked: pd.DataFrame, inference: data.Inference) -> list[NDArray[Any]]:
    """Outputs of members trained on all rows, each for the epochs that were best on the tenth behind some tenths."""
    cuts = [len(learn) * part // (2 * MEMBERS) for part in range(MEMBERS, 2 * MEMBERS + 1)]
    found = []
    for number, (cut, end) in enumerate(pairwise(cuts)):
        epochs = _trained(learn[:cut], learn[cut:end], asked, inference, number)[1]
        found.append(_trained(learn, None, asked, inference, number, max(1, epochs))[0])
    return found


def _trained(
    fit: pd.DataFrame,
    held: pd.DataFrame | None,
    asked: pd.DataFrame,
    inference: data.Inference,
    seed: int,
    epochs: int | None = None,
) -> tuple[NDArray[Any], int]:
    """What a network says of the rows asked, and its best epoch."""
    name = inference.target
    usual, _, batch = next(each for limit, each in EPOCHS if len(fit) < limit)
    features, x = data.FeatureMap.fit_transform(fit, inference, STANDARD)
    target = data.Target.fit(fit[name], inference.task, inference.classes)
    arrays = ml.Arrays(x, target.encode(fit[name]))
    if held is not None:
        arrays = ml.Arrays(arrays.x, arrays.y, features.transform(held), target.encode(held[name]))
    model = _model(SETTINGS, x.shape[1], features.numbers, target)
    own = ml.Settings(seed=seed, **{key: SETTINGS[key] for key in STEPS if key in SETTINGS})
    trained = ml.train(model, "adam", [own], arrays, batch=batch, epochs=epochs or usual)[0]
    z = ml.outputs(model, trained.parameters, features.transform(asked))
    return z * target.scale + target.mean if inference.task == "regression" else z, trained.best_epoch


def _loss(outputs: list[NDArray[Any]], learn: pd.DataFrame, asked: pd.DataFrame, inference: data.Inference) -> float:
    task, name = inference.task, inference.target
    whole = blend(task, outputs, [1 / MEMBERS] * MEMBERS)
    numbers = task == "regression"
    codes = data.Target.fit(learn[name], task, inference.classes)
    y = asked[name].to_numpy(np.float64) if numbers else codes.encode(asked[name])
    return float(loss(task, y, _answers(task, whole)))


if __name__ == "__main__":
    main()

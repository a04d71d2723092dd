"""Problems whose truths are drawn at random: as many sets as there are seeds.

A truth is a sum of one to three bent terms, of one column or of two, and of a straight part in every second problem;
beside it columns that tell nothing. The model that is asked, the rows and the noise are drawn as well, so what keeps
it from being better is whatever it is: nothing here is made to have a certain verdict.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.honesty.verdict_problems import STOP, Problem, linear, network

Array = NDArray[Any]

ONE: tuple[Callable[[Array], Array], ...] = (
    lambda u: np.asarray(u**2 - 1),
    lambda u: np.asarray(np.cos(2 * u)),
    lambda u: np.asarray(np.exp(-2 * u**2)),
    lambda u: np.asarray(u**3 / 3 - u),
    lambda u: np.maximum(u, 0.0),
    lambda u: np.asarray(np.sign(u - 0.5)),
)
TWO: tuple[Callable[[Array, Array], Array], ...] = (
    lambda u, v: np.asarray(u * (v > 0)),
    lambda u, v: np.maximum(u, v),
    lambda u, v: np.asarray(np.abs(u - v)),
    lambda u, v: np.asarray(np.cos(u + v)),
    lambda u, v: np.asarray(u * v / (1 + np.abs(v))),
    lambda u, v: np.asarray(((u > 0) & (v > 0)) * 1.0),
)


def drawn(seed: int, problems: int = 120) -> Iterator[Problem]:
    """As many problems, drawn from a seed."""
    for number in range(problems):
        yield _problem(np.random.default_rng([seed, number]), 10_000 * (seed + 1) + number)


def _problem(rng: np.random.Generator, seed: int) -> Problem:
    task = str(rng.choice(["regression", "regression", "regression", "binary", "multiclass"]))
    few = rng.random() < 0.5
    rows = int(np.exp(rng.uniform(np.log(45), np.log(160))) if few else np.exp(rng.uniform(np.log(300), np.log(1500))))
    columns = int(rng.integers(8, max(9, rows // 4)) if few else rng.integers(3, 13))
    name, models, more = _model(rng, task, rows)
    truths = [_truth(rng, columns) for _ in range(3 if task == "multiclass" else 1)]
    silent = rng.random() < 0.15
    size = 0.0 if silent else float(rng.uniform(1.5, 3.0)) if task == "regression" else float(rng.uniform(2.0, 4.0))
    noise = float(np.exp(rng.uniform(np.log(0.2), np.log(2.0))))
    tails = 5.0 if rng.random() < 0.3 else None
    return Problem(
        f"drawn: {'silent, ' if silent else ''}{name}",
        task,
        partial(_sum, truths, size),
        columns,
        rows,
        models,
        noise,
        tails=tails,
        correlated=float(rng.choice([0.0, 0.0, 0.3])),
        seed=seed,
        **more,
    )


def _model(rng: np.random.Generator, task: str, rows: int) -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
    """A name, the models, and what else of the experiment belongs to them."""
    kind = int(rng.choice(7, p=[0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]))
    tanh = "tanh" if rng.random() < 0.5 else "relu"
    if kind == 0:
        return "linear", linear(task, 0.03 * float(rng.integers(1, 10))), {}
    if kind == 1:
        return "linear, degree 2", linear(task, 0.3), {"features": {"degree": 2}}
    if kind == 2:
        return "stiff linear", linear(task, float(rng.uniform(1, 5)) * rows), {}
    if kind == 3:
        return "narrow network", network(int(rng.integers(1, 4)), activation=tanh), {}
    if kind == 4:
        return (
            "hasty network",
            network(24, rate=0.002, activation=tanh),
            {"search": {"epochs": int(rng.integers(3, 10))}},
        )
    if kind == 5:
        return "large network", network(64, 32, activation=tanh), {}
    return "stopped network", network(32, lam=1.0, activation=tanh), {"search": STOP}


def _truth(rng: np.random.Generator, columns: int) -> Callable[[Array], Array]:
    """A sum of terms, of variance about 1."""
    terms = []
    for _ in range(int(rng.integers(1, 4))):
        i, j = rng.choice(columns, 2, replace=False)
        if rng.random() < 0.5:
            terms.append(partial(_one, ONE[int(rng.integers(len(ONE)))], i))
        else:
            terms.append(partial(_two, TWO[int(rng.integers(len(TWO)))], i, j))
    slope = rng.normal(size=columns) * (rng.random(columns) < 0.4) * (rng.random() < 0.5)
    truth = partial(_mixed, terms, slope)
    sample = truth(rng.normal(size=(2000, columns)))
    return partial(_scaled, truth, float(sample.mean()), float(max(sample.std(), 1e-9)))


def _one(term: Callable[[Array], Array], i: int, x: Array) -> Array:
    return term(x[:, i])


def _two(term: Callable[[Array, Array], Array], i: int, j: int, x: Array) -> Array:
    return term(x[:, i], x[:, j])


def _mixed(terms: list[Callable[[Array], Array]], slope: Array, x: Array) -> Array:
    return np.asarray(x @ slope + sum(term(x) for term in terms))


def _scaled(truth: Callable[[Array], Array], mean: float, sd: float, x: Array) -> Array:
    return np.asarray((truth(x) - mean) / sd)


def _sum(truths: list[Callable[[Array], Array]], size: float, x: Array) -> Array:
    """Outputs (m,) of one truth or (m, K) of K."""
    outputs = [size * truth(x) for truth in truths]
    return outputs[0] if len(outputs) == 1 else np.stack(outputs, axis=1)

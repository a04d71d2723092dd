"""What models of other kinds reach on the same rows: an upper bound of the cost that cannot be avoided.

Three of scikit-learn's models that bend in different ways learn from the training rows: a Gaussian process whose
length scales and noise are the most probable ones (Rasmussen & Williams 2006, chapter 5), a lasso over all squares and
products (Tibshirani 1996), and extremely randomised trees (Geurts, Ernst & Wehenkel 2006). Their predictions for rows
that each has not seen are combined by a stack (Wolpert 1992; Breiman 1996), so which of them may be believed is decided
on training rows alone. Classes are learned as numbers 0 and 1 and made probabilities by the stack, a logistic
regression (Platt 1999).

Time and memory do not grow with the training rows beyond `MOST_ROWS`: a bend that shows in no 5,000 rows is small.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from descent.data.references import gaussian_process

Array = NDArray[Any]
Member = tuple[Array, Callable[[Array], Array]]
"""Predictions (m, k) for training rows by a model that has not seen the row, and the model itself."""

MOST_ROWS = 5000
FOLDS = 5
PROCESS_ROWS, PROCESS_CELLS, PROCESS_LEAST = 200, 6000, 60
"""Rows of the Gaussian process, whose time grows with their cube; rows times columns, because each column has a length
scale; it is left out where fewer rows would be left."""
SPARSE_ROWS, SPARSE_TERMS = 1000, 1000
TREES, TREE_ROWS, TREE_COLUMNS = 200, 2000, 60
MOST_OUTPUTS = 10
"""With more classes only the trees are asked: the others learn one after the other."""
BLOCK = 5000
VARIES = 1e-9
"""A column whose standard deviation is larger varies."""


@dataclass(frozen=True)
class Stacked:
    """Outputs, as of `ml.outputs`: numbers (m,), logits (m,) of two classes, or (m, K) of more.

    ``held`` on rows that were not learned from and ``held_half`` (2, …) on the same by stacks of half of the training
    rows; ``train_half`` on the training rows, each by the half without it; None where not all of them were used.
    """

    held: Array
    held_half: Array
    train_half: Array | None


def stacked_outputs(task: str, x: Array, y: Array, x_held: Array, classes: int, seed: int) -> Stacked:
    """Learn from training rows what others are.

    ``x`` (m, n), at least one column of which varies, ``y`` (m,) numbers of about unit scale, or at least two of the
    codes 0…``classes``−1.
    """
    return _stacked(task, x, y, x_held, classes, np.random.default_rng(seed))


def _stacked(task: str, x: Array, y: Array, x_held: Array, classes: int, rng: np.random.Generator) -> Stacked:
    rows = _sampled(y if task != "regression" else None, len(x), rng)
    whole, x, y = len(rows) == len(x), np.asarray(x[rows], float), y[rows]
    stack = _learned(task, x, y, classes, rng)
    side = _halves(task, y, rng)
    halves = [_learned(task, x[side == one], y[side == one], classes, rng) for one in (0, 1)]
    others = np.argsort(np.concatenate([np.flatnonzero(side != one) for one in (0, 1)]))
    train_half = np.concatenate([halves[one](x[side != one]) for one in (0, 1)])[others]
    return Stacked(stack(x_held), np.stack([half(x_held) for half in halves]), train_half if whole else None)


def _halves(task: str, y: Array, rng: np.random.Generator) -> Array:
    """0 or 1 for every row (m,), each for half of every class."""
    order = rng.permutation(len(y))
    if task != "regression":
        order = order[np.argsort(y[order], kind="stable")]
    side = np.empty(len(y), int)
    side[order] = np.arange(len(y)) % 2
    return side


def _learned(task: str, x: Array, y: Array, classes: int, rng: np.random.Generator) -> Callable[[Array], Array]:
    """A stack."""
    centre, scale = x.mean(axis=0), x.std(axis=0)
    kept = scale > VARIES
    centre, scale = centre[kept], scale[kept]
    targets = _targets(task, y, classes)
    mean = targets.mean(axis=0)
    with warnings.catch_warnings():  # a member that did not converge is judged by its predictions like any other
        warnings.simplefilter("ignore")
        members = list(_members((x[:, kept] - centre) / scale, targets - mean, rng))
        seen = np.concatenate([found for found, _ in members], axis=1)
        combine = _stack(task, seen, y, mean, classes)

    def outputs(others: Array) -> Array:
        found = []
        for start in range(0, len(others), BLOCK):
            block = (np.asarray(others[start : start + BLOCK], float)[:, kept] - centre) / scale
            found.append(combine(np.concatenate([model(block) for _, model in members], axis=1)))
        return np.concatenate(found)

    return outputs


def _sampled(codes: Array | None, rows: int, rng: np.random.Generator) -> Array:
    """Row numbers, at most `MOST_ROWS`, with two rows of every class at least where there are as many."""
    if rows <= MOST_ROWS:
        return np.arange(rows)
    order = rng.permutation(rows)
    if codes is None:
        return order[:MOST_ROWS]
    first = np.concatenate([order[codes[order] == code][:2] for code in np.unique(codes)])
    return np.concatenate([first, np.setdiff1d(order[:MOST_ROWS], first)])[: max(MOST_ROWS, len(first))]


def _targets(task: str, y: Array, classes: int) -> Array:
    """(m, 1) numbers or shares of the second class, (m, K) shares of more."""
    if task == "regression":
        return np.asarray(y, float)[:, None]
    shares = np.asarray(np.eye(classes)[np.asarray(y)])
    return shares[:, 1:] if task == "binary" else shares


def _members(x: Array, targets: Array, rng: np.random.Generator) -> Iterator[Member]:
    columns = x.shape[1]
    if targets.shape[1] <= MOST_OUTPUTS:
        if PROCESS_CELLS // columns >= PROCESS_LEAST:
            yield _process(x, targets, rng)
        if columns * (columns + 3) // 2 <= SPARSE_TERMS:
            yield _sparse(x, targets, rng)
    yield _trees(x, targets, rng)


def _process(x: Array, targets: Array, rng: np.random.Generator) -> Member:
    """A Gaussian process; rows that it learned from are predicted from all others of them."""
    most = min(PROCESS_ROWS, PROCESS_CELLS // x.shape[1])
    rows = np.sort(rng.permutation(len(x))[:most])
    others = np.setdiff1d(np.arange(len(x)), rows)
    found, processes = np.empty(targets.shape), []
    for place, target in enumerate(targets.T):
        process = gaussian_process.learn(x[rows], target[rows], float(target.var()) or 1.0)
        found[rows, place] = process.left_out
        if len(others):
            found[others, place] = process.predict(x[others])
        processes.append(process)
    return found, lambda held: np.stack([process.predict(held) for process in processes], axis=1)


def _sparse(x: Array, targets: Array, rng: np.random.Generator) -> Member:
    """A lasso over squares and products; its penalty has the least squared error over folds."""
    from sklearn.linear_model import lasso_path
    from sklearn.preprocessing import PolynomialFeatures

    powers = PolynomialFeatures(2, include_bias=False)
    place, rows = rng.permutation(len(x)) % FOLDS, rng.permutation(len(x))[:SPARSE_ROWS]
    terms = powers.fit_transform(x)
    centre, scale = terms.mean(axis=0), np.maximum(terms.std(axis=0), 1e-9)
    terms = (terms - centre) / scale
    found, weights, means = np.empty(targets.shape), [], []
    for column, target in enumerate(targets.T):
        alphas = np.abs(terms.T @ (target - target.mean())).max() / len(x) * np.geomspace(1, 0.005, 30)

        def path(learned: Array, target: Array = target, alphas: Array = alphas) -> tuple[Array, Array]:
            """Weights (terms, alphas) and what is added (alphas,)."""
            mean, middle = target[learned].mean(), terms[learned].mean(axis=0)
            _, w, _ = lasso_path(terms[learned] - middle, target[learned] - mean, alphas=alphas, max_iter=500)
            return w, mean - middle @ w

        curve = np.empty((len(x), len(alphas)))
        for fold in range(FOLDS):
            w, mean = path(rows[place[rows] != fold])
            curve[place == fold] = terms[place == fold] @ w + mean
        best = int(np.argmin(((curve - target[:, None]) ** 2).mean(axis=0)))
        found[:, column] = curve[:, best]
        w, mean = path(rows)
        weights.append(w[:, best])
        means.append(mean[best])
    w, mean = np.stack(weights, axis=1), np.array(means)
    return found, lambda held: ((powers.transform(held) - centre) / scale) @ w + mean


def _trees(x: Array, targets: Array, rng: np.random.Generator) -> Member:
    """Extremely randomised trees on bootstrap samples; a row is predicted by the trees without it."""
    from sklearn.ensemble import ExtraTreesRegressor

    k = targets.shape[1]
    trees = ExtraTreesRegressor(
        TREES,
        min_samples_leaf=2,
        bootstrap=True,
        oob_score=True,
        random_state=int(rng.integers(2**31)),
        max_samples=min(1.0, TREE_ROWS / len(x)),
        max_features=min(x.shape[1], TREE_COLUMNS),
    ).fit(x, targets if k > 1 else targets[:, 0])
    return trees.oob_prediction_.reshape(-1, k), lambda held: trees.predict(held).reshape(-1, k)


def _stack(task: str, seen: Array, y: Array, mean: Array, classes: int) -> Callable[[Array], Array]:
    """Combine the members by what they predict for rows that they have not seen."""
    from sklearn.linear_model import LinearRegression, LogisticRegression

    if task == "regression":
        linear = LinearRegression(positive=True, fit_intercept=False).fit(seen, np.asarray(y, float) - mean)
        return lambda given: np.asarray(linear.predict(given) + mean)
    logistic = LogisticRegression(C=0.3, max_iter=500).fit(4 * seen, y)  # a logit changes by 4 with a chance about ½
    if task == "binary":
        return lambda given: np.asarray(logistic.decision_function(4 * given))
    absent = np.log(0.5 / len(y))  # a class that the training rows lack counts as half a row

    def logits(given: Array) -> Array:
        found = np.full((len(given), classes), absent)
        found[:, logistic.classes_] = logistic.predict_log_proba(4 * given)
        return found

    return logits

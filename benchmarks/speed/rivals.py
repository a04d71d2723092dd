"""The other side: scikit-learn's MLPClassifier and λ paths, and a plain PyTorch loop where torch is installed."""

import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier

from benchmarks.speed.shapes import LAM, TOLERANCE, Shape
from benchmarks.speed.work import Work
from descent.ml.network.initializers import initialize

HAS_TORCH = find_spec("torch") is not None


def train_sklearn(shape: Shape, x: NDArray[np.float32], y: NDArray[np.int64]) -> MLPClassifier:
    """Fit MLPClassifier: Adam, all epochs. Its alpha is divided by the rows of a batch, ours by all rows."""
    network = MLPClassifier(
        shape.hidden,
        alpha=LAM * shape.batch / shape.rows,
        batch_size=shape.batch,
        max_iter=shape.epochs,
        tol=0.0,
        n_iter_no_change=10**9,
        early_stopping=False,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # says at the last epoch that it was the last
        return network.fit(x, y)


def work_of_sklearn(network: MLPClassifier) -> Work:
    """Its own counters; float32 all the way is checked."""
    assert {one.dtype for one in network.coefs_} == {np.dtype(np.float32)}
    return Work("MLPClassifier", network.n_iter_, network._optimizer.t, float(network.loss_curve_[-1]))


def make_torch(shape: Shape, x: NDArray[np.float32], y: NDArray[np.int64]) -> Callable[[], Work]:
    """A plain training loop as people write it: rows shuffled once per epoch, batches as slices, fused Adam.

    The starting weights are ours. The penalty is Adam's own weight_decay, which covers the biases
    too: what costs PyTorch least.
    """
    import torch
    from torch import nn

    torch.set_num_threads(1)
    widths = shape.model.widths
    layout = shape.model.layout
    start = initialize(layout, "he", False, 0, "float32")
    rows = torch.from_numpy(x)
    targets = torch.from_numpy(y.astype(np.float32)[:, None] if shape.classes == 2 else y)
    criterion = nn.BCEWithLogitsLoss() if shape.classes == 2 else nn.CrossEntropyLoss()

    def train() -> Work:
        torch.manual_seed(0)
        layers: list[nn.Module] = []
        for block, (n, h) in zip(layout.affine, pairwise(widths), strict=True):
            matrix = torch.from_numpy(block.view(start[None])[0])
            affine = nn.Linear(n, h)
            with torch.no_grad():
                affine.weight.copy_(matrix[:, :-1])
                affine.bias.copy_(matrix[:, -1])
            layers += [affine, nn.ReLU()]
        network = nn.Sequential(*layers[:-1])
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, weight_decay=LAM / shape.rows, fused=True)
        steps, mean = 0, float("nan")
        for _ in range(shape.epochs):
            order = torch.randperm(shape.rows)
            shuffled, wanted = rows[order], targets[order]
            total = torch.zeros(())
            for first in range(0, shape.rows, shape.batch):
                batch = shuffled[first : first + shape.batch]
                optimizer.zero_grad()
                loss = criterion(network(batch), wanted[first : first + shape.batch])
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(batch)
                steps += 1
            mean = float(total) / shape.rows
        return Work("PyTorch", shape.epochs, steps, mean)

    return train


def fit_path(
    kind: str, x: NDArray[np.float32], y: NDArray[np.float32], lambdas: Sequence[float], warm: bool = True
) -> list[NDArray[Any]]:
    """The coefficients (n + 1,), bias last, of one fit per λ, from the strongest to the weakest penalty.

    ``warm``: each logistic fit starts from the one before, which is scikit-learn's own faster way. Raises
    `RuntimeError` if a fit ends before it converged.
    """
    logistic = LogisticRegression(warm_start=warm, tol=TOLERANCE, max_iter=1000)
    found = {}
    for lam in sorted(lambdas, reverse=True):
        fit = logistic.set_params(C=1 / lam).fit(x, y) if kind == "logistic" else Ridge(alpha=lam).fit(x, y)
        if kind == "logistic" and fit.n_iter_.max() >= 1000:
            raise RuntimeError(f"LogisticRegression did not converge at λ = {lam}")
        found[lam] = np.append(fit.coef_, fit.intercept_)
    return [found[lam] for lam in lambdas]

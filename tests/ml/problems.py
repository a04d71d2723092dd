"""Small problems that several tests share."""

import numpy as np

from descent import ml

M, N = 90, 5


def rows(task: str, m: int = M, n: int = N, outputs: int = 1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows with something to learn: x (m, n) and y as the task wants it."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(m, n))
    z = np.tanh(x @ random.normal(size=(n, max(outputs, 1)))) + 0.3 * random.normal(size=(m, max(outputs, 1)))
    if task == "regression":
        return x, z[:, 0] if outputs == 1 else z
    if task == "binary":
        return x, (z[:, 0] > 0).astype(np.int64)
    codes = z.argmax(axis=1)
    codes[:outputs] = np.arange(outputs)
    return x, codes


def arrays(task: str, outputs: int = 1, m: int = M, n: int = N, seed: int = 0, cv: bool = True) -> ml.Arrays:
    """Training rows, and cv rows from the same source."""
    x, y = rows(task, m + 40, n, outputs, seed)
    return ml.Arrays(x[:m], y[:m], x[m:], y[m:]) if cv else ml.Arrays(x[:m], y[:m])


def same(one: ml.Outcome, other: ml.Outcome) -> bool:
    """Bitwise equality of everything a variant leaves behind."""
    return (
        one.parameters.tobytes() == other.parameters.tobytes()
        and one.curve_train.tobytes() == other.curve_train.tobytes()
        and (one.curve_cv is None) == (other.curve_cv is None)
        and (one.curve_cv is None or other.curve_cv is None or one.curve_cv.tobytes() == other.curve_cv.tobytes())
        and (one.cost_train, one.cost_cv, one.epochs, one.best_epoch, one.status)
        == (other.cost_train, other.cost_cv, other.epochs, other.best_epoch, other.status)
    )

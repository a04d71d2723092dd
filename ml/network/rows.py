"""The rows to train on: what is accepted, and the form the core works with."""

import mmap
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from descent.ml.errors import ArrayError, TargetError
from descent.ml.network.layout import Array
from descent.ml.network.model import Model


@dataclass(frozen=True)
class Arrays:
    """Rows of one split: x (m, n), y (m,) or (m, k) numbers, or class codes 0…K−1; cv rows likewise.

    ``weights`` (m,) ≥ 0 weigh training rows as if repeated that often: cost and gradient are divided by their sum,
    which also is the m of λ/(2m). ``weights_cv`` weigh the cv rows in J_cv.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    x_cv: NDArray[Any] | None = None
    y_cv: NDArray[Any] | None = None
    weights: NDArray[Any] | None = None
    weights_cv: NDArray[Any] | None = None


@dataclass(frozen=True)
class Rows:
    """Rows as the core wants them, all of one dtype (but see `make_rows`).

    x (m, n + 1) with a last column of ones; t (K, m) encoded for the loss; w (1, m) with mean 1, or None;
    ``mass`` is the sum of the given weights, or m.
    """

    x: Array
    t: Array
    w: Array | None
    mass: float

    def __len__(self) -> int:
        return len(self.x)


def make_rows(
    model: Model,
    x: ArrayLike,
    y: ArrayLike,
    weights: ArrayLike | None,
    dtype: str,
    suffix: str = "",
    mapped: bool = False,
) -> Rows:
    """Check and convert. ``suffix`` (``"_cv"``) completes the argument names in messages.

    ``mapped``: x and numbers in y may keep the dtype of the files that x is mapped from and y comes from, as whoever
    converts block by block wants it.

    Raises `ArrayError` for shapes, NaN, infinity or no rows, `TargetError` for targets that are no class codes.
    """
    inputs = make_inputs(model, x, dtype, f"x{suffix}", mapped)
    targets = _check_targets(model, np.asarray(y), len(inputs), f"y{suffix}")
    own = mapped and isinstance(x, np.memmap) and targets.dtype.kind == "f"
    t = model.criterion.encode(targets, model.outputs, str(targets.dtype) if own else dtype)
    if not own:
        _let_go(y)
    if weights is None:
        return Rows(inputs, t, None, float(len(inputs)))
    w = _check_weights(np.asarray(weights), len(inputs), f"weights{suffix}")
    mass = float(w.sum())
    return Rows(inputs, t, (w * (len(w) / mass)).astype(dtype)[None, :], mass)


def _let_go(values: ArrayLike) -> None:
    """Give back the pages of a file that has been read and copied: those of 16 million targets are 128 MB."""
    file = values.base if isinstance(values, np.memmap) and values.mode == "r" else None
    if isinstance(file, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
        file.madvise(mmap.MADV_DONTNEED)


def make_inputs(model: Model, x: ArrayLike, dtype: str, name: str = "x", mapped: bool = False) -> Array:
    """(m, n + 1) of ``dtype`` with a last column of ones; raises `ArrayError`.

    A file mapped to memory that has this form already is not copied: so tables may be larger than memory.
    """
    given = np.asarray(x)
    if isinstance(x, np.memmap) and _ends_in_ones(x, model):
        _check_finite(given, name, dtype)
        return x if mapped else given.astype(dtype, copy=False)
    if given.dtype.kind not in "fiub":
        raise ArrayError(f"{name} has dtype {given.dtype}; it must hold real numbers")
    if given.ndim != 2 or given.shape[1] != model.inputs:
        raise ArrayError(f"{name} has shape {given.shape}; the model needs (rows, {model.inputs})")
    if len(given) == 0:
        raise ArrayError(f"{name} has no rows; at least one is needed")
    inputs = np.ones((len(given), model.inputs + 1), dtype)
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite and is reported below
        inputs[:, :-1] = given
    _check_finite(inputs, name, dtype)
    return inputs


def _ends_in_ones(x: NDArray[Any], model: Model) -> bool:
    return (
        x.dtype.kind == "f"
        and x.ndim == 2
        and x.shape[1] == model.inputs + 1
        and len(x) > 0
        and bool((x[:, -1] == 1).all())
    )


def _check_finite(values: Array, name: str, dtype: str) -> None:
    # One sum finds any NaN or infinity at a fraction of the price of isfinite; only then is the place looked for.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum(dtype=np.float64)):
            return
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        place = ", ".join(f"{axis} {index}" for axis, index in zip(("row", "column"), bad[0], strict=False))
        raise ArrayError(
            f"{name} has {len(bad)} values that are NaN or infinite in {dtype} (first at {place}); all must be finite"
        )


def _check_targets(model: Model, y: Array, rows: int, name: str) -> Array:
    if model.task == "regression":
        shapes = [(rows, model.outputs)] + ([(rows,)] if model.outputs == 1 else [])
        if y.shape not in shapes:
            raise ArrayError(f"{name} has shape {y.shape}; it must be {' or '.join(map(str, shapes))}")
        if y.dtype.kind not in "fiub":
            raise TargetError(f"{name} has dtype {y.dtype}; regression needs real numbers")
        _check_finite(y, name, str(y.dtype))
        _check_sign(model, y, name)
        return y
    if y.shape != (rows,):
        raise ArrayError(f"{name} has shape {y.shape}; it must be ({rows},), one class code per row")
    classes = 2 if model.task == "binary" else model.outputs
    codes = y.astype(np.int64) if y.dtype.kind in "fiub" and np.isfinite(y).all() else None
    if codes is None or (codes != y).any() or codes.min() < 0 or codes.max() >= classes:
        wrong = sorted({str(value) for value in y.tolist() if value not in range(classes)})
        raise TargetError(f"{name} holds {', '.join(wrong[:5])}; classes are coded 0…{classes - 1}")
    return codes


def _check_sign(model: Model, y: Array, name: str) -> None:
    """Hold targets to what the loss can learn; a zero that rounding has moved is allowed."""
    if not model.never_negative:
        return
    least, slack = float(y.min()) + model.shift, 1e-6 * (1 + abs(model.shift))
    wanted = model.criterion.targets
    if least < -slack or (wanted == "> 0" and least <= 0):
        raise TargetError(f"{name} reaches {least:g} with shift {model.shift:g}; {model.loss} needs numbers {wanted}")


def check_classes(model: Model, y: ArrayLike) -> None:
    """Raise `TargetError` if a classifier would train on one class only."""
    if model.task != "regression":
        present = np.unique(np.asarray(y))
        if len(present) < 2:
            raise TargetError(f"y holds only class {present[0]}; a {model.task} model needs rows of at least 2 classes")


def _check_weights(w: Array, rows: int, name: str) -> Array:
    if w.shape != (rows,):
        raise ArrayError(f"{name} has shape {w.shape}; it must be ({rows},), one weight per row")
    if w.dtype.kind not in "fiub":
        raise ArrayError(f"{name} has dtype {w.dtype}; weights are real numbers")
    w = w.astype(np.float64)
    _check_finite(w, name, "float64")
    if w.min() < 0 or w.sum() <= 0:
        raise ArrayError(f"{name} has least value {w.min()} and sum {w.sum()}; weights are ≥ 0 and not all 0")
    return w


def balanced_weights(codes: ArrayLike) -> NDArray[np.float64]:
    """Row weights under which every class present weighs the same: m / (classes · rows of the class); (m,)."""
    present, inverse, counts = np.unique(np.asarray(codes), return_inverse=True, return_counts=True)
    return (len(inverse) / (len(present) * counts))[inverse]

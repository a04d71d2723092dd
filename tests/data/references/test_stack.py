"""What other kinds of models reach: near the noise where they can bend to the truth, never below it by knowing rows."""

import numpy as np
import pytest

from descent import data
from descent.data.references import stack
from descent.ml.statistics.rows import row_costs

RNG = np.random.default_rng(5)


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of the trees: what is tested here does not need the rest, and they take most of the time."""
    monkeypatch.setattr(stack, "TREES", 50)


def table(rows: int, columns: int = 6) -> tuple[np.ndarray, np.ndarray]:
    x = RNG.normal(size=(rows, columns))
    return x, 2 * x[:, 0] * x[:, 1]


def test_a_bent_truth_is_found_from_few_rows_down_to_its_noise() -> None:
    x, f = table(580)
    y = f + 0.3 * RNG.normal(size=580)
    found = data.stacked_outputs("regression", x[:80], y[:80], x[80:], 0, 0)
    assert found.train_half is not None
    held = row_costs("regression", y[80:], found.held).mean()
    assert held < 0.15  # the noise is 0.045, knowing nothing 2.0
    assert row_costs("regression", y[80:], found.held_half[0]).mean() > held
    assert row_costs("regression", y[:80], found.train_half).mean() > held
    again = data.stacked_outputs("regression", x[:80], y[:80], x[80:], 0, 0)
    assert (again.held == found.held).all()


def test_noise_is_not_explained_not_even_on_the_training_rows() -> None:
    x, _ = table(600, 15)
    y = RNG.normal(size=600)
    found = data.stacked_outputs("regression", x[:100], y[:100], x[100:], 0, 0)
    assert found.train_half is not None
    assert row_costs("regression", y[:100], found.train_half).mean() > 0.9 * 0.5 * y[:100].var()
    assert row_costs("regression", y[100:], found.held).mean() < 1.15 * 0.5 * y[100:].var()


@pytest.mark.parametrize(("task", "classes"), [("binary", 2), ("multiclass", 4)])
def test_classes_become_logits_also_one_that_no_training_row_has(task: str, classes: int) -> None:
    x, f = table(400)
    y = (f + 0.3 * RNG.normal(size=400) > 0).astype(int) + (0 if task == "binary" else (x[:, 2] > 1))
    found = data.stacked_outputs(task, x[:200], y[:200], x[200:], classes, 0)
    assert found.train_half is not None
    assert found.held.shape == ((200,) if task == "binary" else (200, 4))
    shares = np.bincount(y[:200]) / 200
    nothing = -np.log(shares[y[200:]]).mean()
    assert row_costs(task, y[200:], found.held).mean() < 0.75 * nothing
    assert row_costs(task, y[:200], found.train_half).mean() < 0.75 * nothing


def test_many_rows_are_sampled_and_columns_that_do_not_vary_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "MOST_ROWS", 300)
    x, f = table(500, 3)
    y = np.where(f > 0, 1, 0)
    y[7] = 2
    x[:, 2] = 1.0
    found = data.stacked_outputs("multiclass", x, y, x[:300], 3, 0)
    assert found.train_half is None
    assert row_costs("multiclass", y[:300], found.held).mean() < 0.45

"""Bias and variance as measured between models, against the truth of problems where it is known."""

import numpy as np
import pytest

from descent.ml.diagnosis.measured import Measured, Reference
from descent.ml.diagnosis.power_law import fit_power_law
from descent.ml.diagnosis.replicates import Replicates, disjoint_parts, of_chance, replicates
from descent.ml.errors import OptionError
from descent.ml.statistics.metrics import evaluate
from descent.ml.statistics.rows import row_costs

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_row_costs_have_the_metric_as_their_mean(task: str) -> None:
    z = RNG.normal(size=(50, 3) if task == "multiclass" else 50) * 30
    y = RNG.normal(size=50) if task == "regression" else RNG.integers(0, 3 if task == "multiclass" else 2, 50)
    found = evaluate(task, None, y, z)
    expected = found["rmse"] ** 2 / 2 if task == "regression" else found["log_loss"]
    assert row_costs(task, y, z).mean() == pytest.approx(expected)


def least_squares(rows: int, noise: float, seed: int, wanted: int) -> tuple[list, np.ndarray, np.ndarray]:
    """Outputs of models fitted to fresh rows of a straight truth in 5 columns, and the cv rows' targets and truths."""
    rng = np.random.default_rng(seed)
    x_cv = rng.normal(size=(4000, 5))
    truth, found = x_cv.sum(axis=1), []
    for _ in range(wanted):
        x = rng.normal(size=(rows, 5))
        w = np.linalg.lstsq(x, x.sum(axis=1) + noise * rng.normal(size=rows), rcond=None)[0]
        found.append(x_cv @ w)
    return found, truth + noise * rng.normal(size=4000), truth


def test_variance_between_models_is_that_of_least_squares() -> None:
    outputs, y, _ = least_squares(60, 2.0, 1, 400)
    seen = replicates("regression", y, outputs, 60, [1.0] * 400)
    closed = 0.5 * 4 * 5 / (60 - 5 - 1)  # ½ σ² tr E(X'X)⁻¹ for normal x
    assert seen.cost_of_variance == pytest.approx(closed, rel=0.1)
    assert seen.beyond.mean() == pytest.approx(0.5 * 4, rel=0.1)  # no bias: only the noise is left
    pairs = [replicates("regression", y, outputs[i : i + 2], 60, [1, 1]).variance.mean() for i in range(0, 400, 2)]
    assert np.mean(pairs) == pytest.approx(closed, rel=0.1)  # unbiased from as few as two


def test_variance_of_log_losses_is_the_divergence_from_the_geometric_mean() -> None:
    z = RNG.normal(size=(6, 40, 3))
    y = RNG.integers(0, 3, 40)
    log_p = z - np.log(np.exp(z).sum(axis=2, keepdims=True))
    centre = log_p.mean(axis=0)
    centre -= np.log(np.exp(centre).sum(axis=1, keepdims=True))
    divergence = (np.exp(centre) * (centre - log_p)).sum(axis=2).mean(axis=0)
    assert replicates("multiclass", y, list(z), 9, [0.0] * 6).variance == pytest.approx(divergence * 6 / 5)


def test_variance_of_rows_and_of_random_numbers_add_up() -> None:
    rows, chance = RNG.normal(size=(300, 1, 50)), RNG.normal(size=(300, 3, 50))
    outputs = (2.0 * rows + 0.5 * chance).reshape(900, 50)  # 300 parts, 3 models of each
    seen = replicates("regression", np.zeros(50), list(outputs), 9, [0.0] * 900, seeds=3)
    assert seen.count == 300
    assert seen.chance.mean() == pytest.approx(0.5 * 0.25, rel=0.05)
    assert seen.variance.mean() == pytest.approx(0.5 * (4 + 0.25), rel=0.05)
    assert of_chance("regression", np.zeros(50), list(chance[:, :, :].reshape(900, 50))).mean() == pytest.approx(
        0.5, rel=0.05
    )
    assert (of_chance("regression", np.zeros(50), [chance[0, 0]]) == 0).all()


def test_one_model_shows_no_variance() -> None:
    with pytest.raises(OptionError, match="at least 2"):
        replicates("regression", np.zeros(3), [np.zeros(3)], 3, [0.0])


def test_parts_are_disjoint_even_and_keep_shares_and_groups() -> None:
    codes = np.repeat([0, 1, 2], [70, 20, 10])
    parts = disjoint_parts(codes, None, 4, 0)
    assert sorted(np.concatenate(parts)) == list(range(100))
    assert {len(part) for part in parts} == {25}
    assert all(np.isin([0, 1, 2], codes[part]).all() for part in parts)
    groups = np.arange(100) // 5
    halves = disjoint_parts(np.zeros(100), groups, 2, 0)
    assert not set(groups[halves[0]]) & set(groups[halves[1]])
    assert all((a == b).all() for a, b in zip(halves, disjoint_parts(np.zeros(100), groups, 2, 0), strict=True))


@pytest.mark.parametrize("c", [0.5, 0.8, 1.2])
def test_a_power_law_is_carried_on(c: float) -> None:
    rows = [50, 100, 200, 400]
    costs = [1 + 20 * m**-c for m in rows]
    law = fit_power_law(rows, costs, [1e-3] * 4)
    found = law.at(800)
    assert found.low <= 1 + 20 * 800**-c <= found.high
    assert law.gain(800).value == pytest.approx(costs[-1] - (1 + 20 * 800**-c), rel=0.35)
    assert law.falls > {0.5: 0.99, 0.8: 0.9, 1.2: 0.5}[c]  # the surer, the larger the fall is beside J


def test_a_flat_curve_promises_nothing() -> None:
    law = fit_power_law([50, 100, 200, 400], [1.0, 1.01, 0.99, 1.0], [0.02, 0.02, 0.02, 0.02])
    assert abs(law.gain(800).value) < 0.02
    with pytest.raises(OptionError, match="at least 2 points"):
        fit_power_law([50], [1.0], [0.1])


def measured(rows: int, noise: float, bend: float, level: float | None = None) -> tuple[Measured, Replicates]:
    """A straight model and one that knows the bend, its reference, on y = Σx + bend·(x₀² − 1) + noise; its halves."""
    rng = np.random.default_rng(3)
    x_cv = rng.normal(size=(3000, 5))
    y_cv = x_cv.sum(axis=1) + bend * (x_cv[:, 0] ** 2 - 1) + noise * rng.normal(size=3000)
    x = rng.normal(size=(rows, 5))
    y = x.sum(axis=1) + bend * (x[:, 0] ** 2 - 1) + noise * rng.normal(size=rows)

    def fit(take: np.ndarray, bent: bool) -> np.ndarray:
        def columns(given: np.ndarray) -> np.ndarray:
            return np.column_stack([np.ones(len(given)), given, *([given[:, 0] ** 2] if bent else [])])

        return columns(x_cv) @ np.linalg.lstsq(columns(x[take]), y[take], rcond=None)[0]

    def parts(count: int, used: int, bent: bool = False):
        taken = disjoint_parts(np.zeros(rows), None, count, 0)[:used]
        return replicates("regression", y_cv, [fit(t, bent) for t in taken], len(taken[0]), [0.0] * used)

    other = parts(2, 2, True)
    return Measured(
        rows=rows,
        train=0.0,
        costs=row_costs("regression", y_cv, fit(np.arange(rows), False)),
        costs_dummy=row_costs("regression", y_cv, np.full(3000, y.mean())),
        parts=[parts(4, 4), parts(2, 2)],
        references=[Reference("bent", other.beyond)],
        level=level,
    ), other


@pytest.mark.parametrize("level", [None, 0.5])
def test_bias_and_variance_are_found_where_they_are(level: float | None) -> None:
    straight, _ = measured(600, 1.0, 0.0, level)
    assert np.argmax(straight.probabilities(0.1)) == 0
    bent, _ = measured(600, 1.0, 1.5, level)
    assert np.argmax(bent.probabilities(0.1)) == 1
    assert bent.bias.mean() == pytest.approx(0.5 * 1.5**2 * 2, rel=0.15)  # ½ bend² Var(x²)
    few, _ = measured(20, 3.0, 0.0, None if level is None else 4.5)
    assert few.probabilities(0.1)[2] + few.probabilities(0.1)[3] > 0.9
    assert sum(few.probabilities(0.1)) == pytest.approx(1.0)


def test_the_gain_of_another_model_is_predicted_from_its_halves() -> None:
    bent, other = measured(600, 1.0, 1.5)
    gain, sure = bent.gain(other)
    assert gain.value == pytest.approx(0.5 * 1.5**2 * 2, rel=0.25)
    assert gain.low < gain.value < gain.high
    assert sure > 0.99

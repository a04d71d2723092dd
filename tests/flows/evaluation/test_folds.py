"""Finalists, and for how long their models of other rows are trained."""

from descent.flows.evaluation.folds import epochs_found, finalists
from descent.flows.search.leaderboard import Entry
from descent.schemas import config_from, expand_variants

VARIANTS = expand_variants(config_from({
    "data": {"source": "t.csv", "target": "y"},
    "search": {"models": [{"kind": "linear", "optimizer": {"kind": "lbfgs"}},
                          {"kind": "network", "layers": [4], "lambda": [0, 1]}]},
}))  # fmt: skip


def entry(index: int, rmse: float = 1.0, best_epoch: int = 10) -> Entry:
    return Entry(VARIANTS[index], 0, 5, 1.0, 1.0, {"rmse": rmse}, 20, best_epoch, "completed")


def test_finalists_take_their_column_of_the_folds() -> None:
    candidates = [entry(1, 0.5), entry(2, 0.6)]
    found = finalists(candidates, [[1.0, 2.0], [3.0, 4.0], [5.0, 9.0]], "rmse")
    assert [(one.entry, one.folds) for one in found] == [
        (candidates[0], (1.0, 3.0, 5.0)), (candidates[1], (2.0, 4.0, 9.0)),
    ]  # fmt: skip
    assert [one.folds for one in finalists(candidates, [], "rmse")] == [(0.5,), (0.6,)]


def test_other_rows_are_trained_for_the_epochs_found_and_a_solver_to_its_own_end() -> None:
    assert epochs_found(entry(1, best_epoch=7)) == 7
    assert epochs_found(entry(1, best_epoch=0)) == 1
    assert epochs_found(entry(0, best_epoch=7)) is None

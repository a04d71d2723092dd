"""For how long models of other rows are trained."""

from descent.flows.evaluation.folds import epochs_found
from descent.flows.search.leaderboard import Entry
from descent.schemas import config_from, expand_variants

VARIANTS = expand_variants(
    config_from(
        {
            "data": {"source": "t.csv", "target": "y"},
            "search": {
                "models": [
                    {"kind": "linear", "optimizer": {"kind": "lbfgs"}},
                    {"kind": "network", "layers": [4], "lambda": [0, 1]},
                ]
            },
        }
    )
)


def entry(index: int, rmse: float = 1.0, best_epoch: int = 10) -> Entry:
    return Entry(VARIANTS[index], 0, 5, 1.0, 1.0, {"rmse": rmse}, 20, best_epoch, "completed")


def test_other_rows_are_trained_for_the_epochs_found_and_a_solver_to_its_own_end() -> None:
    assert epochs_found(entry(1, best_epoch=7)) == 7
    assert epochs_found(entry(1, best_epoch=0)) == 1
    assert epochs_found(entry(0, best_epoch=7)) is None

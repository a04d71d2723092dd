"""The search that a user gets without writing one, scaled to the size of the table."""

from math import inf

from descent.schemas.config.features import FeaturesConfig
from descent.schemas.config.models import LinearKind, LinearSearch, NetworkSearch
from descent.schemas.config.optimizers import Adam, Lbfgs, Newton
from descent.schemas.config.search import EarlyStopping, SearchConfig

LINEAR_KIND: dict[str, LinearKind] = {"regression": "linear", "binary": "logistic", "multiclass": "softmax"}

FEW_COLUMNS = 15
"""Up to this many numeric columns, their squares and products (at most 135 features) are tried as well."""

WIDE = 200
"""Tables of more columns get lbfgs for their linear models, others newton: on paths of five λ newton reached the same J
1 to 40 times faster on eight of ten real tables (on one both took 0.03 s), but twice as slowly on one of 279 columns;
its time grows with n³, its memory with n² per λ."""

EFFORT = (
    (2_000, (200, 20, 32)),
    (20_000, (100, 15, 128)),
    (200_000, (50, 8, 256)),
    (inf, (15, 4, 1024)),
)
"""Epochs, patience and batch for tables of fewer rows than this; the steps of a training stay at a few thousand."""


def default_features(numeric_columns: int) -> FeaturesConfig:
    """Feature settings with degree 1 and 2 where the table has few numeric columns."""
    return FeaturesConfig(degree=(1, 2)) if 0 < numeric_columns <= FEW_COLUMNS else FeaturesConfig()


def plain_search(task: str, columns: int) -> SearchConfig:
    """One linear model of the task with λ = 1: the first thing to compare any other model with."""
    return SearchConfig(models=(LinearSearch(kind=LINEAR_KIND[task], lambda_=1.0, optimizer=_solver(columns)),))


def default_search(task: str, rows: int, columns: int) -> SearchConfig:
    """Linear models along a path of λ, and networks of two sizes with λ and learning rate swept.

    ``rows`` and ``columns`` are the table's. Small tables get small batches and many epochs, because an epoch then
    has few steps; large ones get few epochs of large batches, which keeps a whole run within minutes.
    """
    epochs, patience, batch = next(effort for limit, effort in EFFORT if rows < limit)
    many = rows >= 20_000
    layers = ((32,), (128, 64)) if many else ((16,), (64, 32))
    penalties = (1.0, 10.0, 100.0) if many else (0.1, 1.0, 10.0)  # λ is shared out among the rows: λ/(2m)
    path = (0.0, 0.1, 1.0, 10.0, 100.0) if rows < 5_000 and columns < 100 else (0.0, 0.1, 1.0, 10.0, 100.0, 1000.0)
    linear = LinearSearch(kind=LINEAR_KIND[task], lambda_=path, optimizer=_solver(columns))
    network = NetworkSearch(layers=layers, lambda_=penalties, optimizer=Adam(learning_rate=(0.001, 0.01)), batch=batch)
    return SearchConfig(epochs=epochs, early_stopping=EarlyStopping(patience=patience), models=(linear, network))


def _solver(columns: int) -> Lbfgs | Newton:
    return Lbfgs() if columns > WIDE else Newton()

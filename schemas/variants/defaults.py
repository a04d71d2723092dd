"""The search that a user gets without writing one, scaled to the size of the table."""

from math import inf

from descent.schemas.config.embeddings import NoEmbedding, Pbld
from descent.schemas.config.models import LinearKind, LinearSearch, NetworkSearch, Rates
from descent.schemas.config.optimizers import Adam, Lbfgs, Newton
from descent.schemas.config.schedules import Cosine
from descent.schemas.config.search import EarlyStopping, Effort, SearchConfig

LINEAR_KIND: dict[str, LinearKind] = {"regression": "linear", "binary": "logistic", "multiclass": "softmax"}

FEW_COLUMNS = 15
"""Up to this many numeric columns, linear models try their squares and products (at most 135 features) as well."""

WIDE = 200
"""Tables of more columns get lbfgs for their linear models, others newton: on paths of five λ newton reached the same J
1 to 40 times faster on eight of ten real tables (on one both took 0.03 s), but twice as slowly on one of 279 columns;
its time grows with n³, its memory with n² per λ."""

EPOCHS = (
    (2_000, (100, 25, 32)),
    (8_000, (60, 15, 64)),
    (30_000, (30, 10, 128)),
    (200_000, (25, 8, 256)),
    (inf, (10, 4, 1024)),
)
"""Epochs, patience and batch for tables of fewer rows than this; the steps of a training stay at a few thousand."""

SMALL, HUGE = 500, 1_000_000
"""Tables of fewer rows than the first get smaller networks; those of more than the second smaller and fewer ones."""
FEW_NUMBERS = 100
"""Up to this many numeric columns embeddings are tried: each costs three more inputs and 16 waves."""

FEW_ROWS, MANY_ROWS = 8_000, 30_000
"""Up to so many rows quick embeds numbers, which takes half as long again; with more it leaves that out. Tables of more
than the second have rows enough for `SHARP` waves."""
FAST, SHARP = 1.0, 10.0
"""σ of their frequencies. On 2,000 rows five networks averaged had 0.81 (concrete) to 1.21 (bike) times the loss of σ =
0.1 on cv rows: `benchmarks.accuracy.ingredients --rows 2000 --change "σ = 1"`. The second tells single values apart,
such as sums of money that come again: on 29,000 rows it had 0.95 times the loss of σ = 0.1 (adult), and 1.00 (bank),
but on 600 to 9,000 rows up to 1.6 (the same script, ``--change "σ = 10"``)."""

RATES: dict[Effort, tuple[float, ...]] = {
    "quick": (0.06,),
    "standard": (0.03, 0.06),
    "thorough": (0.015, 0.03, 0.06),
}
"""Learning rates: with NTK parametrisation a weight's is this over the root of the number of its layer's inputs."""
TIMES: dict[Effort, float] = {"quick": 0.5, "standard": 1.0, "thorough": 2.0}
"""Epochs and patience of an effort, as factors."""


def plain_search(task: str, columns: int) -> SearchConfig:
    """One linear model of the task with λ = 1: the first thing to compare any other model with."""
    return SearchConfig(models=(LinearSearch(kind=LINEAR_KIND[task], lambda_=1.0, optimizer=_solver(columns)),))


def default_search(
    task: str,
    rows: int,
    columns: int,
    numbers: int = 0,
    *,
    degrees: bool = False,
    amounts: bool = False,
    effort: Effort = "standard",
) -> SearchConfig:
    """Linear models along a path of λ, and networks whose learning rate, dropout and numeric embedding are swept.

    ``rows``, ``columns`` and ``numbers``, the numeric columns among them, are the table's; ``degrees`` lets the linear
    models try squares and products, where the columns are few enough. ``amounts`` says that no number of the target is
    negative: the loss of counts is then swept in place of dropout. Small tables get small batches and many epochs,
    because an epoch then has few steps; large ones get few epochs of large batches, which keeps a run within minutes.
    ``quick`` trains networks of one rate and one embedding for half the epochs; ``thorough`` wider ones and a third
    rate beside, for twice the epochs.

    The networks are those of RealMLP (Holzmüller, Grinsztajn & Steinwart 2024, arXiv 2407.04491) as far as each
    ingredient is built here; docs/accuracy.md says how to measure what each is worth.
    """
    epochs, patience, batch = next(each for limit, each in EPOCHS if rows < limit)
    path = (0.0, 0.1, 1.0, 10.0, 100.0) if rows < 5_000 and columns < 100 else (0.0, 0.1, 1.0, 10.0, 100.0, 1000.0)
    linear = LinearSearch(
        kind=LINEAR_KIND[task],
        lambda_=path,
        optimizer=_solver(columns),
        degree=(1, 2) if degrees and 0 < numbers <= FEW_COLUMNS else None,
    )
    embedded: tuple[NoEmbedding | Pbld, ...] | None = None
    if 0 < numbers <= FEW_NUMBERS and rows <= HUGE:
        waves = (Pbld(), Pbld(sigma=FAST)) if rows < MANY_ROWS else (Pbld(sigma=FAST), Pbld(sigma=SHARP))
        embedded = (NoEmbedding(), *waves)
        if effort == "quick":
            embedded = embedded[1:2] if rows < FEW_ROWS else None
    network = NetworkSearch(
        layers=_layers(rows, effort),
        activation="mish",
        initializer="lecun",
        dropout=(0.0, 0.1) if rows <= HUGE and effort != "quick" and not amounts else 0.0,
        loss=("squared_error", "poisson") if amounts and rows <= HUGE else "squared_error",
        embedding=embedded,
        rates=Rates(ntk=True, embedding=0.1),
        optimizer=Adam(learning_rate=RATES[effort], beta2=0.95, schedule=Cosine()),
        batch=batch,
    )
    times = TIMES[effort]
    stopping = EarlyStopping(patience=max(1, round(patience * times)))
    return SearchConfig(epochs=max(1, round(epochs * times)), early_stopping=stopping, models=(linear, network))


def _layers(rows: int, effort: Effort) -> tuple[int, ...] | tuple[tuple[int, ...], ...]:
    if rows > HUGE:
        return 128, 64
    usual = (64, 64) if rows < SMALL else (128, 128, 128)
    return (usual, tuple(2 * width for width in usual)) if effort == "thorough" else usual


def _solver(columns: int) -> Lbfgs | Newton:
    return Lbfgs() if columns > WIDE else Newton()

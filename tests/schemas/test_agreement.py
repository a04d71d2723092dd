"""What can be configured is what the mathematics offers; no package imports the other, so this test compares them."""

from typing import Any, get_args

import numpy as np
import pytest

from descent import ml
from descent.ml.network.activations import ACTIVATIONS
from descent.ml.network.initializers import INITIALIZER_OF, VARIANCES
from descent.ml.network.losses import LOSSES
from descent.ml.optimizers.rules import OPTIMIZERS, SOLVERS
from descent.ml.optimizers.schedules import KINDS as SCHEDULE_KINDS
from descent.ml.optimizers.settings import defaults_of
from descent.ml.statistics.metrics import METRICS as ML_METRICS
from descent.ml.statistics.metrics import default_metric
from descent.schemas import KINDS, METRICS, Variant, config_from, expand_variants
from descent.schemas.config.models import TARGETS, Activation, Initializer, NumberLoss
from descent.schemas.config.optimizers import SOLVERS as SOLVER_MODELS
from descent.schemas.config.optimizers import NetworkOptimizer, Optimizer
from descent.schemas.config.schedules import Schedule
from descent.schemas.config.shape import kinds, models_in
from descent.schemas.variants.expansion import STARTS
from descent.schemas.variants.variant import SOLVER_KINDS

KIND_NAMES = [kinds(model)[0] for model in models_in(Optimizer)]


def variant(**keys: Any) -> Variant:
    model = {"kind": "linear", **keys}
    (found,) = expand_variants(config_from({"data": {"source": "a", "target": "y"}, "search": {"models": [model]}}))
    return found


def test_the_same_choices() -> None:
    assert set(get_args(Activation)) == set(ACTIVATIONS)
    assert set(get_args(Initializer)) == set(VARIANCES)
    assert set(get_args(NumberLoss)) <= set(LOSSES)
    assert set(TARGETS) == {name for name in get_args(NumberLoss) if LOSSES[name].targets}
    assert STARTS == INITIALIZER_OF
    assert set(KIND_NAMES) == set(OPTIMIZERS)
    assert set(SOLVERS) == SOLVER_KINDS == {kind for solver in SOLVER_MODELS for kind in kinds(solver)}
    assert [kind for model in models_in(Schedule) for kind in kinds(model)] == list(SCHEDULE_KINDS)
    assert set(KINDS) == set(METRICS) == set(ML_METRICS)


@pytest.mark.parametrize("task", METRICS)
def test_the_same_metrics_and_default(task: str) -> None:
    assert set(METRICS[task]) == set(ML_METRICS[task])
    assert METRICS[task][0] == default_metric(task)


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_the_same_hyperparameters_and_defaults(kind: str) -> None:
    expected = defaults_of(kind)
    if kind == "lbfgs":  # exact for its own tests there, fast enough for large tables here
        expected["tolerance"] = 1e-6
    assert dict(variant(optimizer={"kind": kind}).optimizer.hyper) == expected


def test_what_can_train_a_network_here_can_train_one_there() -> None:
    for kind in KIND_NAMES:
        model = ml.Model(inputs=1, hidden=(2,), outputs=1, task="regression")
        arrays = ml.Arrays(np.ones((4, 1)), np.arange(4.0))
        if kind in {name for part in models_in(NetworkOptimizer) for name in kinds(part)}:
            ml.train(model, kind, [ml.Settings()], arrays, batch=None, epochs=1)
        else:
            with pytest.raises(ml.OptionError, match="for linear models"):
                ml.train(model, kind, [ml.Settings()], arrays, batch=None, epochs=1)


@pytest.mark.parametrize(
    "schedule",
    [
        {"kind": "constant", "warmup": 2},
        {"kind": "step", "every": 3, "factor": 0.5},
        {"kind": "exponential", "rate": 0.9},
        {"kind": "cosine", "final": 0.1, "warmup": 1},
        {"kind": "coslog4", "warmup": 1},
        {"kind": "one_cycle", "initial": 0.1, "rise": 0.2, "final": 0.01},
    ],
)
def test_a_schedule_can_be_handed_over(schedule: dict[str, Any]) -> None:
    found = variant(optimizer={"kind": "sgd", "schedule": schedule}).optimizer.schedule
    assert found is not None
    handed = ml.Schedule(found.kind, warmup=found.warmup, **found.hyper)
    assert {key: getattr(handed, key) for key in schedule} == schedule


def test_any_variant_is_a_model() -> None:
    for model in ({"kind": "linear"}, {"kind": "network", "layers": [3], "activation": "tanh", "residual": True}):
        config = config_from({"data": {"source": "a", "target": "y"}, "search": {"models": [model]}})
        (found,) = expand_variants(config)
        ml.Model(
            inputs=5,
            hidden=found.layers,
            outputs=1,
            task="regression",
            activation=found.activation,
            residual=found.residual,
            initializer=found.initializer,
        )

"""Variants drawn at random."""

from math import log
from statistics import fmean
from typing import Any

import pytest

from descent.schemas import ConfigError, Variant, config_from, expand_variants

NETWORK: dict[str, Any] = {
    "kind": "network",
    "layers": [[16], [64, 32]],
    "lambda": {"log": [1e-3, 10]},
    "batch": {"linear": [10, 20]},
    "optimizer": [
        {"kind": "adam", "learning_rate": {"log": [1e-4, 1e-1]}},
        {"kind": "momentum", "momentum": {"linear": [0.5, 0.9]}, "schedule": {"kind": "step", "every": [2, 4]}},
    ],
}


def sample(count: int, models: list[dict[str, Any]] | None = None, **more: Any) -> tuple[Variant, ...]:
    document = {
        "data": {"source": "a.csv", "target": "y"},
        "search": {"strategy": "random", "samples": count, "models": models or [NETWORK]},
    }
    return expand_variants(config_from(document | more))


def test_a_sample_is_a_function_of_the_seed_and_begins_with_a_shorter_one() -> None:
    assert [v.params() for v in sample(50)][:20] == [v.params() for v in sample(20)]
    assert sample(20) == sample(20) != sample(20, split={"seed": 1})
    assert len({variant.name for variant in sample(200)}) == 200


def test_values_are_spread_as_the_ranges_say() -> None:
    found = sample(2000)
    assert {v.layers for v in found} == {(16,), (64, 32)}
    assert {v.batch for v in found} == set(range(10, 21)) and all(isinstance(v.batch, int) for v in found)
    assert all(1e-3 <= v.lambda_ <= 10 for v in found)
    adam = [v.optimizer.hyper["learning_rate"] for v in found if v.optimizer.kind == "adam"]
    momenta = [v.optimizer.hyper["momentum"] for v in found if v.optimizer.kind == "momentum"]
    assert 850 < len(adam) < 1150  # half of them: 1000 ± 22
    # The mean of a uniform number on [0, 1] from n draws has the standard error 1/√(12 n), here 0.009.
    assert fmean(log(v.lambda_ / 1e-3) / log(1e4) for v in found) == pytest.approx(0.5, abs=0.03)
    assert fmean((one - 0.5) / 0.4 for one in momenta) == pytest.approx(0.5, abs=0.04)


def test_families_have_the_same_probability_and_lists_are_drawn_from() -> None:
    linear = {"kind": "linear", "lambda": {"log": [1e-3, 10], "count": 5}}
    found = sample(400, [linear, NETWORK])
    assert {v.lambda_ for v in found if v.kind == "linear"} == {0.001, 0.01, 0.1, 1.0, 10.0}  # the others are repeats
    assert len(found) == 400


def test_a_search_with_fewer_variants_gives_all_of_them() -> None:
    assert len(sample(100, [{"kind": "linear", "lambda": [0, 1, 2]}])) == 3


def test_random_draws_sixty_and_halving_all_unless_told_otherwise() -> None:
    base = {"data": {"source": "a.csv", "target": "y"}}
    models = [{"kind": "network", "layers": [4], "lambda": {"log": [1e-3, 10], "count": 100}}]
    assert len(expand_variants(config_from(base | {"search": {"strategy": "random", "models": models}}))) == 60
    halving = {"strategy": "halving", "models": models}
    assert len(expand_variants(config_from(base | {"search": halving}))) == 100
    assert len(expand_variants(config_from(base | {"search": halving | {"samples": 9}}))) == 9


def test_every_range_without_a_count_is_told_of_at_once() -> None:
    document = {"data": {"source": "a.csv", "target": "y"}, "search": {"models": [NETWORK]}}
    with pytest.raises(ConfigError) as caught:
        config_from(document)
    assert [problem.key for problem in caught.value.problems] == [
        "search.models[0].lambda.count",
        "search.models[0].optimizer[0].learning_rate.count",
        "search.models[0].optimizer[1].momentum.count",
        "search.models[0].batch.count",
    ]

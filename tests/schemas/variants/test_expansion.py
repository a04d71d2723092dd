"""From a search to its variants and their names."""

import pickle
from typing import Any

import pytest

from descent.schemas import (
    ConfigError,
    LinearRange,
    LogRange,
    ScheduleSettings,
    Variant,
    config_from,
    expand_variants,
    fleet_key,
)


def variants(*models: dict[str, Any], **sections: Any) -> tuple[Variant, ...]:
    """The variants of some models; other sections by name."""
    search = {**sections.pop("search", {}), "models": list(models)}
    return expand_variants(config_from({"data": {"source": "a.csv", "target": "y"}, "search": search, **sections}))


def names(*models: dict[str, Any], **sections: Any) -> list[str]:
    return [variant.name for variant in variants(*models, **sections)]


def network(**keys: Any) -> dict[str, Any]:
    return {"kind": "network", "layers": [8], **keys}


# Ranges.


def test_a_log_range_has_equal_factors_and_short_numbers() -> None:
    assert LogRange(log=(0.001, 10), count=5).values() == (0.001, 0.01, 0.1, 1.0, 10.0)
    assert LogRange(log=(1, 2), count=3).values() == (1.0, 1.41421, 2.0)


def test_a_linear_range_has_equal_steps() -> None:
    assert LinearRange(linear=(0.1, 0.3), count=3).values() == (0.1, 0.2, 0.3)


def test_a_range_of_whole_numbers_is_rounded_and_each_kept_once() -> None:
    found = variants(network(batch={"log": [16, 256], "count": 5}))
    assert [variant.batch for variant in found] == [16, 32, 64, 128, 256]
    found = variants({"kind": "linear"}, features={"degree": {"linear": [1, 3], "count": 5}})
    assert [variant.features.degree for variant in found] == [1, 2, 3]
    assert all(type(variant.features.degree) is int for variant in found)


# Names.


def test_a_lone_variant_is_called_for_what_it_is() -> None:
    assert names({"kind": "softmax", "lambda": 0}) == ["softmax · λ=0"]
    deep = {"kind": "network", "layers": [64, 32], "lambda": 0.1}
    assert names(deep, features={"degree": 2}) == ["64-32 relu · adam · λ=0.1 · deg 2"]


def test_beyond_that_a_name_says_only_what_differs_within_the_kind() -> None:
    assert names({"kind": "linear", "lambda": [0, 0.1]}, network(**{"lambda": 1})) == [
        "linear · λ=0",
        "linear · λ=0.1",
        "8 relu · adam · λ=1",
    ]
    assert names({"kind": "linear", "lambda": 0}, features={"degree": [1, 2], "scale": ["none", "robust"]}) == [
        "linear · λ=0 · deg 1 · scale none",
        "linear · λ=0 · deg 1 · scale robust",
        "linear · λ=0 · deg 2 · scale none",
        "linear · λ=0 · deg 2 · scale robust",
    ]


def test_numbers_of_an_optimizer_are_shown_where_they_differ_among_its_own() -> None:
    sweep = [{"kind": "adam", "learning_rate": [0.001, 0.01]}, {"kind": "momentum"}, {"kind": "lbfgs"}]
    assert names(network(optimizer=sweep)) == [
        "8 relu · adam · λ=0 · lr=0.001 · batch 128",
        "8 relu · adam · λ=0 · lr=0.01 · batch 128",
        "8 relu · momentum · λ=0 · batch 128",
        "8 relu · lbfgs · λ=0 · batch full",
    ]


def test_every_kind_of_setting_has_its_word() -> None:
    adam = {
        "kind": "adam",
        "schedule": [{"kind": "cosine", "warmup": [0, 2]}, {"kind": "constant"}],
        "clip_norm": [0.5, 1],
    }
    found = names(
        network(residual=[False, True], activation=["relu", "tanh"], optimizer=adam, seed=[0, 1], batch=["full", 8])
    )
    assert len(set(found)) == len(found) == 2 * 2 * 3 * 2 * 2 * 2
    assert found[0] == "8 relu · he · adam · λ=0 · cosine · warmup=0 · clip=0.5 · batch full · seed 0"
    assert found[-1] == ("8 tanh residual · glorot · adam · λ=0 · constant · warmup=0 · clip=1 · batch 8 · seed 1")


def test_close_numbers_keep_apart() -> None:
    assert names({"kind": "linear", "lambda": [0.1234567, 0.1234568, 1e-20, 1e6]}) == [
        "linear · λ=0.1234567",
        "linear · λ=0.1234568",
        "linear · λ=1e-20",
        "linear · λ=1e+06",
    ]


def test_the_same_search_in_another_order_gives_the_same_names() -> None:
    forward = names({"kind": "linear", "lambda": [0, 1]}, network(**{"lambda": [1, 2]}))
    backward = names(network(**{"lambda": [2, 1]}), {"kind": "linear", "lambda": [1, 0]})
    assert sorted(forward) == sorted(backward)


# Order and content.


def test_the_order_is_that_of_writing_with_lambda_changing_fastest() -> None:
    found = variants(
        {"kind": "linear", "lambda": [1, 0]},
        network(layers=[[4], [2, 2]], optimizer={"kind": "sgd", "learning_rate": [0.1, 0.01]}, **{"lambda": [1, 0]}),
        features={"degree": [2, 1]},
    )
    assert [
        (v.kind, v.features.degree, v.layers, v.optimizer.hyper.get("learning_rate"), v.lambda_) for v in found
    ] == [("linear", degree, (), None, lambda_) for degree in (2, 1) for lambda_ in (1.0, 0.0)] + [
        ("network", degree, layers, rate, lambda_)
        for degree in (2, 1)
        for layers in ((4,), (2, 2))
        for rate in (0.1, 0.01)
        for lambda_ in (1.0, 0.0)
    ]


def test_exact_duplicates_are_dropped() -> None:
    assert names({"kind": "linear", "lambda": [0, 0.0, 1]}, {"kind": "linear", "lambda": 1}) == [
        "linear · λ=0",
        "linear · λ=1",
    ]
    assert len(variants(network(optimizer={"kind": "adam", "schedule": {"kind": "constant"}}), network())) == 1


def test_what_is_not_written_is_filled_in() -> None:
    (linear,) = variants({"kind": "linear"}, split={"seed": 7})
    assert (linear.layers, linear.batch, linear.optimizer.kind, linear.seed) == ((), "full", "newton", 7)
    assert dict(linear.optimizer.hyper) == {"history": 10, "tolerance": 1e-8}
    first, second = variants(network(activation=["gelu", "sigmoid"]), search={"early_stopping": None})
    assert (first.initializer, second.initializer) == ("he", "glorot")
    assert (first.batch, first.patience, first.min_delta, first.epochs) == (128, None, 0.0, 200)
    assert dict(first.optimizer.hyper) == {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    (sgd,) = variants({"kind": "logistic", "optimizer": {"kind": "sgd"}})
    assert sgd.batch == 128


@pytest.mark.parametrize("kind", ["lbfgs", "newton"])
def test_a_solver_ends_by_itself(kind: str) -> None:
    solver, adam = variants(
        {"kind": "linear", "optimizer": [{"kind": kind, "iterations": 90}, {"kind": "adam"}]}, search={"epochs": 7}
    )
    assert (solver.epochs, solver.patience, adam.epochs, adam.patience) == (90, None, 7, 20)
    assert (solver.batch, adam.batch) == ("full", 128)
    two = [{"kind": "linear", "optimizer": {"kind": kind, "iterations": count}} for count in (5, 50)]
    assert names(*two) == ["linear · λ=0 · epochs 5", "linear · λ=0 · epochs 50"]


def test_a_schedule_keeps_its_numbers() -> None:
    schedule = {"kind": "step", "every": [10, 20], "factor": 0.5, "warmup": 3}
    found = variants(network(optimizer={"kind": "adam", "schedule": schedule}))
    assert [variant.optimizer.schedule for variant in found] == [
        ScheduleSettings("step", 3, {"every": every, "factor": 0.5}) for every in (10, 20)
    ]
    assert [variant.name for variant in found] == [f"8 relu · adam · λ=0 · every={every}" for every in (10, 20)]


def test_parameters_are_flat_and_only_those_that_mean_something() -> None:
    linear, net = variants(
        {"kind": "linear"},
        network(layers=[32, 16], optimizer={"kind": "sgd", "schedule": {"kind": "exponential", "rate": 0.9}}),
    )
    features = {
        "degree": 1,
        "scale": "standard",
        "impute": "median",
        "encode": "target",
        "max_levels": 50,
        "rare": 0.01,
    }
    training = {"epochs": 200, "patience": 20, "min_delta": 0.0}
    assert linear.params() == {
        "kind": "linear",
        "lambda": 0.0,
        "optimizer": "newton",
        "history": 10,
        "tolerance": 1e-8,
        "batch": "full",
        "epochs": 500,
        **features,
        "seed": 0,
    }
    assert net.params() == {
        "kind": "network",
        "layers": "32-16",
        "activation": "relu",
        "residual": False,
        "initializer": "he",
        "lambda": 0.0,
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "schedule": "exponential",
        "warmup": 0,
        "rate": 0.9,
        "batch": 128,
        **training,
        **features,
        "seed": 0,
    }


def test_interactions_are_swept_where_there_are_products() -> None:
    found = variants({"kind": "linear"}, features={"degree": [1, 2, 3], "interaction_only": [True, False]})
    assert [(v.features.degree, v.features.interaction_only) for v in found] == [
        (1, False),
        (2, True),
        (2, False),
        (3, True),
        (3, False),
    ]
    assert found[1].name == "linear · λ=0 · deg 2 · interactions only"
    assert found[2].name == "linear · λ=0 · deg 2 · interactions and powers"
    assert found[1].params()["interaction_only"] is True
    assert "interaction_only" not in found[0].params()


def test_encodings_are_swept_and_named() -> None:
    found = variants({"kind": "linear"}, features={"encode": ["target", "ordinal", "one_hot"]})
    assert [variant.name for variant in found] == [
        f"linear · λ=0 · encode {kind}" for kind in ("target", "ordinal", "one_hot")
    ]


def test_ingredients_of_a_network_are_swept_named_and_told_where_they_are_used() -> None:
    rates = {"bias": [1, 0.1], "scale": 6, "ntk": True}
    found = variants(network(input_scale=[False, True], dropout=[0, 0.25], label_smoothing=0.1, rates=rates))
    assert len(found) == 8
    assert found[0].name == "8 relu · adam · input_scale=false · λ=0 · dropout=0 · bias_rate=1"
    assert found[-1].name == "8 relu · adam · input_scale=true · λ=0 · dropout=0.25 · bias_rate=0.1"
    used = {"input_scale", "dropout", "label_smoothing", "bias_rate", "scale_rate", "ntk"}
    told = {name: value for name, value in found[-1].params().items() if name in used}
    assert told == {
        "input_scale": True,
        "dropout": 0.25,
        "label_smoothing": 0.1,
        "bias_rate": 0.1,
        "scale_rate": 6,
        "ntk": True,
    }
    assert used.isdisjoint(variants(network())[0].params())


def test_embeddings_are_swept_and_named_by_kind_and_numbers() -> None:
    found = variants(network(embedding=[{"kind": "none"}, {"kind": "pbld", "sigma": [0.1, 1.0]}]))
    assert [variant.name for variant in found] == [
        "8 relu · adam · no embedding · λ=0",
        "8 relu · adam · pbld · sigma=0.1 · λ=0",
        "8 relu · adam · pbld · sigma=1 · λ=0",
    ]
    assert "embedding" not in found[0].params()
    told = found[2].params()
    assert (told["embedding"], told["waves"], told["width"], told["sigma"]) == ("pbld", 16, 3, 1.0)
    assert len({fleet_key(variant) for variant in found}) == 3
    assert len(variants(network(embedding={"kind": "pbld"}, layers=[[8]]), search={"epochs": 3})) == 1


def test_a_variant_is_a_hashable_value_that_travels() -> None:
    found = variants(network(**{"lambda": [0, 1]}))
    assert len(set(found)) == 2
    assert pickle.loads(pickle.dumps(found)) == found


# Fleets.


def test_what_may_differ_within_a_fleet() -> None:
    adam = {
        "kind": "adam",
        "learning_rate": [0.1, 0.2],
        "clip_norm": [1, 2],
        "schedule": {"kind": "cosine", "final": [0, 0.1]},
    }
    more = {"dropout": [0, 0.1], "label_smoothing": [0, 0.1], "rates": {"bias": [1, 0.1], "ntk": [False, True]}}
    found = variants(network(optimizer=adam, seed=[0, 1], **more, **{"lambda": [0, 1]}))
    assert len(found) == 32 * 16
    assert len({fleet_key(variant) for variant in found}) == 1


@pytest.mark.parametrize(
    ("model", "sections"),
    [
        (network(layers=[[8], [4]]), {}),
        (network(activation=["relu", "gelu"]), {}),
        (network(residual=[True, False]), {}),
        (network(initializer=["he", "lecun"]), {}),
        (network(batch=[8, "full"]), {}),
        (network(input_scale=[False, True]), {}),
        (network(loss=["squared_error", "poisson"]), {}),
        (network(optimizer=[{"kind": "adam"}, {"kind": "adamw"}]), {}),
        (network(optimizer={"kind": "adam", "schedule": [{"kind": "cosine"}, {"kind": "constant"}]}), {}),
        (network(), {"features": {"degree": [1, 2]}}),
        (network(), {"features": {"impute": ["mean", "median"]}}),
    ],
)
def test_what_must_agree_within_a_fleet(model: dict[str, Any], sections: dict[str, Any]) -> None:
    found = variants(model, **sections)
    assert len({fleet_key(variant) for variant in found}) == len(found) == 2


def test_a_path_of_lambda_with_newton_is_one_fleet_and_other_solvers_are_others() -> None:
    optimizers = [{"kind": "newton", "history": [5, 10]}, {"kind": "lbfgs"}, {"kind": "newton", "iterations": 9}]
    found = variants({"kind": "linear", "lambda": [0, 0.1, 1], "optimizer": optimizers})
    fleets = [fleet_key(variant) for variant in found]
    assert len(found) == 4 * 3
    assert [fleets.count(key) for key in dict.fromkeys(fleets)] == [6, 3, 3]


# Limits.


def test_a_search_without_models_cannot_be_expanded() -> None:
    with pytest.raises(ConfigError, match=r"^search\.models: not given: write the models to train"):
        expand_variants(config_from({"data": {"source": "a.csv", "target": "y"}}))


def test_a_search_that_explodes_is_an_error_and_not_a_wait() -> None:
    thousand = {"log": [1e-9, 1e9], "count": 1000}
    with pytest.raises(ConfigError, match=r"^search\.models\[1\]: the search has more than 10,000 variants"):
        variants(
            {"kind": "linear"}, network(optimizer={"kind": "sgd", "learning_rate": thousand}, **{"lambda": thousand})
        )

"""Laws that hold for any configuration, checked on random ones."""

from math import prod
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from descent.schemas import config_from, expand_variants, fleet_key, to_yaml
from descent.schemas.text.yaml import read_text

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12)


def several(values: SearchStrategy[Any], most: int = 3) -> SearchStrategy[Any]:
    """One value, or a list of different ones."""
    return st.one_of(values, st.lists(values, min_size=1, max_size=most, unique_by=repr))


def numbers(low: float, high: float) -> SearchStrategy[Any]:
    return several(st.floats(low, high, allow_subnormal=False))


OPTIMIZER = st.one_of(
    st.fixed_dictionaries({"kind": st.just("sgd")}, optional={"learning_rate": numbers(1e-6, 10)}),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["momentum", "nesterov"])},
        optional={"learning_rate": numbers(1e-6, 10), "momentum": numbers(0, 0.99), "clip_norm": numbers(0.1, 9)},
    ),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["adam", "adamw"])},
        optional={
            "beta1": numbers(0, 0.99),
            "schedule": several(
                st.one_of(
                    st.fixed_dictionaries(
                        {"kind": st.just("constant")}, optional={"warmup": several(st.integers(0, 9))}
                    ),
                    st.fixed_dictionaries({"kind": st.just("cosine")}, optional={"final": numbers(0, 1)}),
                    st.fixed_dictionaries({"kind": st.just("step"), "every": several(st.integers(1, 9))}),
                ),
                2,
            ),
        },
    ),
)
LAMBDA = st.one_of(
    numbers(0, 1e6),
    st.builds(
        lambda low, factor, count: {"log": [low, low * factor], "count": count},
        st.floats(1e-6, 1e3),
        st.floats(1.5, 1e3),
        st.integers(2, 5),
    ),
)
LINEAR = st.fixed_dictionaries(
    {"kind": st.just("linear")}, optional={"lambda": LAMBDA, "seed": several(st.integers(0, 9))}
)
LAYERS = st.lists(st.integers(1, 512), min_size=1, max_size=3)
NETWORK = st.fixed_dictionaries(
    {"kind": st.just("network"), "layers": st.one_of(LAYERS, st.lists(LAYERS, min_size=1, max_size=2))},
    optional={
        "activation": several(st.sampled_from(["relu", "tanh", "gelu"]), 2),
        "residual": several(st.booleans(), 2),
        "initializer": several(st.sampled_from(["he", "glorot", "lecun"]), 2),
        "lambda": LAMBDA,
        "batch": several(st.one_of(st.integers(1, 999), st.just("full")), 2),
        "optimizer": several(OPTIMIZER, 2),
    },
)
FEATURES = st.fixed_dictionaries(
    {},
    optional={
        "degree": several(st.integers(1, 5), 2),
        "scale": several(st.sampled_from(["standard", "none"]), 2),
        "rare": st.floats(0, 0.49),
    },
)


@st.composite
def documents(draw: DrawFn) -> dict[str, Any]:
    target = draw(TEXT)
    columns = st.lists(TEXT.filter(lambda column: column != target), max_size=3)
    optional: dict[str, SearchStrategy[Any]] = {
        "name": TEXT,
        "features": FEATURES,
        "split": st.fixed_dictionaries(
            {}, optional={"seed": st.integers(0, 2**40), "by": st.sampled_from(["time", "group"])}
        ),
        "search": st.fixed_dictionaries(
            {"models": st.lists(st.one_of(LINEAR, NETWORK), min_size=1, max_size=2)},
            optional={
                "epochs": st.integers(1, 10**6),
                "early_stopping": st.one_of(
                    st.none(), st.fixed_dictionaries({}, optional={"min_delta": st.floats(0, 1)})
                ),
            },
        ),
        "diagnose": st.fixed_dictionaries({}, optional={"baseline": st.floats(-1e9, 1e9)}),
        "compute": st.fixed_dictionaries({"workers": st.one_of(st.just("auto"), st.integers(1, 64))}),
    }
    data = st.fixed_dictionaries(
        {"source": TEXT, "target": st.just(target)},
        optional={"exclude": columns, "missing": st.lists(st.text("ab-9?~: #", max_size=4), max_size=2)},
    )
    return draw(st.fixed_dictionaries({"data": data}, optional=optional))


def size(sweep: Any) -> int:
    return sweep["count"] if isinstance(sweep, dict) else len(sweep) if isinstance(sweep, list) else 1


@quick
@given(documents())
def test_yaml_of_a_configuration_is_that_configuration(document: dict[str, Any]) -> None:
    config = config_from(document)
    for comments in (True, False):
        value, _ = read_text(to_yaml(config, comments=comments, folder=Path("/somewhere")))
        assert config_from(value) == config


@quick
@given(LAMBDA, st.lists(LAYERS, min_size=1, max_size=3, unique_by=tuple), numbers(1e-6, 1), several(st.integers(1, 5)))
def test_the_number_of_variants_is_the_product_of_the_sweeps(lambda_: Any, layers: Any, rate: Any, degree: Any) -> None:
    model = {
        "kind": "network",
        "layers": layers,
        "lambda": lambda_,
        "optimizer": {"kind": "sgd", "learning_rate": rate},
    }
    document = {"data": {"source": "a", "target": "y"}, "features": {"degree": degree}, "search": {"models": [model]}}
    found = expand_variants(config_from(document))
    assert len(found) == prod(map(size, (lambda_, layers, rate, degree)))


@quick
@given(documents().filter(lambda document: "search" in document))
def test_variants_are_distinct_in_name_and_value_and_the_same_every_time(document: dict[str, Any]) -> None:
    found = expand_variants(config_from(document))
    assert found == expand_variants(config_from(document))
    assert len({variant.name for variant in found}) == len(set(found)) == len(found)
    assert all(variant.name.isprintable() and len(variant.name) < 250 for variant in found)
    for variant in found:
        assert hash(fleet_key(variant)) == hash(fleet_key(variant))
        assert all(isinstance(value, str | int | float | bool) for value in variant.params().values())

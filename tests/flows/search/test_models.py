"""A variant of a configuration as the mathematics wants it."""

from typing import Any

from descent import ml
from descent.flows.search.models import model_of, settings_of
from descent.schemas import Variant, config_from, expand_variants


def variant(**keys: Any) -> Variant:
    model = {"kind": "network", "layers": [8, 4], **keys}
    config = config_from({"data": {"source": "a", "target": "y"}, "search": {"models": [model]}})
    (found,) = expand_variants(config)
    return found


def test_a_plain_network_has_the_defaults_of_ml() -> None:
    assert model_of(variant(), 5, 1, "binary", 3, 2.0) == ml.Model(5, (8, 4), 1, "binary")
    assert settings_of(variant()) == ml.Settings(learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8)


def test_every_ingredient_arrives() -> None:
    found = variant(
        activation="mish",
        input_scale=True,
        dropout=0.25,
        label_smoothing=0.1,
        rates={"bias": 0.1, "scale": 6, "embedding": 0.2, "ntk": True},
        embedding={"kind": "pbld", "waves": 8},
        optimizer={"kind": "adam", "beta2": 0.95, "schedule": {"kind": "one_cycle", "rise": 0.2}},
    )
    expected = ml.Model(5, (8, 4), 1, "binary", "mish", input_scale=True, embedding=ml.Embedding(3, 8, 3, 0.1))
    assert model_of(found, 5, 1, "binary", 3, 2.0) == expected
    assert model_of(found, 5, 1, "binary", 0, 2.0).embedding is None  # categories alone: nothing to embed
    settings = settings_of(found)
    assert (settings.dropout, settings.label_smoothing, settings.beta2) == (0.25, 0.1, 0.95)
    assert (settings.bias_rate, settings.scale_rate, settings.embedding_rate, settings.ntk) == (0.1, 6, 0.2, True)
    assert settings.schedule == ml.Schedule("one_cycle", rise=0.2)


def test_a_loss_with_a_log_link_knows_where_the_target_has_its_zero() -> None:
    expected = ml.Model(5, (8, 4), 1, "regression", loss="poisson", shift=2.0)
    assert model_of(variant(loss="poisson"), 5, 1, "regression", 3, 2.0) == expected
    assert model_of(variant(), 5, 1, "regression", 3, 2.0) == ml.Model(5, (8, 4), 1, "regression")

"""A model that answers many times says what it says when asked once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from descent import ml
from descent.ml.errors import OptionError
from descent.ml.network.blocks import BLOCK
from descent.ml.prediction import Forward, outputs, predict_proba

MODELS = [
    ml.Model(inputs=5, hidden=(7, 3)),
    ml.Model(inputs=5, task="binary", activation="tanh"),
    ml.Model(inputs=5, hidden=(6,), outputs=3, task="multiclass", activation="gelu", residual=True),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.task)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_kept_buffers_change_no_bit_also_in_many_threads(model: ml.Model, dtype: type) -> None:
    rng = np.random.default_rng(0)
    parameters = rng.normal(size=model.size).astype(dtype)
    forward = Forward(model, parameters)
    tables = [rng.normal(size=(rows, 5)) for rows in (1, 2, BLOCK, BLOCK + 1, 3 * BLOCK + 5, 1, 17) * 6]
    wanted = [outputs(model, parameters, x) for x in tables]
    with ThreadPoolExecutor(4) as pool:
        for found, expected in zip(pool.map(forward.outputs, tables), wanted, strict=True):
            np.testing.assert_array_equal(found, expected, strict=True)
    if model.task == "regression":
        with pytest.raises(OptionError, match="no class probabilities"):
            forward.probabilities(tables[0])
    else:
        np.testing.assert_array_equal(forward.probabilities(tables[4]), predict_proba(model, parameters, tables[4]))


def test_an_answer_is_not_overwritten_by_the_next() -> None:
    model = MODELS[0]
    forward = Forward(model, np.ones(model.size, np.float32))
    first = forward.outputs(np.ones((3, 5)))
    kept = first.copy()
    forward.outputs(np.zeros((3, 5)))
    np.testing.assert_array_equal(first, kept)

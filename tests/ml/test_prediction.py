"""A model that answers many times says what it says when asked once, and of a row the same in any company."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from descent import ml
from descent.ml.errors import OptionError
from descent.ml.prediction import ROWS, Forward, outputs, predict_proba

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
    tables = [rng.normal(size=(rows, 5)) for rows in (1, 2, ROWS, ROWS + 1, 30 * ROWS + 5, 1, 17) * 6]
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


PIECES = """
import numpy as np
from threadpoolctl import threadpool_info
from descent import ml
from descent.ml.network.model import Embedding
from descent.ml.prediction import ROWS, Forward

rng = np.random.default_rng(0)
for hidden, outputs, task, more in [
    ((), 1, "regression", {}), ((1,), 1, "binary", {}), ((7, 3), 1, "regression", {}), ((9, 130), 3, "multiclass", {}),
    ((64, 32), 1, "binary", {"activation": "tanh"}), ((20, 20), 2, "regression", {"residual": True}),
    ((16,), 1, "regression", {"activation": "mish", "input_scale": True, "embedding": Embedding(1)}),
]:
    for inputs in (1, 40):
        for dtype in ("float32", "float64"):
            model = ml.Model(inputs, hidden, outputs, task, **more)
            forward = Forward(model, rng.normal(size=model.size).astype(dtype))
            x = rng.normal(size=(4 * ROWS + 40, inputs))
            whole = forward.outputs(x)
            for size in (1, 7, 300):
                pieces = np.concatenate([forward.outputs(x[i : i + size]) for i in range(0, len(x), size)])
                assert np.array_equal(pieces, whole), (model, dtype, size)
            if task != "regression":
                one = np.concatenate([forward.probabilities(row[None]) for row in x])
                assert np.array_equal(one, forward.probabilities(x)), (model, dtype)
(kernels,) = {found["architecture"] for found in threadpool_info() if found["internal_api"] == "openblas"}
print(kernels)
"""


@pytest.mark.parametrize("kernels", ["", "Nehalem", "Haswell", "SkylakeX"])
def test_a_row_has_the_same_bits_in_any_piece_with_the_kernels_of_any_processor(kernels: str) -> None:
    environment = os.environ | ({"OPENBLAS_CORETYPE": kernels} if kernels else {})
    done = subprocess.run([sys.executable, "-c", PIECES], env=environment, capture_output=True, text=True, check=False)
    if done.returncode == -signal.SIGILL:
        pytest.skip(f"this processor cannot run OpenBLAS's kernels for {kernels}")
    assert done.returncode == 0, done.stderr
    if kernels not in ("", done.stdout.strip()):
        pytest.skip(f"this processor cannot run OpenBLAS's kernels for {kernels}: these were for {done.stdout.strip()}")

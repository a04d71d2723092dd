"""How long an epoch takes is found on any form of the rows that training accepts."""

from pathlib import Path

import numpy as np
import pytest

from descent import ml
from descent.ml.chunks import Chunk, Sources
from descent.ml.probing import probe_pair


@pytest.mark.parametrize("ones", [False, True], ids=["plain", "with a last column of ones"])
@pytest.mark.parametrize("optimizer", ["adam", "newton"])
def test_rows_of_files_are_probed_in_both_forms(ones: bool, optimizer: str, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(5000, 4)).astype(np.float32)
    np.save(tmp_path / "y.npy", x[:, 0] - x[:, 1])
    np.save(tmp_path / "x.npy", np.hstack([x, np.ones((5000, 1), np.float32)]) if ones else x)
    rows = Sources(*(tmp_path / f"{name}.npy" for name in ("x", "y", "x", "y")))
    settings = (ml.Settings(), ml.Settings(lam=1.0))
    alone, more = probe_pair(Chunk(ml.Model(4), optimizer, settings, rows, 32 if optimizer == "adam" else None))
    assert alone > 0
    assert more >= 0

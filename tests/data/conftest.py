"""Tables made in memory, and the settings that features are made with."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from descent.data import Inference, Table, infer
from descent.schemas import FeatureSettings


@pytest.fixture(scope="session")
def settings() -> Callable[..., FeatureSettings]:
    return partial(FeatureSettings, max_levels=20)


@pytest.fixture(scope="session")
def ask() -> Callable[..., tuple[pd.DataFrame, Inference]]:
    """`infer` on a frame instead of a file."""

    def ask(frame: pd.DataFrame, target: str = "y", **options: Any) -> tuple[pd.DataFrame, Inference]:
        return infer(Table(frame, "", Path("t.csv")), target, **options)

    return ask


@pytest.fixture
def houses() -> pd.DataFrame:
    """Numbers with holes, categories with holes and rare ones, whole numbers, dates and a number to predict."""
    rng = np.random.default_rng(0)
    m = 200
    size = rng.normal(100, 20, m).round(1)
    frame = pd.DataFrame(
        {
            "size": np.where(rng.random(m) < 0.1, np.nan, size),
            "rooms": rng.integers(1, 8, m),
            "town": rng.choice(["Ulm", "Bonn", "Köln"], m, p=[0.6, 0.39, 0.01]),
            "heating": pd.Series(rng.choice(["gas", "oil", None], m), dtype="str"),
            "sold": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 800, m), unit="D"),
        }
    )
    return frame.assign(y=size * 3 + frame["rooms"] * 10 + rng.normal(0, 5, m))

"""Tables whose truth is known."""

from pathlib import Path

import numpy as np
import pandas as pd

CITIES = np.array(["Ulm", "Gera", "Bonn"])


def prices(rows: int = 200) -> pd.DataFrame:
    """A price that is a line through the area, a level per city, and noise; some areas are missing."""
    rng = np.random.default_rng(1)
    area, city = rng.uniform(30, 200, rows), rng.choice(CITIES, rows)
    price = 3000 * area + 50_000 * (city == "Ulm") + rng.normal(0, 20_000, rows)
    table = pd.DataFrame({"area": area.round(2), "city": city, "noise": rng.normal(size=rows).round(4)})
    table.loc[rng.choice(rows, 7, replace=False), "area"] = np.nan
    return table.assign(price=price.round(2))


def churn(rows: int = 240) -> pd.DataFrame:
    """Who stays and who leaves: a line through two columns decides, nearly always."""
    rng = np.random.default_rng(2)
    months, calls = rng.normal(24, 8, rows).round(2), rng.normal(5, 2, rows).round(3)
    leaves = calls - months / 6 + rng.normal(0, 0.4, rows) > 1
    return pd.DataFrame({"months": months, "calls": calls, "churn": np.where(leaves, "leaves", "stays")})


def write(table: pd.DataFrame, path: Path) -> Path:
    """Write a table as its suffix says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    else:
        table.to_csv(path, index=False)
    return path

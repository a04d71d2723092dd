"""Make the sample tables again: ``python data/samples/make.py path/to/penguins_raw.csv`` (see README.md beside it)."""

import sys
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_diabetes

HERE = Path(__file__).parent
NAMES = {
    "Species": "species",
    "Island": "island",
    "Culmen Length (mm)": "bill_length_mm",
    "Culmen Depth (mm)": "bill_depth_mm",
    "Flipper Length (mm)": "flipper_length_mm",
    "Body Mass (g)": "body_mass_g",
    "Sex": "sex",
}


def penguins(raw: Path) -> pd.DataFrame:
    """The curated columns of ``penguins_raw.csv``, 344 birds, with its cell texts kept where nothing is shortened."""
    # "." stands once where a sex is unknown; the package's curated table has NA there too.
    cells = pd.read_csv(raw, dtype=str, na_values=["NA", "."], keep_default_na=False)
    table = cells.rename(columns=NAMES)[list(NAMES.values())]
    return table.assign(
        species=table["species"].str.split().str[0],
        sex=table["sex"].str.lower(),
        year=cells["Date Egg"].str[:4],
    )


def diabetes() -> pd.DataFrame:
    """scikit-learn's bundled table in its raw units, with a running number in front."""
    table: pd.DataFrame = load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": "progression"})
    whole = [name for name in table if (table[name] % 1 == 0).all()]
    table = table.astype(dict.fromkeys(whole, int))
    table.insert(0, "id", range(1, len(table) + 1))
    return table


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    penguins(Path(sys.argv[1])).to_csv(HERE / "penguins.csv", index=False, na_rep="NA", lineterminator="\n")
    diabetes().to_csv(HERE / "diabetes.csv", index=False, lineterminator="\n")

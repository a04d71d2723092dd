"""Which columns of a table go into a model, by what becomes of them."""

from dataclasses import dataclass
from typing import Any, Self

from descent.data.reading.dialect import UNSAID, Dialect


@dataclass(frozen=True)
class Columns:
    """Which columns of a table go in, by what becomes of them."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    """Categories that become one column per level."""
    dates: tuple[str, ...]
    calendar: tuple[tuple[str, str], ...]
    """(column, part) for each calendar feature, such as ("sold_at", "weekday")."""
    missing: tuple[str, ...] = ()
    """Texts that mean no value, beside an empty cell and ``?``."""
    coded: tuple[str, ...] = ()
    """Categories of many levels, which become numbers: see `levels.coder`."""
    keep: tuple[str, ...] = ()
    """Texts that usually mean no value in a CSV, but are values in columns of texts."""
    dialect: Dialect = UNSAID
    """What the user said of how a CSV is written, for new rows that come in one."""

    @property
    def all(self) -> tuple[str, ...]:
        """Every column that is needed."""
        return (*self.numeric, *self.categorical, *self.coded, *self.dates)

    @property
    def schema(self) -> dict[str, str]:
        """Every column that is needed, by kind: ``double``, ``string`` or ``datetime``."""
        kinds = dict.fromkeys(self.numeric, "double") | dict.fromkeys((*self.categorical, *self.coded), "string")
        return kinds | dict.fromkeys(self.dates, "datetime")

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Self:
        """What `dataclasses.asdict` gave, from JSON. Raises `KeyError`, `TypeError` or `ValueError` for else."""
        calendar = tuple((str(column), str(part)) for column, part in stored["calendar"])
        return cls(
            tuple(stored["numeric"]), tuple(stored["categorical"]), tuple(stored["dates"]), calendar,
            tuple(stored["missing"]), tuple(stored.get("coded", ())), tuple(stored.get("keep", ())),
            Dialect.from_dict(stored.get("dialect", {})),
        )  # fmt: skip

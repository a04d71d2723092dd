"""Which columns of a table go into a model, by what becomes of them."""

from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Self

from descent.data.reading.dialect import UNSAID, Dialect
from descent.data.spelling.kinds import Dates, Levels, Numbers, Spelling, from_dict, is_usual, to_dict
from descent.data.spelling.marks import texts_of_none


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
    """Texts that usually mean no value, but are values in columns of texts."""
    spellings: tuple[tuple[str, Spelling], ...] = ()
    """(column, how its cells are written), where it is not as usual."""
    dialect: Dialect = UNSAID
    """What the user said of how a CSV is written, for new rows that come in one."""
    sparse: tuple[str, ...] = ()
    """Columns of numbers or dates that are mostly empty: whether there is a value is a feature of its own."""

    @property
    def all(self) -> tuple[str, ...]:
        """Every column that is needed."""
        return (*self.numeric, *self.categorical, *self.coded, *self.dates)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Names of the numbers that features are made of, in their order: numbers, parts of dates, values given."""
        parts = (f"{column} {part}" for column, part in self.calendar)
        return (*self.numeric, *parts, *(f"{column} given" for column in self.sparse))

    @cached_property
    def sparse_at(self) -> tuple[int, ...]:
        """Where a number, or the first part of a date, of each mostly empty column stands among the `inputs`."""
        owners = [*self.numeric, *(column for column, _ in self.calendar)]
        return tuple(owners.index(name) for name in self.sparse)

    @property
    def schema(self) -> dict[str, str]:
        """Every column that is needed, by kind: ``double``, ``string`` or ``datetime``."""
        kinds = dict.fromkeys(self.numeric, "double") | dict.fromkeys((*self.categorical, *self.coded), "string")
        return kinds | dict.fromkeys(self.dates, "datetime")

    @cached_property
    def spelling(self) -> dict[str, Spelling]:
        """How the cells of every column are written."""
        usual: dict[str, Spelling] = {name: Numbers() for name in self.numeric}
        usual |= {name: Dates() for name in self.dates}
        usual |= {name: Levels() for name in (*self.categorical, *self.coded)}
        return usual | dict(self.spellings)

    @cached_property
    def none(self) -> tuple[str, ...]:
        """Texts that mean no value in columns of texts."""
        return tuple(texts_of_none(self.missing, self.keep))

    @property
    def plain_numbers(self) -> tuple[str, ...]:
        """Columns of numbers that any reader of CSV reads as they are meant."""
        return tuple(name for name in self.numeric if is_usual(self.spelling[name]))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        stored = {one.name: getattr(self, one.name) for one in fields(self)}
        return stored | {
            "dialect": asdict(self.dialect),
            "spellings": {name: to_dict(spelling) for name, spelling in self.spellings},
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Self:
        """What `to_dict` gave, from JSON. Raises `KeyError`, `TypeError` or `ValueError` for else."""
        calendar = tuple((str(column), str(part)) for column, part in stored["calendar"])
        return cls(
            tuple(stored["numeric"]),
            tuple(stored["categorical"]),
            tuple(stored["dates"]),
            calendar,
            tuple(stored["missing"]),
            tuple(stored.get("coded", ())),
            tuple(stored.get("keep", ())),
            tuple((str(name), from_dict(spelling)) for name, spelling in stored.get("spellings", {}).items()),
            Dialect.from_dict(stored.get("dialect", {})),
            tuple(stored.get("sparse", ())),
        )

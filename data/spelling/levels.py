"""The levels of a category: its texts as they stand, but for what is plainly the same."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]

NO = frozenset({"no", "n", "false", "f", "off", "nein", "non", "falsch", "faux", "0"})
YES = frozenset({"yes", "y", "true", "t", "on", "ja", "j", "oui", "wahr", "vrai", "1"})


@dataclass(frozen=True)
class Levels:
    """Texts without the blanks around them. A whole number has the text of an integer.

    Attributes:
        numbers: whether the levels are numbers, so that ``3``, ``3.0`` and ``"3"`` are one.
        truths: the level that means no and the one that means yes: ``true``, ``Yes`` and 1 are then the same.
        same: (text without case, level) of every level, where several spellings were put together.
    """

    kind: ClassVar[str] = "levels"
    numbers: bool = False
    truths: tuple[str, ...] = ()
    same: tuple[tuple[str, str], ...] = ()

    def read(self, column: "pd.Series", missing: Collection[str] = ()) -> tuple[Array, NDArray[np.bool_]]:
        """(m,) texts, None for no value, and (m,) of False: every cell has a text. ``missing`` are no values."""
        codes, texts = self.different(column, missing)
        return texts[codes], np.zeros(len(column), bool)

    def different(self, column: "pd.Series", missing: Collection[str] = ()) -> tuple[Array, Array]:
        """Codes (m,) of the cells, −1 where there is none, and the texts that they stand for, with None as the last."""
        import pandas as pd

        from descent.data.cells import blank_out
        from descent.data.spelling.texts import is_text, opened

        column = opened(column)
        if pd.api.types.is_object_dtype(column):  # True is 1 to pandas
            column = column.map(lambda cell: _TRUTHS[bool(cell)] if isinstance(cell, bool | np.bool_) else cell)
        elif not is_text(column):
            column = blank_out(column, missing)
        codes, different = pd.factorize(column, use_na_sentinel=True)
        same, none = dict(self.same), frozenset(missing)
        return codes, np.array([*(self._text(value, same, none) for value in different), None], dtype=object)

    def _text(self, value: Any, same: dict[str, str], none: frozenset[str]) -> str | None:
        from descent.data.cells import label

        if isinstance(value, bool | np.bool_):
            value = _TRUTHS[bool(value)]
        if isinstance(value, str) and value in _TRUTHS:
            return (self.truths or ("False", "True"))[_TRUTHS.index(value)]
        if not isinstance(value, str):
            text = label(value)
            return self.truths[int(text)] if self.truths and text in ("0", "1") else text
        text = trimmed(value)
        if text == "" or text in none:
            return None
        if self.numbers:
            return _as_number(text)
        text = same.get(text.casefold(), text) if same else text
        if self.truths and text not in self.truths:
            word = text.casefold()
            return self.truths[1] if word in YES else self.truths[0] if word in NO else text
        return text


_TRUTHS = ("\0false", "\0true")


def trimmed(text: str) -> str:
    """Without blanks around, seen or unseen."""
    return text.strip().strip("\u200b\ufeff").strip()


def truths_of(levels: Collection[str]) -> tuple[str, ...]:
    """(no, yes) among some levels, where one says each and no other does; else nothing."""
    no = [level for level in levels if level.casefold() in NO]
    yes = [level for level in levels if level.casefold() in YES]
    return (no[0], yes[0]) if len(no) == len(yes) == 1 else ()


def _as_number(text: str) -> str:
    from descent.data.cells import label

    try:
        return label(float(text)) if float(text).is_integer() else text
    except ValueError:
        return text

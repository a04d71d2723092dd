"""Columns as their different texts: what is read is read once for each, whatever the number of rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

Array = NDArray[Any]

BLANKS = "\u00a0\u202f\u2009\u2007\u2002\u2003\u2008\u200a\u200b\ufeff"
"""No-break, narrow, thin and figure spaces, and what else is not seen."""
MINUS = "\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\uff0d"


def is_text(column: pd.Series) -> bool:
    """Whether cells of the column may be texts."""
    return pd.api.types.is_object_dtype(column) or isinstance(column.dtype, pd.StringDtype)


def opened(column: pd.Series) -> pd.Series:
    """The cells themselves, of a categorical or a sparse column."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        kind = column.dtype.categories.dtype
        return column.astype(object if column.isna().any() and kind.kind in "iub" else kind)
    return column.sparse.to_dense() if isinstance(column.dtype, pd.SparseDtype) else column  # type: ignore[attr-defined]


def cleaned(texts: Any) -> Any:
    """Texts of Arrow without what spreadsheets and typesetters put in: odd blanks and dashes, ``="9"``, ``'9``."""
    if pc.any(pc.match_substring_regex(texts, "[^ -~]")).as_py():
        texts = pc.replace_substring_regex(texts, f"[{BLANKS}]", " ")
        texts = pc.replace_substring_regex(texts, f"[{MINUS}]", "-")
        texts = pc.replace_substring_regex(texts, "[\u2019\u02bc]", "'")
    texts = pc.utf8_trim_whitespace(texts)
    if pc.any(pc.match_substring_regex(texts, "^\\[")).as_py():  # as servers log the time
        texts = pc.replace_substring_regex(texts, "^\\[([^\\[\\]]*)\\]$", "\\1")
    if pc.any(pc.match_substring_regex(texts, "^[='\"]")).as_py():
        texts = pc.replace_substring_regex(texts, '^=?\\s*"([^"]*)"$', "\\1")
        texts = pc.replace_substring_regex(texts, "^'([^'])", "\\1")
        texts = pc.utf8_trim_whitespace(texts)
    return texts


def different(column: pd.Series) -> tuple[Array, Any]:
    """Codes (m,) of the cells, −1 where there is none, and the different texts as an Arrow array.

    Cells of a mixed column that are no texts have the code −1 as well.
    """
    if not isinstance(column.dtype, pd.StringDtype):
        column = column.where(column.map(lambda cell: isinstance(cell, str)), None).astype("str")
    codes, uniques = pd.factorize(column, use_na_sentinel=True)
    return codes, pa.array(uniques, pa.string())


@dataclass(frozen=True, eq=False)
class Words:
    """The different texts of a column, found once: guess, levels and role each asked pandas for them anew, which took
    half of the time of seeing what a table is.

    Attributes:
        codes, texts: as of `different`.
        counts: cells of each text.
    """

    codes: Array
    texts: Any
    counts: Array

    def counts_of(self, places: Array) -> Array:
        """Cells of each text among the rows at ``places``."""
        return _counts(self.codes[places], len(self.texts))


def words_of(column: pd.Series) -> Words:
    """The different texts of a column; see `different`."""
    codes, texts = different(column)
    return Words(codes, texts, _counts(codes, len(texts)))


def _counts(codes: Array, texts: int) -> Array:
    return np.bincount(codes + 1, minlength=texts + 1)[1:]  # the first are cells without a text


def spread(values: Array, codes: Array, nothing: Any) -> Array:
    """(m,) the value of each cell's text; ``nothing`` where the code is −1."""
    return np.append(values, np.array([nothing], values.dtype))[codes]


def read_cells(
    column: pd.Series,
    parse: Callable[[Any], tuple[Array, Array]],
    of_others: Callable[[pd.Series], tuple[Array, Array]],
    nothing: Any,
) -> tuple[Array, NDArray[np.bool_]]:
    """(m,) values and (m,) where a cell cannot be read, of a column of texts or of texts among other things.

    ``parse`` gives them for cleaned texts of Arrow; ``of_others`` for the cells that are no texts.
    """
    codes, texts = different(column)
    values, wrong = parse(cleaned(texts)) if len(texts) else (np.array([nothing]), np.zeros(1, bool))
    found, bad = spread(values, codes, nothing), spread(wrong, codes, False)
    if not isinstance(column.dtype, pd.StringDtype):
        rest = (codes < 0) & column.notna().to_numpy(bool)
        if rest.any():
            found, bad = found.copy(), bad.copy()
            found[rest], bad[rest] = of_others(column[rest].infer_objects())
    return found, bad

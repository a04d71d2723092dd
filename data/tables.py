"""From a file to a table: CSV (also gzipped, also with ; or tab) and Parquet, read once, with the digest of its bytes."""

import csv
import gzip
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from .errors import ColumnError, TableError

PARQUET = {".parquet", ".pq"}
TEXT = {".csv", ".tsv", ".txt"}
QUESTION_MARK = re.compile(rb'(?:^|[,;\t\n])[ "]*\?[ "]*(?=[,;\t\r\n]|$)')


@dataclass(frozen=True)
class Table:
    """A table as it was found: all its rows, its column names to the letter.

    ``digest`` is the SHA-256 of the file's bytes in hex; ``notes`` say what reading it noticed.
    """

    frame: pd.DataFrame
    digest: str
    path: Path
    notes: tuple[str, ...] = ()


def read_table(source: str | Path, missing: Sequence[str] = ()) -> Table:
    """Read a table. ``missing`` are texts that mean "no value" beside pandas' own (NA, empty, …) and a lone ``?``.

    Raises:
        TableError: there is no such file, it is empty, broken, not UTF-8 or of an unknown kind.
    """
    path = Path(source)
    content = _content(path)
    digest = hashlib.sha256(content).hexdigest()
    endings = [ending.lower() for ending in path.suffixes[-2:]]
    notes: list[str] = []
    if endings and endings[-1] in PARQUET:
        frame = _parquet(path, content)
    elif TEXT & set(endings):
        frame = _text(path, _unzipped(path, content), missing, notes)
    else:
        raise TableError(f"{path}: not a kind of table that is known. Allowed: .csv, .csv.gz, .tsv, .txt, .parquet")
    if frame.shape[1] == 0 or len(frame) == 0:
        raise TableError(f"{path}: the table has a header but no rows" if frame.shape[1] else f"{path}: no columns")
    return Table(frame, digest, path, tuple(notes))


def find_column(frame: pd.DataFrame, name: str, key: str, path: Path) -> str:
    """The column called ``name``; blanks around it may be left out. ``key`` names the setting for the message.

    Raises:
        ColumnError: there is none; says which comes close.
    """
    columns = [str(column) for column in frame.columns]
    if name in columns:
        return name
    stripped = [column for column in columns if column.strip() == name.strip()]
    if len(stripped) == 1:
        return stripped[0]
    lower = {column.lower(): column for column in columns}
    close = [lower[match] for match in get_close_matches(name.lower(), list(lower), n=2, cutoff=0.6)]
    hint = f"Did you mean {' or '.join(map(repr, close))}?" if close else f"Columns: {_listed(columns)}"
    raise ColumnError(f"{path}: {key}: there is no column {name!r}. {hint}")


def _listed(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise TableError(f"{path}: this is a folder; name a file in it")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        near = get_close_matches(
            path.name, [p.name for p in path.parent.glob("*")] if path.parent.is_dir() else [], n=1
        )
        hint = f" Did you mean {path.with_name(near[0])}?" if near else " Check the path; it counts from this folder."
        raise TableError(f"{path}: there is no such file.{hint}") from None
    except OSError as error:
        raise TableError(f"{path}: cannot be read: {error.strerror}") from None
    if not content.strip():
        raise TableError(f"{path}: the file is empty")
    return content


def _unzipped(path: Path, content: bytes) -> bytes:
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        plain = gzip.decompress(content)
    except (OSError, EOFError) as error:
        raise TableError(f"{path}: the gzip file is damaged: {error}") from None
    if not plain.strip():
        raise TableError(f"{path}: the file inside is empty")
    return plain


def _parquet(path: Path, content: bytes) -> pd.DataFrame:
    import pyarrow

    try:
        frame = pd.read_parquet(io.BytesIO(content))
    except (pyarrow.ArrowException, ValueError, OSError) as error:
        raise TableError(f"{path}: not a readable Parquet file: {str(error).splitlines()[0]}") from None
    frame = frame.reset_index(drop=True)
    frame.columns = [str(column) for column in frame.columns]
    _refuse_twins(path, list(frame.columns))
    return frame


def _text(path: Path, content: bytes, missing: Sequence[str], notes: list[str]) -> pd.DataFrame:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TableError(
            f"{path}: line {line}: byte {content[error.start]:#04x} is not UTF-8. Save the table as UTF-8 "
            "(for one in Latin-1: iconv -f latin1 -t utf-8)"
        ) from None
    header = next(line for line in text.splitlines() if line.strip())
    separator = max(",;\t", key=header.count)
    if separator != ",":
        notes.append(f"columns are separated by {'a tab' if separator == chr(9) else separator}")
    _refuse_twins(path, next(csv.reader([header], delimiter=separator)))
    try:
        frame = pd.read_csv(
            io.StringIO(text), sep=separator, na_values=[*missing, "?", " ?"], low_memory=False, index_col=False
        )
    except pd.errors.ParserError as error:
        found = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        where = f"line {found[2]} has {found[3]} fields, the header {found[1]}" if found else str(error)
        raise TableError(f"{path}: {where}. Put quotes around texts that contain {separator!r}") from None
    marks = len(QUESTION_MARK.findall(content))
    if marks:
        notes.append(f"{marks:,} cells hold only a question mark and are read as missing")
    return frame


def _refuse_twins(path: Path, names: Sequence[str]) -> None:
    twins = sorted({name for name in names if list(names).count(name) > 1})
    if twins:
        raise TableError(f"{path}: column {twins[0]!r} stands more than once in the header: rename one of them")

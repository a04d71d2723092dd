"""Thousands of broken files: each is a table or one message, never a traceback.

A few hundred in CI; ``DESCENT_FUZZ=20000 pytest tests/data/test_fuzz.py`` for more.
"""

import gzip
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from descent.data import DataError, Dialect, Table, examine, infer, read_table, split_rows

EXAMPLES = int(os.environ.get("DESCENT_FUZZ", "250"))
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="DESCENT_FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "x": RNG.normal(size=60).round(3),
        "k": RNG.integers(0, 9, 60),
        "town": RNG.choice(["Ulm", "Köln", 'a "b"', "x, y", "NA"], 60),
        "day": pd.date_range("2024-01-01", periods=60).astype(str),
        "y": RNG.choice(["yes", "no"], 60),
    }
)


def parquet() -> bytes:
    sink = io.BytesIO()
    FRAME.to_parquet(sink)
    return sink.getvalue()


CSV = FRAME.to_csv(index=False).encode()
SEEDS = [
    CSV,
    CSV,
    FRAME.to_csv(index=False, sep=";").encode("cp1252"),
    CSV.decode().encode("utf-16"),
    gzip.compress(CSV, mtime=0),
    parquet(),
]
TOKENS = [
    b"",
    b"\x00",
    b'"',
    b"\n",
    b"\r",
    b"\r\n",
    b",",
    b";",
    b"\t",
    b"NaN",
    b"inf",
    b"-1e400",
    b"1e308",
    b"?",
    b"9" * 400,
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"PAR1",
    b"\x1f\x8b",
    b"(\xb5/\xfd",
    b"None",
    b"0001-01-01",
    b"9999-12-31T23:59:59.999999999Z",
    b"1677-09-21",
    b"\xc3",
    b"y,y",
    b"true",
    b"99999999999999999999",
    b"\x1a",
    b"\xe2\x80\xa8",
    b"x,k,town,day,y\n",
]


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A good file with up to six things done to it."""
    raw = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(raw)))
        to = min(len(raw), at + draw(st.integers(0, 40)))
        kind = draw(st.sampled_from(["replace", "insert", "cut", "drop", "repeat", "bytes", "unpack"]))
        if kind == "replace":
            raw = raw[:at] + draw(st.sampled_from(TOKENS)) + raw[to:]
        elif kind == "insert":
            raw = raw[:at] + draw(st.sampled_from(TOKENS)) + raw[at:]
        elif kind == "cut":
            raw = raw[:at]
        elif kind == "drop":
            raw = raw[:at] + raw[to:]
        elif kind == "repeat":
            raw = raw[:to] + raw[at:to] * draw(st.integers(1, 30)) + raw[to:]
        elif kind == "bytes":
            raw = raw[:at] + draw(st.binary(max_size=8)) + raw[to:]
        elif raw[:2] == b"\x1f\x8b" and len(raw) > 20:
            raw = raw[:10] + raw[12:]
    return raw


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "t.csv"


def one_line(error: DataError) -> None:
    assert str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 10_000  # a header may be one name of thousands of letters


def asked(table: Table) -> None:
    """The whole way of a table to its findings, for a target that is there."""
    target = "y" if "y" in table.frame.columns else str(table.frame.columns[-1])
    frame, inference = infer(table, target)
    examine(frame, inference, split_rows(frame, inference))


@FUZZ
@given(raw=broken())
def test_a_broken_file_is_a_table_or_one_message(place: Path, raw: bytes) -> None:
    place.write_bytes(raw)
    try:
        table = read_table(place)
    except DataError as error:
        one_line(error)
        return
    assert len(table.digest) == 64
    assert len(table.frame) > 0
    assert {column.dtype.kind for _, column in table.frame.items()} <= set("fiubMO")
    try:
        asked(table)
    except DataError as error:
        one_line(error)


@FUZZ
@given(raw=st.binary(max_size=200), name=st.sampled_from(["t.csv", "t.parquet", "t.csv.gz"]))
def test_noise_is_a_table_or_one_message(place: Path, raw: bytes, name: str) -> None:
    path = place.with_name(name)
    path.write_bytes(raw)
    try:
        read_table(path)
    except DataError as error:
        one_line(error)


@FUZZ
@given(
    raw=broken(),
    delimiter=st.sampled_from([";", "\x01", "x", '"', "\n", "0"]),
    encoding=st.sampled_from(["utf-8", "utf-16", "latin-1", "cp932", "utf-7", "idna", "punycode", "no-such"]),
)
def test_wrong_settings_are_one_message_too(place: Path, raw: bytes, delimiter: str, encoding: str) -> None:
    place.write_bytes(raw)
    try:
        read_table(place, dialect=Dialect(delimiter), encoding=encoding, keep=["NA"], missing=["Ulm", "1e400", ""])
    except DataError as error:
        one_line(error)

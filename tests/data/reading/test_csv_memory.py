"""A CSV is in memory once as bytes while it is read, beside Arrow's table, and never as text."""

import tracemalloc
from pathlib import Path

import pytest

from descent.data import read_table

SIZE = 16 << 20
LINES = {
    "numbers": b"0.1234567,-98.7654321,1200.2512345,0.000123\n",
    "texts": "a quiet street,größer als sonst,7.25,Zürich\n".encode(),
    "marks": b"?,12.51234567,some words,0.25123456\n",
}


@pytest.mark.parametrize("kind", LINES)
def test_what_python_holds_of_a_csv_is_hardly_more_than_its_bytes(kind: str, tmp_path: Path) -> None:
    line = LINES[kind]
    header = ",".join(f"c{n}" for n in range(line.count(b",") + 1)).encode() + b"\n"
    (tmp_path / "t.csv").write_bytes(header + line * (SIZE // len(line)))
    tracemalloc.start()
    try:
        read_table(tmp_path / "t.csv")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * SIZE

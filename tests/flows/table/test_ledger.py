"""The ledger of openings: appended whole, counted right, and readable after a crash."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from descent.flows.errors import RunError
from descent.flows.table import ledger
from descent.flows.table.ledger import Opening
from descent.schemas import config_from

from ..embedded import ROOT

FIRST = Opening(
    when="2026-01-31T12:00:00+00:00",
    experiment="flats ½",
    run="r1",
    target="price",
    config="c1",
    table="t1",
    sealed="s1",
    rows="i1",
    test_rows=40,
    version="0.1.0",
)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / ".descent"))
    return tmp_path / ".descent" / ledger.NAME


def test_models_are_counted_and_the_same_again_is_no_further_look(path: Path) -> None:
    numbers = [ledger.enter(replace(FIRST, config=config)).number for config in ("c1", "c2", "c2", "c1", "c3")]
    assert numbers == [1, 2, 2, 2, 3]
    assert [opening.config for opening in ledger.read(path)[0]] == ["c1", "c2", "c2", "c1", "c3"]
    assert all(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def test_a_run_that_died_after_the_opening_opens_again_without_a_further_look(path: Path) -> None:
    ledger.enter(replace(FIRST, config="c0", run="r0"))
    counts = [ledger.enter(FIRST) for _ in range(3)]
    assert [(count.number, count.repeated) for count in counts] == [(2, 0), (2, 1), (2, 2)]
    assert ledger.enter(replace(FIRST, run="r2")).repeated == 0
    assert len(ledger.read(path)[0]) == 5  # every opening stands there


def test_rows_are_the_same_by_place_or_by_content_and_for_one_target(path: Path) -> None:
    ledger.enter(FIRST)
    read_otherwise = replace(FIRST, config="c2", sealed="s2")  # such as with data.missing
    assert ledger.enter(read_otherwise).number == 2
    grown = replace(FIRST, table="t2", rows="i2")  # the table has more training rows, the test rows are the same
    assert ledger.enter(grown).number == 3
    assert ledger.enter(replace(FIRST, target="rent")).number == 1


def test_other_rows_of_the_same_table_are_told_apart(path: Path) -> None:
    assert ledger.enter(FIRST).elsewhere == 0
    count = ledger.enter(replace(FIRST, sealed="s2", rows="i2"))
    assert (count.number, count.elsewhere) == (1, 1)
    assert ledger.enter(replace(FIRST, sealed="s3", rows="i3", table="t3")).elsewhere == 0


@pytest.mark.parametrize(("number", "confidence"), [(1, 0.95), (2, 0.975), (5, 0.99)])
def test_intervals_of_later_openings_are_wider(number: int, confidence: float) -> None:
    assert ledger.Count(FIRST, number, 0, 0).confidence == pytest.approx(confidence)


@given(cut=st.integers(1, 400))
def test_a_line_that_a_crash_cut_off_hides_no_other(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESCENT_HOME", str(home))
        ledger.enter(FIRST)
        ledger.enter(replace(FIRST, config="c2"))
        content = (home / ledger.NAME).read_bytes()
        line = len(content) // 2
        left = content[: len(content) - min(cut, line)]
        (home / ledger.NAME).write_bytes(left)
        whole = len(left) >= 2 * line - 1  # the second line, with or without its end
        count = ledger.enter(replace(FIRST, config="c3"))
        assert count.number == 2 + whole
        assert count.unreadable == (not whole and not left.endswith(b"\n"))
        assert [opening.config for opening in ledger.read(home / ledger.NAME)[0]] == ["c1", *["c2"] * whole, "c3"]


@pytest.mark.parametrize("damage", [b"\x00\xff\xfe\n", b"[]\n", b'{"when": 1}\n', b"null\n", b"5\n", b'"x"\n'])
def test_lines_that_cannot_be_read_are_counted(path: Path, damage: bytes) -> None:
    ledger.enter(FIRST)
    with path.open("ab") as file:
        file.write(damage)
    count = ledger.enter(replace(FIRST, config="c2"))
    assert (count.number, count.unreadable) == (2, 1)


def test_processes_that_write_at_once_lose_no_line(path: Path) -> None:
    program = (
        "import sys; from dataclasses import replace; from descent.flows.table import ledger\n"
        f"first = ledger.Opening(*{tuple(vars(FIRST).values())!r})\n"
        "for i in range(25): ledger.enter(replace(first, config=f'{sys.argv[1]}-{i}'))"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    running = [subprocess.Popen([sys.executable, "-c", program, str(i)], env=environment) for i in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    openings, unreadable = ledger.read(path)
    assert unreadable == 0
    assert len({opening.config for opening in openings}) == len(openings) == 100


def test_a_ledger_that_cannot_be_written_keeps_the_rows_sealed(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(RunError, match=r"cannot be recorded: .*openings\.jsonl: .*They stay sealed"):
        ledger.enter(FIRST)


def test_a_disk_that_is_full_leaves_the_ledger_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.enter(FIRST)
    before = path.read_bytes()
    real, written = os.pwrite, []

    def full(descriptor: int, line: bytes, offset: int) -> int:
        if written:
            raise OSError(28, "No space left on device")
        written.append(real(descriptor, line[:20], offset))
        return written[0]

    monkeypatch.setattr("descent.flows.table.ledger.os.pwrite", full)
    with pytest.raises(RunError, match="No space left"):
        ledger.enter(replace(FIRST, config="c2"))
    assert path.read_bytes() == before


def test_the_digest_of_a_configuration_is_that_of_what_decides() -> None:
    def digest(*overrides: str, **data: str) -> str:
        return ledger.config_digest(config_from({"data": {"source": "t.csv", "target": "y", **data}}, overrides))

    assert digest() == digest("name=other", "compute.workers=1", source="copy/t.csv")
    assert digest() == digest("compute.engine=dask", "compute.address=tcp://there:1", "register.name=other")
    assert digest() == digest("track.system_metrics=true")
    others = [digest("search.epochs=3"), digest("split.seed=1"), digest("compute.dtype=float64"), digest(target="z")]
    assert len({digest(), *others}) == 5

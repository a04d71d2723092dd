"""One process for the commands of all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..embedded import Embedded
from ..tables import prices, write
from .shell import Place, Shell, shell


@pytest.fixture(scope="session", name="shell")
def _shell(home: Embedded) -> Iterator[Shell]:
    yield from shell(home)


@pytest.fixture
def nowhere(shell: Shell, tmp_path: Path) -> Place:
    """A home in which nothing has run."""
    return Place(tmp_path / "fresh" / ".descent", shell)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a user has a table of flats."""
    write(prices(120), tmp_path / "flats.csv")
    return tmp_path

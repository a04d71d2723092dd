"""Where commands run that need neither a run nor a server."""

from pathlib import Path

import pytest

from ..embedded import Embedded
from ..tables import prices, write
from ..warm import Warm


@pytest.fixture
def nowhere(warm: Warm, tmp_path: Path) -> Embedded:
    """A home in which nothing has run, to see what a command leaves in it."""
    return Embedded.at(tmp_path / "fresh" / ".descent", warm)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a user has a table of flats."""
    write(prices(120), tmp_path / "flats.csv")
    return tmp_path

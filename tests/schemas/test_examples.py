"""The experiments that come with descent."""

import csv
from pathlib import Path

import pytest

from descent.schemas import expand_variants, load_config

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "experiments").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_a_sweep_of_moderate_size(path: Path) -> None:
    found = expand_variants(load_config(path))
    assert 10 <= len(found) <= 40
    assert {"network"} < {variant.kind for variant in found}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_names_columns_that_are_there(path: Path) -> None:
    config = load_config(path)
    table = ROOT / config.data.source
    with table.open(encoding="utf-8", newline="") as lines:
        header = next(csv.reader(lines))
    assert {config.data.target, *config.data.exclude} <= set(header)


def test_the_counts_that_a_comment_gives_are_right() -> None:
    found = expand_variants(load_config(ROOT / "experiments" / "penguins.yaml"))
    assert "2 layers × 3 λ × 2 learning rates = 12" in (ROOT / "experiments" / "penguins.yaml").read_text()
    assert [variant.kind for variant in found].count("network") == 12

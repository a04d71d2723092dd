"""docs/mathematics.md names what exists, and all that can be chosen."""

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

from descent.ml.network.activations import ACTIVATIONS
from descent.ml.network.initializers import VARIANCES
from descent.ml.network.losses import LOSSES
from descent.ml.optimizers.rules import OPTIMIZERS
from descent.ml.optimizers.schedules import KINDS
from descent.ml.statistics.metrics import METRICS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "mathematics.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`(ml\.[\w.]+)`", PAGE)))
METRIC_NAMES = sorted({name for names in METRICS.values() for name in names})


@pytest.mark.parametrize("name", NAMES)
def test_what_the_page_names_exists(name):
    assert resolve_name(f"descent.{name}") is not None


@pytest.mark.parametrize("choice", [*ACTIVATIONS, *VARIANCES, *LOSSES, *METRIC_NAMES, *OPTIMIZERS, *KINDS])
def test_what_can_be_chosen_stands_in_a_table(choice):
    assert f"| `{choice}` |" in PAGE


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/.]+)`", PAGE))))
def test_the_tests_it_names_exist(path):
    assert (ROOT / path).is_file()

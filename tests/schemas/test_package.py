"""The names that the package gives to others."""

import subprocess
import sys

import pytest

from descent import schemas


def test_every_public_name_is_there() -> None:
    for name in schemas.__all__:
        assert getattr(schemas, name) is not None
    assert set(dir(schemas)) >= set(schemas.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="attribute Nothing"):
        _ = schemas.Nothing


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("from descent import schemas", ["pydantic", "ruamel"]),
        ("from descent.schemas import ConfigError, Variant", ["pydantic", "ruamel"]),
        ("from descent.schemas import ExperimentConfig, load_config", ["ruamel", "numpy"]),
    ],
)
def test_imports_load_no_more_than_they_need(statement: str, absent: list[str]) -> None:
    program = f"import sys; {statement}; print(*(m for m in {absent!r} if m in sys.modules))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == ""
